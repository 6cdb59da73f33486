// How fast are values printed with three decimals? An answer of many series, as the wide queries give it.

import { formatFixed } from "../src/codec/json/fixed-decimals.ts";
import { NumberPrinter } from "../src/codec/json/number-printer.ts";
import { JsonWriter } from "../src/codec/json/writer.ts";
import { medianOf, timeEach, type Case, type Checks, type Figure, type Question, type RunOptions } from "./harness.ts";
import { seededRandom } from "./random.ts";

const SEED = 11;
const POINTS = 1440;
const SIZES = { full: { series: 142, repeats: 60 }, smoke: { series: 3, repeats: 3 } };

/** Half of the last decimal, and what the comparison itself may be off. */
const HALF_STEP = 0.000_500_001;

/** Values as they are in a store: float32, widened. */
const kinds: readonly { readonly name: string; readonly value: (random: () => number) => number }[] = [
  { name: "percentages", value: (random) => Math.fround(random() * 100) },
  { name: "from 10^-3 to 10^9", value: (random) => Math.fround(10 ** (random() * 12 - 3)) },
  { name: "percentages, every tenth missing", value: (random) => (random() < 0.1 ? NaN : Math.fround(random() * 100)) },
];

export const json: Question = {
  name: "json",
  title: "data as JSON with three decimals",
  cases: kinds.map(({ name, value }): Case => ({
    name,
    run: (options, checks) => measure(name, value, options, checks),
  })),
};

async function measure(
  name: string,
  value: (random: () => number) => number,
  { scale }: RunOptions,
  checks: Checks,
): Promise<Figure[]> {
  const size = SIZES[scale];
  const random = seededRandom(SEED);
  const series = Array.from({ length: size.series }, () => Float64Array.from({ length: POINTS }, () => value(random)));
  const printer = new NumberPrinter();
  const text = new TextDecoder().decode(print(printer, series));
  checks.equal(`${name}: text`, text, expectedText(series));
  checks.equal(`${name}: farthest from the value`, farthest(series, JSON.parse(`[${text}0]`)) <= HALF_STEP, true);
  const timesMs = await timeEach(size.repeats, Math.ceil(size.repeats / 3), () => print(printer, series));
  return [
    {
      what: name,
      unit: "MB/s",
      value: text.length / medianOf(timesMs) / 1000,
      target: { kind: "value", must: 150, stretch: 700 },
    },
  ];
}

function print(printer: NumberPrinter, series: readonly Float64Array[]): Uint8Array {
  const writer = new JsonWriter(printer);
  for (const values of series) {
    writer.fixedArray(values);
    writer.raw(",");
  }
  return writer.finish();
}

function expectedText(series: readonly Float64Array[]): string {
  return series.map((values) => `[${Array.from(values, (value) => formatFixed(value, 3)).join(",")}],`).join("");
}

/** The largest distance of a printed number from its value: the check that does not trust the formatter. */
function farthest(series: readonly Float64Array[], printed: readonly (readonly (number | null)[])[]): number {
  let max = 0;
  for (const [i, values] of series.entries()) {
    for (const [j, value] of values.entries()) {
      const distance = Number.isNaN(value) && printed[i][j] === null ? 0 : Math.abs((printed[i][j] ?? NaN) - value);
      // Written so that NaN, which compares with nothing, counts as far away.
      if (!(distance <= max)) max = distance;
    }
  }
  return max;
}
