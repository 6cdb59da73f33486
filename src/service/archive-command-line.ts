// The arguments of `pegel archive`: what to do, the archive's directory, and for an export what of it.

import { pathOfSelector } from "../codec/parquet/level-scope.ts";
import { suggestion } from "./nearest-key.ts";

export type ArchiveCommand =
  | { readonly kind: "archive"; readonly action: "ls" | "verify"; readonly directory: string }
  | ExportCommand;

/** Times in Unix seconds, `to` is exclusive; what is absent is not restricted. */
export interface ExportCommand {
  readonly kind: "archive";
  readonly action: "export";
  readonly directory: string;
  /** May be absent where the archive has just one. */
  readonly cluster: string | undefined;
  readonly hosts: readonly string[];
  readonly metrics: readonly string[];
  /** Names of the levels below the host. */
  readonly level: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly format: "csv" | "parquet";
  /** A path; absent for stdout. */
  readonly output: string | undefined;
}

/** What is wrong with the arguments. */
export interface ArchiveCommandProblem {
  readonly kind: "problem";
  readonly message: string;
}

const ACTIONS = ["ls", "verify", "export"] as const;

const EXPORT_FLAGS: Readonly<Record<string, string>> = {
  cluster: "NAME    cluster; needed where the archive has more than one",
  host: "NAME       host; may be given more than once (default all)",
  metric: "NAME     metric; may be given more than once (default all)",
  level: "PATH      level below the host and all below it, as in the column selector: socket0/memctrl1",
  from: "TIME       first time: Unix seconds, or a date as 2026-11-25 or 2026-11-25T12:00:00Z",
  to: "TIME         time to stop before",
  format: "FORMAT   csv (default) or parquet",
  output: "FILE     where to write (default stdout; parquet needs a file)",
};

export const archiveUsage = [
  "Usage: pegel archive ls DIR                print the files of an archive",
  "       pegel archive verify DIR            read and check all files; exit 1 and list what is wrong",
  "       pegel archive export [flags] DIR    print samples",
  "",
  ...Object.entries(EXPORT_FLAGS).map(([name, about]) => `  -${name} ${about}`),
].join("\n");

/** @param args what follows `archive` */
export function parseArchiveCommand(args: readonly string[]): ArchiveCommand | ArchiveCommandProblem | "help" {
  const [word, ...rest] = args;
  if (word === undefined) return problem(`archive needs one of ${ACTIONS.join(", ")}`);
  if (isHelp(word) || rest.some(isHelp)) return "help";
  const action = ACTIONS.find((known) => known === word);
  if (action === undefined) return problem(`archive ${word}: no such command${suggestion(word, ACTIONS)}`);
  const read = readFlags(rest);
  if ("message" in read) return read;
  const { flags, words } = read;
  const [directory, ...more] = words;
  if (directory === undefined || directory === "" || more.length > 0) {
    return problem(`archive ${action} needs one directory${more.length > 0 ? `, not ${more.length + 1}` : ""}`);
  }
  if (action === "export") return toExport(directory, flags);
  const [flag] = flags.keys();
  return flag === undefined
    ? { kind: "archive", action, directory }
    : problem(`archive ${action} has no flag -${flag}`);
}

const isHelp = (word: string): boolean => /^--?(h|help)$/.test(word);

type Flags = ReadonlyMap<string, readonly string[]>;

function readFlags(args: readonly string[]): { flags: Flags; words: readonly string[] } | ArchiveCommandProblem {
  const flags = new Map<string, string[]>();
  const words: string[] = [];
  for (let next = 0; next < args.length;) {
    const argument = args[next++];
    if (argument === "--") {
      words.push(...args.slice(next));
      break;
    }
    const [, name, given] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined) {
      words.push(argument);
      continue;
    }
    if (!Object.hasOwn(EXPORT_FLAGS, name)) {
      const known = Object.keys(EXPORT_FLAGS).map((key) => `-${key}`);
      return problem(`flag provided but not defined for archive: -${name}${suggestion(`-${name}`, known)}`);
    }
    const value = given ?? args[next++];
    if (value === undefined) return problem(`flag needs an argument: -${name}`);
    flags.set(name, [...(flags.get(name) ?? []), value]);
  }
  return { flags, words };
}

function toExport(directory: string, flags: Flags): ArchiveCommand | ArchiveCommandProblem {
  const last = (name: string): string | undefined => flags.get(name)?.at(-1);
  const format = last("format") ?? "csv";
  if (format !== "csv" && format !== "parquet") return problem(`-format: expected csv or parquet, found ${format}`);
  const output = last("output");
  if (format === "parquet" && output === undefined) return problem("-format parquet needs -output FILE");
  const from = timeOf(last("from"), -Infinity);
  const to = timeOf(last("to"), Infinity);
  for (const [name, time] of Object.entries({ from, to })) {
    if (Number.isNaN(time)) return problem(`-${name}: expected Unix seconds or a date, found ${last(name) ?? ""}`);
  }
  if (from >= to) return problem("-from: expected a time before -to");
  return {
    kind: "archive",
    action: "export",
    directory,
    cluster: last("cluster"),
    hosts: flags.get("host") ?? [],
    metrics: flags.get("metric") ?? [],
    level: pathOfSelector(last("level") ?? ""),
    from,
    to,
    format,
    output,
  };
}

/** NaN if it is no time. A date without a zone is UTC. */
function timeOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return NaN;
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T");
  return Date.parse(hasZone ? text : `${text}Z`) / 1000;
}

function problem(message: string): ArchiveCommandProblem {
  return { kind: "problem", message };
}
