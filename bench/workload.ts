// One minute of the synthetic clusters as messages of line protocol. The bytes are made once; for every further minute
// only the timestamps are written anew, in place, so that the clock sees the store and not the generator.

import { metricNames, numberStyleOf, type NumberStyle, type SeriesName } from "./cluster.ts";
import { seededRandom } from "./random.ts";

/** `host`: all metrics of a host, then the next host (collectors). `metric`: one metric of all hosts, then the next. */
export type Order = "host" | "metric";

/** A message ends with the first line that reaches either limit. */
export interface MessageSize {
  readonly sizeBytes?: number;
  readonly lines?: number;
}

export interface Message {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the ten digits of each line's timestamp begin. */
  readonly stampOffsets: Uint32Array;
}

/** A series, and the value that all its samples have. */
export interface WorkloadSeries {
  readonly name: SeriesName;
  /** As the text says it, to float64. */
  readonly value: number;
}

export interface Workload {
  readonly messages: readonly Message[];
  readonly series: readonly WorkloadSeries[];
  readonly sizeBytes: number;
}

const SEED = 7;
const STAMP_DIGITS = 10;
const ZERO = 0x30;
const PLACEHOLDER = "0".repeat(STAMP_DIGITS);

/** Makes one minute of all `names`, given host by host. */
export function makeWorkload(names: readonly SeriesName[], order: Order, size: MessageSize): Workload {
  const random = seededRandom(SEED);
  const series: WorkloadSeries[] = [];
  const messages: Message[] = [];
  let open = new MessageBuilder(size);
  for (const name of order === "host" ? names : metricWise(names)) {
    const number = numberTexts[numberStyleOf(name.metric)](random);
    series.push({ name, value: Number(number.replace("i", "")) });
    open.add(`${lineHead(name)} value=${number} `);
    if (!open.isFull) continue;
    messages.push(open.build());
    open = new MessageBuilder(size);
  }
  if (!open.isEmpty) messages.push(open.build());
  return { messages, series, sizeBytes: messages.reduce((sum, { bytes }) => sum + bytes.length, 0) };
}

/** Gives every line of a message this time. @param unixSeconds of ten digits, which is until the year 2286 */
export function setTime({ bytes, stampOffsets }: Message, unixSeconds: number): void {
  if (unixSeconds < 1e9 || unixSeconds >= 1e10) throw new Error(`BUG: not a timestamp of ten digits: ${unixSeconds}`);
  let rest = unixSeconds;
  // Digit by digit without an allocation: over HTTP this runs between two posts and would slow the client.
  for (let digit = STAMP_DIGITS - 1; digit >= 0; digit--) {
    const code = ZERO + (rest % 10);
    for (let i = 0; i < stampOffsets.length; i++) bytes[stampOffsets[i] + digit] = code;
    rest = Math.floor(rest / 10);
  }
}

/** The path of the series' level in a store. */
export function levelPathOf({ cluster, host, type, typeId }: SeriesName): string[] {
  return typeId === undefined ? [cluster, host] : [cluster, host, type + typeId];
}

/** Measurement and tags of a line. */
export function lineHead({ cluster, host, metric, type, typeId }: SeriesName): string {
  const head = `${metric},cluster=${cluster},hostname=${host},type=${type}`;
  return typeId === undefined ? head : `${head},type-id=${typeId}`;
}

class MessageBuilder {
  readonly #size: MessageSize;
  readonly #parts: string[] = [];
  readonly #stampOffsets: number[] = [];
  #sizeBytes = 0;

  constructor(size: MessageSize) {
    this.#size = size;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  get isFull(): boolean {
    const { sizeBytes = Infinity, lines = Infinity } = this.#size;
    return this.#sizeBytes >= sizeBytes || this.#parts.length >= lines;
  }

  /** Adds a line, which is ASCII, by all of it that stands before the timestamp. */
  add(beginning: string): void {
    this.#stampOffsets.push(this.#sizeBytes + beginning.length);
    const line = `${beginning}${PLACEHOLDER}\n`;
    this.#parts.push(line);
    this.#sizeBytes += line.length;
  }

  build(): Message {
    return {
      bytes: new TextEncoder().encode(this.#parts.join("")),
      stampOffsets: Uint32Array.from(this.#stampOffsets),
    };
  }
}

/** Cluster by cluster, in each metric by metric; hosts and ids keep their order. */
function metricWise(names: readonly SeriesName[]): SeriesName[] {
  const rank = new Map(metricNames.map((name, index) => [name, index]));
  const rankOf = (name: SeriesName): number => rank.get(name.metric) ?? 0;
  return names.toSorted((a, b) => a.cluster.localeCompare(b.cluster) || rankOf(a) - rankOf(b));
}

const numberTexts: Readonly<Record<NumberStyle, (random: () => number) => string>> = {
  whole: (random) => `${Math.floor(random() * 100)}.0`,
  percent: (random) => (random() * 100).toFixed(2),
  milli: (random) => (random() * 60).toFixed(3),
  float64: (random) => String(1 + random() * 3000),
  float32: (random) => String(Math.fround(1 + random() * 300)),
  integer: (random) => `${Math.floor(random() * 1e6)}i`,
  rate: (random) => String(Math.floor(random() * 1e7) / 60),
  exponent: (random) => goExponent(random() * 1e10),
  idle: () => "0",
};

/** At least two digits of exponent, as Go prints them: 1.234e+09. */
function goExponent(value: number): string {
  return Math.floor(value)
    .toExponential()
    .replace(/e\+(\d)$/, "e+0$1");
}
