// The section `clusters`: where the descriptions of clusters are. It is pegel's own; cc-metric-store ignores it.

import { messageOf } from "../core/message-of.ts";
import * as v from "valibot";
import type { MetricConfig } from "../core/metrics.ts";
import type { DirectoryEntry } from "../runtime/ports.ts";
import type { Cluster } from "../topology/cluster.ts";
import { buildMetricList } from "../topology/metric-list.ts";
import { ClusterError, parseCluster } from "../topology/parse-cluster.ts";
import { MISSING, parseJson, readFile, type ReadText } from "./config-file.ts";
import { atPlace, below, type Findings, type Place, readBySchema } from "./config-problems.ts";
import { optionalText, section } from "./config-values.ts";

/** What is in a directory; rejects if there is none. */
export type ListDirectory = (path: string) => Promise<readonly DirectoryEntry[]>;

/** For who has no directories. */
export const noDirectories: ListDirectory = () => Promise.reject(new Error("there are no directories here"));

/** How files are read. */
export interface ConfigFiles {
  readonly readText: ReadText;
  readonly list: ListDirectory;
}

/** The name of a description in the directory of its cluster, as in a job archive. */
const CLUSTER_FILE = "cluster.json";

export const clustersSchema = section({
  directory: v.pipe(
    optionalText("a directory"),
    v.description(`where descriptions of clusters are: <name>/${CLUSTER_FILE}, as in a job archive, or <name>.json`),
  ),
});

/** All clusters that the section names, by the names of their files; those with mistakes are in `findings`. */
export async function readClusters(
  given: { readonly place: Place; readonly value: unknown } | undefined,
  files: ConfigFiles,
  findings: Findings,
): Promise<Cluster[]> {
  if (given === undefined || given.value === null || given.value === undefined) return [];
  if (Array.isArray(given.value)) {
    // cc-backend's section of this name, which a file that is used for both may have.
    findings.warnings.push(atPlace(given.place, "a list is ignored; expected an object with the key directory"));
    return [];
  }
  const directory = readBySchema(clustersSchema, given.value, given.place, findings)?.directory;
  if (directory === undefined) return [];
  const place = below(given.place, "directory");
  const paths = await listDescriptions(directory, place, files, findings);
  const clusters: Cluster[] = [];
  for (const path of paths) {
    const cluster = await readCluster(path, files, findings);
    const other = clusters.findIndex(({ name }) => name === cluster?.name);
    if (other !== -1)
      findings.problems.push(`${path}: name: ${clusters[other].name} is described by another file already`);
    else if (cluster !== undefined) clusters.push(cluster);
  }
  return clusters;
}

/** The metrics of the configuration; where it has none, those of the clusters. */
export function metricsOf(
  configured: Readonly<Record<string, MetricConfig>> | undefined,
  clusters: readonly Cluster[],
  path: string,
  findings: Findings,
): Readonly<Record<string, MetricConfig>> {
  if (configured === undefined) {
    const { metrics, warnings } = buildMetricList(clusters);
    findings.warnings.push(...warnings);
    return metrics;
  }
  for (const { name, metrics } of clusters) {
    const missing = [...metrics.keys()].filter((metric) => !Object.hasOwn(configured, metric));
    if (missing.length > 0) {
      findings.warnings.push(`${path}: metrics: these of cluster ${name} are not stored: ${missing.join(", ")}`);
    }
  }
  return configured;
}

async function listDescriptions(
  directory: string,
  place: Place,
  { list }: ConfigFiles,
  findings: Findings,
): Promise<string[]> {
  try {
    const paths: string[] = [];
    for (const { name, kind } of await list(directory)) {
      const path = `${directory}/${name}`;
      if (kind !== "directory" && name.endsWith(".json")) paths.push(path);
      if (kind === "file" || name.startsWith(".")) continue;
      const inner = kind === "directory" ? await list(path) : [];
      if (inner.some((entry) => entry.name === CLUSTER_FILE)) paths.push(`${path}/${CLUSTER_FILE}`);
    }
    const expected = `expected <name>/${CLUSTER_FILE} or <name>.json in ${JSON.stringify(directory)}, found neither`;
    if (paths.length === 0) findings.problems.push(atPlace(place, expected));
    return paths;
  } catch (error) {
    const reason = messageOf(error);
    findings.problems.push(atPlace(place, `expected a directory that can be read: ${reason}`));
    return [];
  }
}

async function readCluster(path: string, { readText }: ConfigFiles, findings: Findings): Promise<Cluster | undefined> {
  const text = await readFile(path, readText, findings);
  if (text === MISSING) findings.problems.push(`${path}: there is no such file any more`);
  const json = typeof text === "string" ? parseJson(path, text, findings) : undefined;
  if (json === undefined) return undefined;
  try {
    const { cluster, warnings } = parseCluster(json);
    findings.warnings.push(...warnings.map((warning) => `${path}: ${warning}`));
    return cluster;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    findings.problems.push(...error.problems.map((problem) => `${path}: ${problem}`));
    return undefined;
  }
}
