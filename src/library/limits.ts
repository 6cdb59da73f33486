// Everything has a limit, and the limit has a name: all of them in one place, each with its reason. The configuration
// may change any under `metric-store.limits`, in kebab case (`body-size-bytes`).

/** Limits of one store, its HTTP API included; all are whole numbers. */
export interface Limits {
  /** A larger request body is answered 413. Far above any collector's batch, far below the machine's memory. */
  readonly bodySizeBytes: number;
  /** The same for bodies read as JSON (query, free, health check), which grow about tenfold when they are parsed. */
  readonly jsonBodySizeBytes: number;
  /** A client that has not sent its headers by then is cut off: idle connections must not pile up. */
  readonly headersTimeoutMs: number;
  /** The same for the body; the reference's read time-out is 30 s. */
  readonly bodyTimeoutMs: number;
  /** Queries of one request, those made by `for-all-nodes` included: a wide job is 1000 nodes × 50 metrics. */
  readonly queriesPerRequest: number;
  /** Values of one answer, over all its results, padding included: 50 million are about 400 MB of JSON text. */
  readonly pointsPerAnswer: number;
  /** Values of one result: three weeks of a metric of 1 s. `from: 0` would be 28 million nulls of one of 60 s. */
  readonly pointsPerResult: number;
  /** Values of all series that one result may read from disk: a month of 128 hardware threads at 10 s, 200 MB. */
  readonly oldPointsPerResult: number;
  /** Results put together from disk at once, each with memory of its own; others wait. */
  readonly oldResultsAtOnce: number;
  /** A level's name (cluster, host, type + id): the WAL and the snapshot keep its length in one byte. */
  readonly nameLengthBytes: number;
  /** One line of line protocol. The rest of a longer one is skipped, so that a lost newline costs one line. */
  readonly lineLengthBytes: number;
  /** Series of one store. Each costs memory even without samples, and a client with random tags makes no end of them. */
  readonly seriesCount: number;
  /** Rejected lines that a 400 reply describes; the others are only counted. */
  readonly rejectionsListed: number;
  /** A smaller answer is not compressed: it costs more time than it saves. */
  readonly gzipMinSizeBytes: number;
  /** Default clusters (URL, subscriptions) with a fast path of their own; the others take the slower one. */
  readonly contexts: number;
  /** Line heads remembered as "not stored" (unknown metric), so that they cost one look-up; more are parsed anew. */
  readonly ignoredKeys: number;
  /** Received from NATS and not on disk yet; above that no more is taken. Half a second of the fastest stream. */
  readonly natsInFlightBytes: number;
  /** The same as messages, of each stream: their acknowledgements wait in memory. */
  readonly natsInFlightMessages: number;
}

export const defaultLimits: Limits = {
  bodySizeBytes: 256 * 1024 * 1024,
  jsonBodySizeBytes: 16 * 1024 * 1024,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 30_000,
  queriesPerRequest: 100_000,
  pointsPerAnswer: 50_000_000,
  pointsPerResult: 2_000_000,
  oldPointsPerResult: 50_000_000,
  oldResultsAtOnce: 2,
  nameLengthBytes: 255,
  lineLengthBytes: 65_536,
  seriesCount: 10_000_000,
  rejectionsListed: 20,
  gzipMinSizeBytes: 65_536,
  contexts: 64,
  ignoredKeys: 262_144,
  natsInFlightBytes: 64 * 1024 * 1024,
  natsInFlightMessages: 40_000,
};

/** Limits that may be 0, which turns the thing off; of all others there must be at least one. */
const MAY_BE_ZERO: ReadonlySet<string> = new Set(["rejectionsListed", "gzipMinSizeBytes", "contexts", "ignoredKeys"]);

/** Offsets, series numbers and timers are signed 32-bit numbers; a timer beyond that fires at once. */
const MAX_INT32 = 2 ** 31 - 1;
/** The length byte of the file formats. */
const MAX_NAME_LENGTH_BYTES = 255;

/** What is wrong with the limits, each problem as `kebab-key: text`; empty when they are sound and fit each other. */
export function checkLimits(limits: Limits): string[] {
  return [...checkEach(limits), ...checkPairs(limits)];
}

/** `body-size-bytes` of `bodySizeBytes`. */
export function limitKey(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function checkEach(limits: Limits): string[] {
  const problems: string[] = [];
  for (const [field, value] of Object.entries<number>({ ...limits })) {
    const min = MAY_BE_ZERO.has(field) ? 0 : 1;
    const max = field === "nameLengthBytes" ? MAX_NAME_LENGTH_BYTES : MAX_INT32;
    if (Number.isInteger(value) && value >= min && value <= max) continue;
    problems.push(`${limitKey(field)}: expected a whole number from ${min} to ${max}, found ${value}`);
  }
  return problems;
}

/** Pairs where the first must not exceed the second, or the second could never be reached. */
const ORDERED: readonly (readonly [keyof Limits, keyof Limits])[] = [
  ["jsonBodySizeBytes", "bodySizeBytes"],
  ["lineLengthBytes", "bodySizeBytes"],
  ["nameLengthBytes", "lineLengthBytes"],
  ["pointsPerResult", "pointsPerAnswer"],
  ["headersTimeoutMs", "bodyTimeoutMs"],
];

function checkPairs(limits: Limits): string[] {
  return ORDERED.filter(([smaller, larger]) => limits[smaller] > limits[larger]).map(
    ([smaller, larger]) =>
      `${limitKey(smaller)}: expected at most ${limits[larger]} (${limitKey(larger)}), found ${limits[smaller]}`,
  );
}
