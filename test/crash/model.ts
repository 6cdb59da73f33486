// What must be found after a stop, whatever its kind: every sample that was acknowledged, and none that nobody sent.

import type { Contents, Slots } from "./contents.ts";

/** One request, as far as its sender knows. */
export interface Request {
  /** "written": acknowledged, and safe unless the power goes: with `checkpoints.sync` it takes a while to the disk. */
  state: "open" | "failed" | "written" | "durable";
}

interface Write {
  readonly value: number;
  readonly request: Request;
}

/** All that was ever written to one slot, in the order in which the store saw it. */
type History = Write[];

interface ModelSeries {
  readonly frequency: number;
  /** Its times lie anywhere; otherwise on one grid, so that each slot is found at its own time. */
  readonly isOffGrid: boolean;
  readonly slots: Map<number, History>;
}

/** Frequencies that a sample off the grid may be found away from its time: each late one before it can move it again. */
const MAX_SHIFT = 4;

const SAFE: Request = { state: "durable" };

export class SampleModel {
  readonly series = new Map<string, ModelSeries>();
  readonly requests: Request[] = [];

  beginRequest(): Request {
    const request: Request = { state: "open" };
    this.requests.push(request);
    return request;
  }

  write(key: string, frequency: number, isOffGrid: boolean, time: number, value: number, request: Request): void {
    let series = this.series.get(key);
    if (series === undefined) this.series.set(key, (series = { frequency, isOffGrid, slots: new Map() }));
    const history = series.slots.get(time);
    if (history === undefined) series.slots.set(time, [{ value, request }]);
    else history.push({ value, request });
  }

  /** The power was cut: what was only written may be gone, and nobody complains. */
  powerCut(): void {
    for (const request of this.requests) if (request.state === "written") request.state = "failed";
  }

  /** What a clean stop had in memory is on disk, acknowledged or not. */
  stoppedWith(contents: Contents): void {
    for (const [key, { slots, ...series }] of this.series) {
      const found = atWrittenTimes(contents.get(key) ?? new Map(), { ...series, slots }, []);
      for (const [time, history] of slots) {
        const value = found.get(time);
        if (value !== undefined) history.splice(0, history.length, { value, request: SAFE });
      }
    }
  }

  /**
   * Compares with what the next start has found, and returns what is wrong.
   * @param oldest samples before this time (Unix seconds) may be gone
   */
  complaints(contents: Contents, oldest: number): string[] {
    const complaints: string[] = [];
    for (const key of contents.keys()) if (!this.series.has(key)) complaints.push(`${key}: nobody sent such a series`);
    for (const [key, series] of this.series) {
      const said = complaints.length;
      const found = atWrittenTimes(contents.get(key) ?? new Map(), series, complaints);
      for (const [time, history] of series.slots) {
        const problem = problemOf(history, found.get(time), time < oldest);
        if (problem !== undefined) complaints.push(`${time}: ${problem}`);
      }
      for (let i = said; i < complaints.length; i++) complaints[i] = `${key}: ${complaints[i]}`;
    }
    return complaints;
  }
}

function problemOf(history: History, found: number | undefined, isOld: boolean): string | undefined {
  const last = history.findLastIndex(({ request: { state } }) => state === "durable" || state === "written");
  const allowed = (isOld || last === -1 ? history : history.slice(last)).map(({ value }) => value);
  if (found === undefined) {
    return isOld || last === -1 ? undefined : `lost, expected ${allowed.join(" or ")}`;
  }
  return allowed.includes(found) ? undefined : `found ${found}, expected ${allowed.join(" or ")}`;
}

/**
 * What was found, by the times at which it was written. Off the grid, where values are all different, a sample may be
 * found in a slot near by; and in two: late samples shift the grid, and a log that is read behind a snapshot that
 * holds its samples already (the stop came between) puts them where they would have been without.
 */
function atWrittenTimes(found: Slots, { frequency, isOffGrid, slots }: ModelSeries, complaints: string[]): Slots {
  const times = new Map<number, number>();
  for (const [time, history] of slots) for (const { value } of history) times.set(value, time);
  const result: Slots = new Map();
  for (const [time, value] of found) {
    const written = isOffGrid ? times.get(value) : time;
    if (written === undefined || !slots.has(written)) complaints.push(`${time}: nobody sent ${value}`);
    else if (Math.abs(written - time) > MAX_SHIFT * frequency)
      complaints.push(`${time}: ${value} was sent for ${written}`);
    else if (result.has(written) && !isOffGrid) complaints.push(`${time}: ${value} is there twice`);
    else result.set(written, value);
  }
  return result;
}
