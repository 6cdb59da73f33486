// One series against the model: whatever is written, read and freed, in whatever order, the answers are the model's.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buffersOf, firstDifference, HOST, newStore, write, writeBatch, type Sample } from "./fixtures.ts";
import { SeriesModel } from "./model.ts";
import { naiveResample } from "./naive-resample.ts";

/** Positions are slots of the grid; `offset` is a part of a slot, 0 … 1, so that times lie off the grid as well. */
type Command =
  | { kind: "write"; batch: boolean; slots: readonly number[] }
  | { kind: "read"; slot: number; offset: number; slots: number; multiple: number }
  | { kind: "free"; slot: number; offset: number }
  | { kind: "forceFree" };

/** Samples lie at origin + slot × frequency. */
interface Grid {
  frequency: number;
  origin: number;
}

const grids: fc.Arbitrary<Grid> = fc
  .record({
    frequency: fc.constantFrom(1, 2, 3, 7, 10, 60, 61),
    base: fc.constantFrom(0, -40_000, 1_720_879_260),
    phase: fc.nat(60),
  })
  .map(({ frequency, base, phase }) => ({ frequency, origin: base + (phase % frequency) }));

// Within a buffer, over two or three, over many.
const slot = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: -1100, max: 1100 }),
  fc.integer({ min: -5000, max: 5000 }),
);
const offset = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.999, noNaN: true }));

/** Up, down, in jumps of just a buffer and of more. */
const runs = fc
  .record({
    from: slot,
    step: fc.constantFrom(1, 1, 1, 2, -1, -1, 37, -37, 511, 512, 513, -512, -513, 1500),
    count: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ from, step, count }) => Array.from({ length: count }, (_, i) => from + i * step));
const scattered = fc.array(slot, { minLength: 1, maxLength: 12 });

const writing = fc.record({
  kind: fc.constant("write" as const),
  batch: fc.boolean(),
  slots: fc.oneof(runs, scattered),
});
const reading = fc.record({
  kind: fc.constant("read" as const),
  slot,
  offset,
  slots: fc.oneof(fc.nat(30), fc.nat(2500), fc.nat(12_000)),
  // Of the frequency; 0 = the metric's own. A half is no multiple and must be refused.
  multiple: fc.constantFrom(0, 0, 1, 2, 2.5, 3, 100, 700, 3000),
});
const freeing = fc.record({ kind: fc.constant("free" as const), slot, offset });
const forcing = fc.record({ kind: fc.constant("forceFree" as const) });
const commandLists: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: writing },
    { weight: 3, arbitrary: reading },
    { weight: 1, arbitrary: freeing },
    { weight: 1, arbitrary: forcing },
  ),
  { minLength: 1, maxLength: 12 },
);

/** The store and the model side by side. */
class Pair {
  readonly store;
  readonly model: SeriesModel;
  readonly grid: Grid;
  #written = 0;

  constructor(grid: Grid) {
    this.grid = grid;
    this.store = newStore({ metric: { frequency: grid.frequency, aggregation: "sum" } });
    this.model = new SeriesModel(grid.frequency);
  }

  run(command: Command): void {
    if (command.kind === "write") this.write(command.slots, command.batch);
    else if (command.kind === "read") this.read(command);
    else if (command.kind === "forceFree") expect(this.store.forceFree()).toBe(this.model.forceFree());
    else {
      const time = this.timeOf(command.slot, command.offset);
      expect(this.store.free([], time)).toBe(this.model.free(time));
    }
  }

  timeOf(slotNumber: number, part: number): number {
    const { origin, frequency } = this.grid;
    return origin + slotNumber * frequency + Math.floor(part * frequency);
  }

  write(slots: readonly number[], batch: boolean): void {
    const samples = slots.map((number): Sample => [this.timeOf(number, 0), this.#nextValue()]);
    const writeAll = batch ? writeBatch : write;
    writeAll(this.store, HOST, "metric", samples);
    for (const [timestamp, value] of samples) this.model.write(timestamp, value);
  }

  /** Different each time, now and then a −0. */
  #nextValue(): number {
    this.#written++;
    return this.#written % 9 === 0 ? -0 : this.#written * 0.1;
  }

  read({ slot: first, offset: part, slots, multiple }: Extract<Command, { kind: "read" }>): void {
    const from = this.timeOf(first, part);
    const resolution = multiple * this.grid.frequency;
    // Half a frequency may be no whole second; only the multiple matters here.
    this.expectRead(from, from + slots * this.grid.frequency, resolution);
  }

  expectRead(from: number, to: number, resolution: number): void {
    const ask = () => this.store.read(HOST, "metric", from, to, resolution);
    if (this.model.samples.size === 0) {
      expect(ask).toThrow("metric or host not found");
      return;
    }
    const native = this.model.read(from, to);
    const expected = naiveResample(native.values, this.grid.frequency, resolution);
    if (expected === undefined) {
      expect(ask).toThrow("must be a multiple of old frequency");
    } else {
      const { values, ...rest } = ask();
      expect(rest).toEqual({ from: native.from, to: native.to, resolution: expected.resolution });
      expect(firstDifference(values, expected.values)).toBeUndefined();
    }
    this.#expectStatistics(from, to, native.values);
  }

  #expectStatistics(from: number, to: number, values: readonly number[]): void {
    const known = values.filter((value) => !Number.isNaN(value));
    const none = known.length === 0;
    expect(this.store.statistics(HOST, "metric", from, to)).toMatchObject({
      samples: known.length,
      avg: none ? NaN : known.reduce((sum, value) => sum + value, 0) / known.length,
      min: none ? NaN : known.reduce((a, b) => Math.min(a, b)),
      max: none ? NaN : known.reduce((a, b) => Math.max(a, b)),
    });
  }

  /** The buffers, and all that can be read of them. */
  expectSame(): void {
    const { frequency } = this.grid;
    const buffers = this.model.buffers();
    const expected = buffers.map(({ start, length }) => ({ start, len: length, end: start + length * frequency }));
    expect(buffersOf(this.store, HOST, "metric")).toEqual(expected);
    const end = expected.at(-1)?.end ?? 0;
    this.expectRead((expected[0]?.start ?? 0) - frequency, end + frequency, 0);
    expect(this.store.sizes().buffers).toBe(buffers.length);
  }
}

describe("a series answers as the model does", () => {
  // Looking at a series puts its buffers in order, so that both ways are needed to see what disorder may pile up.
  it.each([
    { when: "after each command", looksEachTime: true, numRuns: 60 },
    { when: "at the end only", looksEachTime: false, numRuns: 250 },
  ])("compared $when", ({ looksEachTime, numRuns }) => {
    fc.assert(
      fc.property(grids, commandLists, (grid, commands) => {
        const pair = new Pair(grid);
        for (const command of commands) {
          pair.run(command);
          if (looksEachTime) pair.expectSame();
        }
        pair.expectSame();
      }),
      { numRuns },
    );
  });
});
