// Where a line's sample belongs: the path of its level, or why it has none. (spec §3)

import type { LineSample } from "../codec/line-protocol/grammar.ts";
import type { LevelPath } from "../core/level.ts";

export type PathOutcome = { readonly path: LevelPath } | { readonly reason: string };

/** The type that means the host itself; a type-id or subtype beside it says nothing. */
const HOST_TYPE = "node";

/** Cluster, host, type with id, subtype with id. */
const MAX_DEPTH = 4;

/** Where the journals are, beside the clusters: what a cluster of this name had written would not be found again. */
export const RESERVED_CLUSTER = ".journal";

const encoder = new TextEncoder();

/**
 * The path [cluster, host] + [type+type-id] + [subtype+subtype-id] of a line.
 * @param defaultCluster counts for a line without a cluster tag; may be empty
 * @param maxNameBytes longest name of a level, as UTF-8
 */
export function levelPathOf(line: LineSample, defaultCluster: string, maxNameBytes: number): PathOutcome {
  const cluster = line.cluster ?? defaultCluster;
  const host = line.hostname ?? "";
  const problem = directoryProblem("cluster", cluster) ?? directoryProblem("hostname", host);
  if (problem !== undefined) return { reason: problem };
  const path = [cluster, host];
  if (line.type !== undefined && line.type !== HOST_TYPE) {
    path.push(line.type + (line.typeId ?? ""));
    if (line.subtype !== undefined) path.push(line.subtype + (line.subtypeId ?? ""));
  }
  const tooLong = lengthProblem(path, maxNameBytes);
  if (tooLong !== undefined) return { reason: tooLong };
  return { path };
}

/** What is wrong with a path that did not come from a line; undefined if nothing is. */
export function pathProblem(path: LevelPath, maxNameBytes: number): string | undefined {
  const [cluster = "", host = ""] = path;
  if (path.length > MAX_DEPTH) return `level: expected at most ${MAX_DEPTH} names, found ${path.length}`;
  if (path.slice(2).includes("")) return "level: expected names, found an empty one";
  return (
    directoryProblem("cluster", cluster) ?? directoryProblem("hostname", host) ?? lengthProblem(path, maxNameBytes)
  );
}

function lengthProblem(path: LevelPath, maxNameBytes: number): string | undefined {
  const long = path.find((name) => isLonger(name, maxNameBytes));
  return long === undefined ? undefined : `name longer than ${maxNameBytes} bytes: "${long.slice(0, 40)}…"`;
}

/** Clusters and hosts are directories on disk: their names must be those of one directory below the root. */
function directoryProblem(tag: "cluster" | "hostname", name: string): string | undefined {
  if (name === "") {
    return tag === "cluster"
      ? "no cluster: expected a tag cluster=… or a default cluster"
      : "no host: expected a tag hostname=…";
  }
  if (name === "." || name.includes("..") || name.includes("/") || name.includes("\\") || name.includes("\0")) {
    return `${tag} ${JSON.stringify(name)}: expected a name without "/", "\\" and "..", other than "."`;
  }
  if (tag === "cluster" && name === RESERVED_CLUSTER) return `cluster "${name}": the store has its own files there`;
  return undefined;
}

function isLonger(name: string, maxBytes: number): boolean {
  // Three bytes a UTF-16 unit at most: short names need no encoding.
  return name.length * 3 > maxBytes && encoder.encode(name).length > maxBytes;
}
