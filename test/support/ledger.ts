// What clients sent and what was acknowledged, against what a store answers: nothing acknowledged may be missing, and
// nothing may be there that was never sent. A series belongs to one writer, so that the order of its samples is known.
import { send } from "./store-process.ts";

/** A series: a metric of a host, or of one of its hardware threads. */
export interface SeriesName {
  readonly host: string;
  readonly metric: string;
  readonly hwthread?: number;
}

export interface SentSample {
  readonly series: SeriesName;
  /** Unix seconds, a multiple of the metric's frequency. */
  readonly time: number;
  /** A multiple of 1/4 below 2^21: exact as float32 and in the three decimals of an answer. */
  readonly value: number;
}

interface Slot {
  /** The value that must be there, unless one of `possible` has come after it. */
  acknowledged: number | undefined;
  /** Sent later, without an answer. */
  possible: number[];
}

export const CLUSTER = "kill";

export class Ledger {
  readonly #series = new Map<string, { name: SeriesName; slots: Map<number, Slot> }>();

  /** Slots that must hold a value. */
  get acknowledgedSlots(): number {
    let count = 0;
    for (const { slots } of this.#series.values()) {
      for (const { acknowledged } of slots.values()) if (acknowledged !== undefined) count++;
    }
    return count;
  }

  /** Samples are on their way: from now on they may be there. Of two for the same slot the last counts. */
  sent(samples: readonly SentSample[]): void {
    for (const { series, time, value } of samples) this.#slot(series, time).possible.push(value);
  }

  /** The samples sent last were acknowledged: now they must be there. */
  acknowledged(samples: readonly SentSample[]): void {
    for (const { series, time, value } of samples) {
      const slot = this.#slot(series, time);
      slot.acknowledged = value;
      slot.possible = [];
    }
  }

  /**
   * Asks a store for everything. Returns what is wrong, in words; none if all is well.
   * What was seen after a restart must be there after the next one, too: it counts as acknowledged.
   */
  async check(port: number): Promise<string[]> {
    const problems: string[] = [];
    for (const { name, slots } of this.#series.values()) {
      const seen = await readSeries(port, name);
      for (const [time, slot] of slots) {
        const problem = compare(slot, seen.get(time));
        if (problem !== undefined) problems.push(`${describe(name)} at ${time}: ${problem}`);
        seen.delete(time);
      }
      for (const [time, value] of seen) problems.push(`${describe(name)} at ${time}: found ${value}, never sent`);
    }
    return problems;
  }

  #slot(series: SeriesName, time: number): Slot {
    const key = describe(series);
    let entry = this.#series.get(key);
    if (entry === undefined) this.#series.set(key, (entry = { name: series, slots: new Map() }));
    let slot = entry.slots.get(time);
    if (slot === undefined) entry.slots.set(time, (slot = { acknowledged: undefined, possible: [] }));
    return slot;
  }
}

function compare(slot: Slot, found: number | undefined): string | undefined {
  const { acknowledged, possible } = slot;
  slot.possible = [];
  if (found === acknowledged) return undefined;
  const expected = [acknowledged ?? "nothing", ...possible].join(" or ");
  if (found === undefined) return acknowledged === undefined ? undefined : `lost, expected ${expected}`;
  slot.acknowledged = found;
  return possible.includes(found) ? undefined : `found ${found}, expected ${expected}`;
}

function describe({ host, metric, hwthread }: SeriesName): string {
  return hwthread === undefined ? `${host}:${metric}` : `${host}:hwthread${hwthread}:${metric}`;
}

/** One line of line protocol a sample. */
export function linesOf(samples: readonly SentSample[]): string {
  let text = "";
  for (const { series, time, value } of samples) {
    const level = series.hwthread === undefined ? "" : `,type=hwthread,type-id=${series.hwthread}`;
    text += `${series.metric},cluster=${CLUSTER},hostname=${series.host}${level} value=${value} ${time}\n`;
  }
  return text;
}

/** Values by time of all that a store has of a series. */
async function readSeries(port: number, { host, metric, hwthread }: SeriesName): Promise<Map<number, number>> {
  const level = hwthread === undefined ? {} : { type: "hwthread", "type-ids": [String(hwthread)] };
  const query = {
    cluster: CLUSTER,
    from: 0,
    to: 2 ** 32,
    "with-stats": false,
    "with-padding": false,
    queries: [{ metric, host, ...level }],
  };
  const answer = await send(port, "POST", "/api/query", JSON.stringify(query));
  if (answer.status !== 200) throw new Error(`query: ${answer.status} ${answer.body}`);
  const { results } = JSON.parse(answer.body) as {
    results: { error?: string; from: number; resolution: number; data?: (number | null)[] }[][];
  };
  const values = new Map<number, number>();
  for (const { error, from, resolution, data } of results[0] ?? []) {
    if (error !== undefined) throw new Error(`query of ${describe({ host, metric })}: ${error}`);
    for (const [i, value] of (data ?? []).entries()) if (value !== null) values.set(from + i * resolution, value);
  }
  return values;
}
