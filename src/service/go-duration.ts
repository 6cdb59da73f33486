// Durations as Go writes them ("48h", "1h30m", "90s"), since the configuration is the reference's. The grammar is that
// of Go's time.ParseDuration: an optional sign, then one or more decimal numbers, each with a unit; or a bare "0".

const NANOSECONDS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["\u00b5s", 1_000n], // µ, the micro sign
  ["\u03bcs", 1_000n], // μ, the Greek letter: looks the same, and Go takes both
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);

/** Go keeps a duration as int64 nanoseconds: about 292 years either way. */
const MAX_NANOSECONDS = 2n ** 63n - 1n;
const NANOSECONDS_PER_MS = 1_000_000n;

/** Text that is no duration; the message shows the text, what is wrong with it, and an example. */
export class GoDurationError extends Error {
  constructor(text: string, reason: string) {
    super(`invalid duration ${JSON.stringify(text)}: ${reason}; expected e.g. "48h", "1h30m", "90s"`);
    this.name = "GoDurationError";
  }
}

/**
 * Milliseconds of a Go duration, with a fraction below 1 ms; negative ones are allowed, as in Go.
 * Computed in whole nanoseconds (what is finer is cut off), so `0.1s` is exactly 100.
 * @throws GoDurationError
 */
export function parseGoDuration(text: string): number {
  const negative = text.startsWith("-");
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text;
  if (unsigned === "0") return 0;
  if (unsigned === "") throw new GoDurationError(text, text === "" ? "it is empty" : "a number must follow the sign");

  const total = sumOfTerms(text, unsigned);
  // int64 reaches one further down than up, and Go lets "-2562047h47m16.854775808s" pass.
  if (total > MAX_NANOSECONDS + (negative ? 1n : 0n)) throw new GoDurationError(text, "longer than 292 years");
  return toMs(negative ? -total : total);
}

/** Nanoseconds of `1h30m`: number and unit, over and over; the same unit may come twice, in any order. */
function sumOfTerms(text: string, unsigned: string): bigint {
  const term = /(\d*)(\.\d*)?([^.\d]*)/y;
  let total = 0n;
  while (term.lastIndex < unsigned.length) {
    const rest = unsigned.slice(term.lastIndex);
    const [, whole = "", point = "", unit = ""] = term.exec(unsigned) ?? [];
    const fraction = point.slice(1);
    const number = whole + point;
    if (whole + fraction === "") throw new GoDurationError(text, `a number must stand before ${JSON.stringify(rest)}`);
    if (unit === "") throw new GoDurationError(text, `missing unit after ${number} (ns, us, ms, s, m, h)`);
    const unitNanoseconds = NANOSECONDS.get(unit);
    if (unitNanoseconds === undefined) throw new GoDurationError(text, `unknown unit ${JSON.stringify(unit)}`);
    total += (BigInt(whole + fraction) * unitNanoseconds) / 10n ** BigInt(fraction.length);
  }
  return total;
}

/** Milliseconds as Go prints a duration: `1h30m0s`, `1.5s`, `250ms`, `1.5µs`, `0s`. */
export function formatGoDuration(ms: number): string {
  if (!Number.isFinite(ms)) throw new Error(`BUG: no duration: ${ms}`);
  const nanoseconds = toNanoseconds(Math.abs(ms));
  const sign = ms < 0 && nanoseconds > 0n ? "-" : "";
  return sign + formatUnsigned(nanoseconds);
}

function formatUnsigned(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  if (nanoseconds < 1_000n) return `${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${decimal(nanoseconds, 1_000n)}\u00b5s`;
  if (nanoseconds < 1_000_000_000n) return `${decimal(nanoseconds, 1_000_000n)}ms`;

  // From one second up all smaller units are printed, zeros too, but no leading ones: "1h0m0s", "1m0s", "1s".
  const minutes = nanoseconds / 60_000_000_000n;
  const seconds = `${decimal(nanoseconds % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return seconds;
  if (minutes < 60n) return `${minutes}m${seconds}`;
  return `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** `value / unit` in decimals without trailing zeros; `unit` is a power of ten. */
function decimal(value: bigint, unit: bigint): string {
  const digits = unit.toString().length - 1;
  const fraction = (value % unit).toString().padStart(digits, "0").replace(/0+$/, "");
  return fraction === "" ? `${value / unit}` : `${value / unit}.${fraction}`;
}

/** The whole and the broken part apart: a double holds 292 years in ms, but not in ns. */
function toMs(nanoseconds: bigint): number {
  return Number(nanoseconds / NANOSECONDS_PER_MS) + Number(nanoseconds % NANOSECONDS_PER_MS) / 1e6;
}

function toNanoseconds(ms: number): bigint {
  const wholeMs = Math.trunc(ms);
  return BigInt(wholeMs) * NANOSECONDS_PER_MS + BigInt(Math.round((ms - wholeMs) * 1e6));
}
