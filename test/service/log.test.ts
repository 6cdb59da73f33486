import { describe, expect, test } from "vitest";
import { createLogger, type LogFields, type Logger, type LoggerOptions, type LogLevel } from "../../src/service/log.ts";

const now = () => new Date("2026-03-01T04:05:06.789Z");

function linesOf(options: Partial<LoggerOptions>, log: (logger: Logger) => void): string[] {
  const lines: string[] = [];
  log(createLogger({ level: "warn", withDate: false, write: (line) => lines.push(line), now, ...options }));
  return lines;
}

const warning = (message: string, fields?: LogFields): string =>
  linesOf({}, (logger) => logger.warn(message, fields)).join("|");

describe("levels", () => {
  const all = ["<7>[DEBUG] d", "<6>[INFO] i", "<4>[WARN] w", "<3>[ERROR] e", "<2>[CRITICAL] c"];
  test.each<[LogLevel, number]>([
    ["debug", 5],
    ["info", 4],
    ["warn", 3],
    ["err", 2],
    ["crit", 1],
  ])("-loglevel %s writes %d of five levels", (level, count) => {
    const lines = linesOf({ level }, (logger) => {
      logger.debug("d");
      logger.info("i");
      logger.warn("w");
      logger.error("e");
      logger.critical("c");
    });
    expect(lines).toEqual(all.slice(5 - count));
  });
});

test("-logdate puts the date behind the priority, so that systemd still finds it", () => {
  const lines = linesOf({ level: "info", withDate: true }, (logger) => logger.info("started", { port: 8080 }));
  expect(lines).toEqual(["<6>[INFO] 2026-03-01T04:05:06.789Z started port=8080"]);
});

test.each<[string, LogFields, string]>([
  ["words and numbers stand bare", { host: "a0124", age: 1.5, late: true }, "host=a0124 age=1.5 late=true"],
  ["an undefined field is left out", { host: undefined, n: 0 }, "n=0"],
  ["a space needs quotes", { reason: "no such host" }, 'reason="no such host"'],
  ["an empty value needs quotes", { cluster: "" }, 'cluster=""'],
  ["an equals sign needs quotes", { tag: "a=b" }, 'tag="a=b"'],
  ["quotes and backslashes are escaped", { text: String.raw`a"b\c` }, String.raw`text="a\"b\\c"`],
  ["newlines are escaped", { host: "a\r\n<2>[CRITICAL] b" }, String.raw`host="a\r\n<2>[CRITICAL] b"`],
  ["a tab is escaped", { host: "a\tb" }, String.raw`host="a\tb"`],
  ["a terminal's escape is escaped", { host: "\u001b[2J" }, String.raw`host="\u001b[2J"`],
  ["C1 controls and DEL are escaped", { host: "\u009b\u007f" }, String.raw`host="\u009b\u007f"`],
  ["line and paragraph separators are escaped", { host: "\u2028\u2029" }, String.raw`host="\u2028\u2029"`],
  ["direction marks are escaped", { host: "\u202Eb" }, String.raw`host="\u202eb"`],
  ["a lone surrogate is escaped", { host: "\ud800" }, String.raw`host="\ud800"`],
  ["format characters beyond 16 bits are escaped", { host: "\u{E0001}" }, String.raw`host="\u{e0001}"`],
  ["letters of all scripts stand bare", { host: "größe-日本" }, "host=größe-日本"],
  ["a key cannot forge a pair", { "a=1 b": 2 }, "a_1_b=2"],
])("%s", (_about, fields, text) => {
  expect(warning("m", fields)).toBe(`<4>[WARN] m ${text}`);
});

test("a message with newlines stays one line", () => {
  expect(warning("a\nb\u0000")).toBe(String.raw`<4>[WARN] a\nb\u0000`);
});

test("empty fields add nothing", () => {
  expect(warning("m", {})).toBe("<4>[WARN] m");
});
