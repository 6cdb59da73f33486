// The log: one line per event, for people and for `journalctl`. The level stands in front as systemd's priority and as
// a word, then the message, then `key=value` pairs (logfmt).
//
//     <4>[WARN] a late sample was rejected host=a0124 metric=cpu_load ageSeconds=90000

/** From the most to the least talkative; the words of `-loglevel`. */
export const logLevels = ["debug", "info", "warn", "err", "crit"] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Fields that are undefined are left out. No line ever holds a newline or another control character. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  critical(message: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  /** Events below this level are not written. */
  readonly level: LogLevel;
  /** With the date and the time (UTC, ms); not needed under systemd, whose journal has its own. */
  readonly withDate: boolean;
  /** Takes one line, without its newline. */
  readonly write: (line: string) => void;
  readonly now: () => Date;
}

/** sd-daemon(3): a line that starts so gets that priority in the journal, and loses the prefix there. */
const PREFIXES: Readonly<Record<LogLevel, string>> = {
  debug: "<7>[DEBUG]",
  info: "<6>[INFO]",
  warn: "<4>[WARN]",
  err: "<3>[ERROR]",
  crit: "<2>[CRITICAL]",
};

export function createLogger(options: LoggerOptions): Logger {
  return {
    debug: writerOf("debug", options),
    info: writerOf("info", options),
    warn: writerOf("warn", options),
    error: writerOf("err", options),
    critical: writerOf("crit", options),
  };
}

function writerOf(level: LogLevel, options: LoggerOptions): (message: string, fields?: LogFields) => void {
  if (logLevels.indexOf(level) < logLevels.indexOf(options.level)) return () => {};
  const prefix = PREFIXES[level];
  return (message, fields) => {
    const date = options.withDate ? ` ${options.now().toISOString()}` : "";
    options.write(`${prefix}${date} ${escaped(message)}${fields === undefined ? "" : formatFields(fields)}`);
  };
}

function formatFields(fields: LogFields): string {
  let text = "";
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) text += ` ${formatKey(key)}=${formatValue(value)}`;
  }
  return text;
}

/** A space or `=` in a key would split the pair. */
function formatKey(key: string): string {
  return escaped(key).replaceAll(/[\s="]/g, "_");
}

function formatValue(value: string | number | boolean): string {
  const text = String(value);
  const isBare = text !== "" && !/[\s="\\]/.test(text) && !UNPRINTABLE.test(text);
  return isBare ? text : `"${escaped(text.replaceAll(/[\\"]/g, String.raw`\$&`))}"`;
}

/**
 * Control, format (direction marks) and separator characters, lone surrogates: what could forge a second line or
 * repaint a terminal. Host names and error texts come from the network.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const ALL_UNPRINTABLE = new RegExp(UNPRINTABLE, "gu");
const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", String.raw`\n`],
  ["\r", String.raw`\r`],
  ["\t", String.raw`\t`],
]);

function escaped(text: string): string {
  return text.replaceAll(ALL_UNPRINTABLE, (character) => SHORT_ESCAPES.get(character) ?? unicodeEscape(character));
}

function unicodeEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
