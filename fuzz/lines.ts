// Makes bodies of line protocol: most lines as collectors send them, some on the edge of what is allowed, some damaged.
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";

/** The present of all runs, in Unix seconds; not a full minute. */
export const NOW = 1_700_000_047;
export const RETENTION_SECONDS = 172_800;

const TOKENS = [
  ",",
  "=",
  " ",
  "\n",
  "\r\n",
  "\\",
  '"',
  '="',
  "#",
  "\0",
  "\t",
  ",cluster=",
  ",hostname=",
  " value=",
  "value=1",
  ",,",
  "==",
  "\u00e4",
  "\ufeff",
  "\xff",
  "i",
  "u",
  "e",
  ".",
];

const METRICS = [
  "cpu_load",
  "cpu_load",
  "flops_any",
  "clock",
  "mem_bw,x",
  "events",
  "cpu_loads",
  "cpu",
  "#cpu",
  "cpu\\ load",
  "cpu\\load",
  "c\u00e4",
  '"cpu"',
];
const NAMES = [
  "a1",
  "a2",
  "a3",
  "alex",
  "x.y",
  "..",
  ".",
  "a/b",
  "a\\b",
  "a\\ b",
  "a\\,b",
  "a\\=b",
  "\u00e4\u00f6",
  "\ud83d\ude00",
  "a\tb",
  "",
  '"q"',
  "longer-than-that",
];
const TAG_KEYS = [
  "cluster",
  "hostname",
  "host",
  "type",
  "type-id",
  "stype",
  "stype-id",
  "rack",
  "Host",
  "type\\-id",
  "",
];
const TYPES = ["node", "socket", "core", "hwthread", "accelerator"];
const VALUES = [
  "0",
  "1",
  "-1",
  "1.5",
  "-0",
  "42i",
  "7u",
  "-7u",
  "1e10",
  "1E-3",
  "1.",
  ".5",
  "-.5e+2",
  "3.4028235e38",
  "3.5e38",
  "1e39",
  "-1e300",
  "1e999",
  "1e-400",
  "9223372036854775807i",
  "9223372036854775808i",
  "18446744073709551615u",
  "0x10",
  "NaN",
  "Inf",
  "+1",
  "1_000",
  "",
  "t",
  "FALSE",
  '"text"',
  '"a b,c=d"',
  '"two\nlines"',
  '"open',
  '"esc\\"aped"',
  '"',
  "16777217",
  "0.1000000014901161",
  "123456789012345678901234567890",
  "1e",
  "1e5i",
  "--1",
  "1..2",
];
const TIMES = [
  "0",
  "-1",
  "-0",
  "abc",
  "1.5",
  "1e9",
  "9223372036",
  "9223372037",
  "9223372036854",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "99999999999999999999999",
  "0001700000047",
  "12x",
];
const FIELDS = ["value", "value", "value", "value", "value", "load", "Value", "", "val\\ ue"];

/** Between two lines. */
const LINE_ENDS = ["\n", "\n", "\n", "\n", "\r\n", "\n\n", "\n \n", "\n# note\n", "\r\r\n"];

/** A body of up to 40 lines. Lines repeat heads of each other, as those of a collector do. */
export function lineBody(random: Random): Uint8Array {
  const heads = random.list(1, 4, () => headOf(random));
  const lines = random.list(0, random.pick([3, 10, 40]), () => lineOf(random, heads));
  const body = Buffer.from(lines.map((line) => line + random.pick(LINE_ENDS)).join(""));
  return random.oneIn(3) ? mutate(random, body, TOKENS) : random.oneIn(3) ? body.subarray(0, -1) : body;
}

function lineOf(random: Random, heads: readonly string[]): string {
  if (random.oneIn(60))
    return random.pick([
      "",
      " ",
      "#",
      "# a=b",
      "=",
      ",",
      '"',
      `x "open`,
      "\\",
      "a".repeat(5000),
      `events ${"b".repeat(5000)}`,
    ]);
  const head = random.oneIn(8) ? headOf(random) : random.pick(heads);
  const fields = random.list(1, random.oneIn(10) ? 3 : 1, () => `${random.pick(FIELDS)}=${valueOf(random)}`).join(",");
  const space = (): string => (random.oneIn(30) ? "  " : " ");
  return `${random.oneIn(50) ? " " : ""}${head}${space()}${fields}${random.oneIn(12) ? "" : space() + timeOf(random)}${random.oneIn(40) ? " " : ""}`;
}

function headOf(random: Random): string {
  const isPlain = !random.oneIn(4);
  const cluster = random.oneIn(5) ? [] : [tagOf("cluster", isPlain ? "alex" : random.pick(NAMES))];
  const host = [tagOf(random.oneIn(3) ? "host" : "hostname", isPlain ? random.pick(["a1", "a2"]) : random.pick(NAMES))];
  const type = random.oneIn(2) ? [] : [tagOf("type", random.pick(TYPES)), tagOf("type-id", String(random.below(3)))];
  const more = random.list(0, random.oneIn(5) ? 3 : 0, () => tagOf(random.pick(TAG_KEYS), random.pick(NAMES)));
  const tags = [...cluster, ...host, ...type, ...more];
  return `${isPlain ? "cpu_load" : random.pick(METRICS)}${(random.oneIn(4) ? random.shuffled(tags) : tags).join("")}`;
}

function tagOf(key: string, value: string): string {
  return `,${key}=${value}`;
}

function valueOf(random: Random): string {
  if (random.oneIn(100))
    return random.pick([`"${"t\n".repeat(random.below(4000))}"`, "9".repeat(5000), `"${"open\n".repeat(600)}`]);
  if (random.oneIn(6)) return random.pick(VALUES);
  const digits = `${random.below(random.pick([10, 1e6, 2 ** 32]))}`;
  return random.oneIn(2) ? digits : `${random.oneIn(4) ? "-" : ""}${digits}.${random.below(1e6)}`;
}

function timeOf(random: Random): string {
  if (random.oneIn(12)) return random.pick(TIMES);
  // Around both ends of the retention, too.
  const seconds =
    NOW - random.pick([0, 60, 120, 3600, RETENTION_SECONDS, RETENTION_SECONDS + 1]) + random.between(-2, 2);
  return `${seconds}${random.oneIn(5) ? random.pick(["000", "000000", "999999", "000000000", "123456789"]) : ""}`;
}
