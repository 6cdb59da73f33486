// A day of checkpoint files, as a cluster in use would leave them. What an archive costs a sample depends on the values,
// so here they move: utilisation between jobs and idle times, measured quantities with noise, counters with jumps.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChildLevel, LevelSnapshot, MetricBlock } from "../src/codec/host-snapshot.ts";
import { encodeSnapshot } from "../src/codec/snapshot/snapshot.ts";
import { clusterSeries, numberStyleOf, type NumberStyle, type SeriesName } from "./cluster.ts";
import { seededRandom } from "./random.ts";

const MINUTE_SECONDS = 60;
/** So much time is in one checkpoint file. */
const FILE_MINUTES = 60;

export interface ArchiveData {
  readonly cluster: string;
  readonly hosts: readonly string[];
  readonly rows: number;
  /** The value of each minute of one series, to be found again. */
  readonly probe: { readonly host: string; readonly metric: string; readonly values: Float32Array };
}

/** Writes the files of `hosts` hosts of `alex`, `minutes` from `begin` (Unix seconds) on. */
export async function writeCheckpoints(
  root: string,
  hosts: number,
  begin: number,
  minutes: number,
): Promise<ArchiveData> {
  const series = clusterSeries({ alex: hosts, fritz: 0 });
  const names = [...new Set(series.map(({ host }) => host))];
  const probe = new Float32Array(minutes);
  const [host] = names;
  for (const name of names) {
    const ofHost = series.filter((one) => one.host === name);
    const walks = ofHost.map(({ metric }, i) => newWalk(numberStyleOf(metric), i));
    await mkdir(join(root, "alex", name), { recursive: true });
    for (let minute = 0; minute < minutes; minute += FILE_MINUTES) {
      const count = Math.min(FILE_MINUTES, minutes - minute);
      const from = begin + minute * MINUTE_SECONDS;
      const blocks = walks.map((walk) => Float32Array.from({ length: count }, (_, i) => walk(minute + i)));
      if (name === host) probe.set(blocks[ofHost.findIndex(isProbe)], minute);
      const snapshot = { from, to: from + count * MINUTE_SECONDS, level: levelOf(ofHost, blocks, from) };
      await writeFile(join(root, "alex", name, `${from}.bin`), encodeSnapshot(snapshot));
    }
  }
  return {
    cluster: "alex",
    hosts: names,
    rows: series.length * minutes,
    probe: { host, metric: PROBE, values: probe },
  };
}

/** A metric of the host itself. */
const PROBE = "net_bytes_in";
const isProbe = ({ metric }: SeriesName): boolean => metric === PROBE;

function levelOf(series: readonly SeriesName[], blocks: readonly Float32Array[], start: number): LevelSnapshot {
  const metrics: MetricBlock[] = [];
  const children = new Map<string, MetricBlock[]>();
  for (const [i, { metric, type, typeId }] of series.entries()) {
    const block = { name: metric, frequency: MINUTE_SECONDS, start, values: blocks[i] };
    if (typeId === undefined) metrics.push(block);
    else children.set(type + typeId, [...(children.get(type + typeId) ?? []), block]);
  }
  const childOf = ([name, ofLevel]: [string, MetricBlock[]]): ChildLevel => ({
    name,
    level: { metrics: ofLevel, children: [] },
  });
  return { metrics, children: Array.from(children, childOf) };
}

type Walk = (minute: number) => number;

/** A job ends, or the next begins, every so many minutes. */
const PHASE_MINUTES = 180;
/** Of the time a host has no job. */
const IDLE_SHARE = 0.25;

/** The values of a series minute by minute; the same for the same seed. Without a job nothing moves. */
function newWalk(style: NumberStyle, seed: number): Walk {
  const random = seededRandom(1000 + seed);
  // All series of a host follow its jobs.
  const phases = seededRandom(0x5eed);
  let isIdle = false;
  let level = 20 + 60 * random();
  return (minute) => {
    if (minute % PHASE_MINUTES === 0) {
      isIdle = phases() < IDLE_SHARE;
      level = 20 + 60 * random();
    }
    level = Math.min(100, Math.max(0, level + random() - 0.5));
    return isIdle ? 0 : valueOf(style, level, random());
  };
}

/** @param level from 0 to 100, @param noise from 0 to 1 */
function valueOf(style: NumberStyle, level: number, noise: number): number {
  switch (style) {
    case "whole":
      return Math.round(level);
    case "percent":
      return Math.round(level * 10) / 10 + Math.round(noise * 10) / 100;
    case "milli":
      return Math.round((level + noise / 10) * 1000) / 1000;
    case "integer":
      return Math.round(level * 1000 + noise * 100);
    case "exponent":
      return Math.round(level * 1e3) * 1e6;
    case "idle":
      return 0;
    default:
      return level * 25 * (1 + noise / 100);
  }
}
