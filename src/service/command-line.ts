// The command line: the reference's flags in the syntax of Go's flag package, since unit files and scripts use them.
// `-flag`, `--flag`, `-flag=value`, `-flag value` (not for switches); flags end at `--` or at the first other word.
// In front of them may stand a command: `inspect`, `verify` look at files, `health` at the store that runs.

import type { BuildInfo } from "../runtime/ports.ts";
import { archiveUsage, parseArchiveCommand, type ArchiveCommand } from "./archive-command-line.ts";
import type { HealthCommand } from "./health-command.ts";
import { type LogLevel, logLevels } from "./log.ts";
import { suggestion } from "./nearest-key.ts";

/** What the flags of a run say. */
export interface RunOptions {
  readonly configPath: string;
  /** With the API documentation under /swagger/. */
  readonly dev: boolean;
  readonly logLevel: LogLevel;
  readonly logDate: boolean;
  readonly gops: boolean;
  /** Words after the flags: they mean nothing, in the reference either, but are most likely a mistake. */
  readonly ignoredArguments: readonly string[];
}

/** What to print of a file or directory. */
export interface InspectCommand {
  readonly kind: "inspect";
  readonly path: string;
  readonly show: "summary" | "samples";
  readonly format: "text" | "json";
}

/**
 * `serve`: run the store. `cleanup`: delete or archive old checkpoint files, then exit. `inspect`, `verify`, `archive`: look at
 * files, then exit. `health`: ask the store that runs here, then exit. `version`, `help`: print and exit 0. `error`: print `message` to stderr and exit with `exitCode` (2,
 * as Go's programs).
 */
export type CommandLine =
  | ({ readonly kind: "serve" | "cleanup" } & RunOptions)
  | InspectCommand
  | { readonly kind: "verify"; readonly path: string }
  | ArchiveCommand
  | HealthCommand
  | { readonly kind: "version" }
  | { readonly kind: "help"; readonly message: string }
  | { readonly kind: "error"; readonly message: string; readonly exitCode: 2 };

const DEFAULT_CONFIG_PATH = "./config.json";

interface Flag {
  /** Name of the value in the usage text; a flag without one is a switch. */
  readonly value?: string;
  readonly about: string;
}

const FLAGS: ReadonlyMap<string, Flag> = new Map([
  ["config", { value: "FILE", about: "configuration file (default ./config.json)" }],
  ["dev", { about: "serve the API documentation under /swagger/" }],
  ["loglevel", { value: "LEVEL", about: `least level to log: ${logLevels.join(", ")} (default warn)` }],
  ["logdate", { about: "put date and time in front of each log message" }],
  ["cleanup-checkpoints", { about: "delete or archive old checkpoint files, then exit" }],
  ["gops", { about: "accepted for compatibility; has no effect" }],
  ["version", { about: "print the version, then exit" }],
  ["help", { about: "print this text, then exit" }],
]);

export const usage = [
  "pegel keeps the metrics of HPC clusters in memory, on disk, and within reach of a query.",
  "",
  "Usage: pegel [flags]                            run the store",
  "       pegel inspect [-samples] [-json] PATH    print what a file or directory of checkpoints holds",
  "       pegel verify DIR                         check all files; exit 1 and list what is wrong",
  "       pegel archive ls|verify|export DIR       list, check, export Parquet files; -help tells more",
  "       pegel health [-config FILE] [URL]        exit 0 if the store here is up and loaded",
  "",
  ...Array.from(FLAGS, ([name, flag]) => `  ${`-${name} ${flag.value ?? ""}`.padEnd(22)} ${flag.about}`),
].join("\n");

/** Reads the arguments that follow the program's name. Of a flag given twice the last counts. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  try {
    const [command, ...rest] = args;
    if (command === "inspect" || command === "verify") return readFileCommand(command, rest);
    if (command === "health") return readHealthCommand(rest);
    if (command === "archive") return readArchiveCommand(rest);
    return toCommandLine(readFlags(args));
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    return { kind: "error", message: `${error.message}\n\n${usage}`, exitCode: 2 };
  }
}

/** The last line of the help: which build this is. */
export function formatBuild({ version, gitHash, buildTime }: BuildInfo): string {
  return `pegel ${version}${gitHash === "" ? "" : ` (${gitHash})`}, built ${buildTime}`;
}

function readArchiveCommand(args: readonly string[]): CommandLine {
  const command = parseArchiveCommand(args);
  if (command === "help") return { kind: "help", message: archiveUsage };
  if (command.kind === "archive") return command;
  return { kind: "error", message: `${command.message}\n\n${archiveUsage}`, exitCode: 2 };
}

/** The three lines of `-version`. */
export function formatVersion({ version, gitHash, buildTime }: BuildInfo): string {
  return `Version:\t${version}\nGit hash:\t${gitHash}\nBuild time:\t${buildTime}`;
}

/** A mistake on the command line; never leaves this file. */
class FlagError extends Error {}

/** Flags of commands are switches, and may follow the path. */
const COMMAND_SWITCHES = { inspect: ["samples", "json", "help"], verify: ["help"] } as const;

