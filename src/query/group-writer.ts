// Writes the series of a load as nested JSON objects, while they come.

import type { JsonWriter } from "../codec/json/writer.ts";
import type { Unit } from "../topology/cluster.ts";
import type { LoadGroup } from "./load-plan.ts";
import { storedStatistics } from "./load-stats.ts";
import type { LoadedSeries } from "./run-load.ts";
import { writeStatistics } from "./write-entries.ts";

/** A group becomes an object `{unit, timestep, series}` where its keys say, or a list with that one object. */
export type GroupForm = "single" | "list";

export class GroupWriter {
  readonly #writer: JsonWriter;
  readonly #form: GroupForm;
  /** Series that may still come. */
  #seriesLeft: number;
  #group: LoadGroup | undefined;
  #timestep = 0;

  /** @param resultCount series at most; most of them will be about as long as the first */
  constructor(writer: JsonWriter, form: GroupForm, resultCount: number) {
    this.#writer = writer;
    this.#form = form;
    this.#seriesLeft = resultCount;
  }

  /** Series of a group must come one after the other, and so must groups with the same outer keys. */
  write(series: LoadedSeries): void {
    const isFirst = this.#group === undefined;
    if (series.group === this.#group) this.#writer.raw(",");
    else this.#enter(series.group, series.resolution);
    const begin = this.#writer.sizeBytes;
    this.#writeSeries(series);
    this.#seriesLeft--;
    if (isFirst) this.#writer.expect((this.#writer.sizeBytes - begin + 1) * this.#seriesLeft);
  }

  /** Closes all that is open; an empty object if nothing was written. */
  end(): void {
    if (this.#group === undefined) return this.#writer.raw("{}");
    this.#closeGroup();
    this.#writer.raw("}".repeat(this.#group.keys.length));
  }

  #enter(group: LoadGroup, timestep: number): void {
    const writer = this.#writer;
    const shared = this.#leave(group);
    for (const [depth, key] of group.keys.entries()) {
      if (depth < shared) continue;
      writer.raw(depth === shared && this.#group !== undefined ? "," : "{");
      writer.string(key);
      writer.raw(":");
    }
    if (this.#form === "list") writer.raw("[");
    writer.raw('{"unit":');
    writeUnit(writer, group.metric.unit);
    writer.raw(`,"timestep":${timestep},"series":[`);
    this.#group = group;
    this.#timestep = timestep;
  }

  /** Closes what the next group is not in. Returns how many objects stay open but one, which gets its next member. */
  #leave(next: LoadGroup): number {
    if (this.#group === undefined) return 0;
    const { keys } = this.#group;
    this.#closeGroup();
    const shared = keys.findIndex((key, depth) => key !== next.keys[depth]);
    if (shared === -1) throw new Error(`BUG: two groups at ${keys.join(", ")}`);
    this.#writer.raw("}".repeat(keys.length - 1 - shared));
    return shared;
  }

  #closeGroup(): void {
    this.#writer.raw(this.#form === "list" ? "]}]" : "]}");
  }

  #writeSeries({ host, id, resolution, values, statistics }: LoadedSeries): void {
    const writer = this.#writer;
    writer.raw('{"hostname":');
    writer.string(host);
    if (id !== undefined) {
      writer.raw(',"id":');
      writer.string(id);
    }
    writer.raw(',"statistics":');
    writeStatistics(writer, storedStatistics(statistics));
    if (resolution !== this.#timestep) writer.raw(`,"timestep":${resolution}`);
    writer.raw(',"data":');
    writer.fixedArray(values);
    writer.raw("}");
  }
}

function writeUnit(writer: JsonWriter, { base, prefix }: Unit): void {
  writer.raw('{"base":');
  writer.string(base);
  if (prefix !== undefined) {
    writer.raw(',"prefix":');
    writer.string(prefix);
  }
  writer.raw("}");
}