function readFileCommand(kind: "inspect" | "verify", args: readonly string[]): CommandLine {
  const endOfFlags = args.indexOf("--");
  const behindFlags = endOfFlags < 0 ? [] : args.slice(endOfFlags + 1);
  const beforeEnd = endOfFlags < 0 ? args : args.slice(0, endOfFlags);
  const isFlag = (word: string): boolean => word.startsWith("-") && word !== "-";
  const given = new Set(beforeEnd.filter(isFlag).map((flag) => commandSwitch(kind, flag)));
  if (given.has("help")) return { kind: "help", message: usage };
  const [path, ...more] = [...beforeEnd.filter((word) => !isFlag(word)), ...behindFlags];
  if (path === undefined || path === "" || more.length > 0) {
    throw new FlagError(`${kind} needs one path${more.length > 0 ? `, not ${more.length + 1}` : ""}`);
  }
  if (kind === "verify") return { kind, path };
  return {
    kind,
    path,
    show: given.has("samples") ? "samples" : "summary",
    format: given.has("json") ? "json" : "text",
  };
}

function commandSwitch(kind: "inspect" | "verify", flag: string): string {
  const written = flag.replace(/^--?/, "");
  const name = written === "h" ? "help" : written;
  const known: readonly string[] = COMMAND_SWITCHES[kind];
  if (known.includes(name)) return name;
  const hint = suggestion(
    `-${name}`,
    known.map((key) => `-${key}`),
  );
  throw new FlagError(`flag provided but not defined for ${kind}: -${name}${hint}`);
}

const HEALTH_FLAGS: readonly string[] = ["config", "help"];

function readHealthCommand(args: readonly string[]): CommandLine {
  const { switches, values, rest } = readFlags(args);
  const unfit = [...switches.keys(), ...values.keys()].find((name) => !HEALTH_FLAGS.includes(name));
  if (unfit !== undefined) throw new FlagError(`flag provided but not defined for health: -${unfit}`);
  if (switches.get("help") === true) return { kind: "help", message: usage };
  const [url, ...more] = rest;
  if (more.length > 0) throw new FlagError(`health needs one URL at most, not ${rest.length}`);
  if (url !== undefined && !/^https?:\/\//.test(url)) {
    throw new FlagError(`health: expected a URL such as http://127.0.0.1:8080, found ${JSON.stringify(url)}`);
  }
  return { kind: "health", url, configPath: values.get("config") ?? DEFAULT_CONFIG_PATH };
}

interface GivenFlags {
  readonly switches: ReadonlyMap<string, boolean>;
  readonly values: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

function toCommandLine({ switches, values, rest }: GivenFlags): CommandLine {
  const isOn = (name: string): boolean => switches.get(name) ?? false;
  if (isOn("help")) return { kind: "help", message: usage };
  const logLevel = readLogLevel(values.get("loglevel") ?? "warn");
  if (isOn("version")) return { kind: "version" };
  return {
    kind: isOn("cleanup-checkpoints") ? "cleanup" : "serve",
    configPath: values.get("config") ?? DEFAULT_CONFIG_PATH,
    dev: isOn("dev"),
    logLevel,
    logDate: isOn("logdate"),
    gops: isOn("gops"),
    ignoredArguments: rest,
  };
}

function readFlags(args: readonly string[]): GivenFlags {
  const switches = new Map<string, boolean>();
  const values = new Map<string, string>();
  let next = 0;
  while (next < args.length) {
    const argument = args[next] ?? "";
    // A lone "-" is an ordinary word to Go.
    if (!argument.startsWith("-") || argument === "-") break;
    next++;
    if (argument === "--") break;

    const { name, flag, given } = splitFlag(argument);
    if (flag.value === undefined) {
      switches.set(name, readSwitch(name, given ?? "true"));
      continue;
    }
    const value = given ?? args[next++];
    if (value === undefined) throw new FlagError(`flag needs an argument: -${name}`);
    values.set(name, value);
  }
  return { switches, values, rest: args.slice(next) };
}

function splitFlag(argument: string): { name: string; flag: Flag; given: string | undefined } {
  const [, written, given] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
  if (written === undefined) throw new FlagError(`bad flag syntax: ${argument}`);
  const name = written === "h" ? "help" : written;
  const flag = FLAGS.get(name);
  if (flag === undefined) {
    const known = Array.from(FLAGS.keys(), (key) => `-${key}`);
    throw new FlagError(`flag provided but not defined: -${name}${suggestion(`-${name}`, known)}`);
  }
  return { name, flag, given };
}

/** The words of Go's strconv.ParseBool. */
function readSwitch(name: string, value: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(value)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(value)) return false;
  throw new FlagError(`invalid boolean value ${JSON.stringify(value)} for -${name}; expected true or false`);
}

function readLogLevel(word: string): LogLevel {
  const level = logLevels.find((known) => known === word);
  if (level !== undefined) return level;
  throw new FlagError(`invalid value ${JSON.stringify(word)} for -loglevel${suggestion(word, logLevels)}`);
}
