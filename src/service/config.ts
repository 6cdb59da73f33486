// Loads the configuration: one JSON document with the sections main, metrics, metric-store and nats, of which
// main, metrics and nats may stand in a file of their own (`"metrics-file": "./metrics.json"`).

import type * as v from "valibot";
import type { MetricConfig } from "../core/metrics.ts";
import { MAX_METRICS } from "../core/metrics.ts";
import { defaultWorkers } from "../library/options.ts";
import type { Cluster } from "../topology/cluster.ts";
import { type ListDirectory, metricsOf, noDirectories, readClusters } from "./config-clusters.ts";
import { MISSING, parseJson, readFile, type ReadText } from "./config-file.ts";
import { type NatsConfig, natsSchema } from "./config-nats.ts";
import { atPlace, below, ConfigError, type Findings, isObject, type Place, readBySchema } from "./config-problems.ts";
import {
  type MainConfig,
  mainSchema,
  metricsSchema,
  metricStoreSchema,
  type MetricStoreConfig,
} from "./config-schema.ts";
import { describeFound } from "./config-values.ts";
import { nearestKey } from "./nearest-key.ts";

export type { ReadText } from "./config-file.ts";
export { ConfigError } from "./config-problems.ts";
export type { NatsConfig } from "./config-nats.ts";
export type { MainConfig, MetricStoreConfig } from "./config-schema.ts";

export interface LoadedConfig {
  readonly main: MainConfig;
  /** By name, in the order of the file. */
  readonly metrics: Readonly<Record<string, MetricConfig>>;
  readonly metricStore: MetricStoreConfig;
  /** `undefined` without `nats.address`. */
  readonly nats: NatsConfig;
  /** Those that are described; none without the section `clusters`. */
  readonly clusters: readonly Cluster[];
  /** What is accepted but most likely not meant; one line each, with file and path. */
  readonly warnings: readonly string[];
}

const SECTIONS = ["main", "metrics", "metric-store", "nats", "clusters"] as const;
type SectionName = (typeof SECTIONS)[number];
/** As in the reference: only names without a hyphen. */
const SECTION_FILES: ReadonlyMap<string, SectionName> = new Map([
  ["main-file", "main"],
  ["metrics-file", "metrics"],
  ["nats-file", "nats"],
]);

/** A section's JSON and where it stands. */
interface Section {
  readonly place: Place;
  readonly value: unknown;
}
type Sections = ReadonlyMap<SectionName, Section>;

/**
 * @param path of the configuration; a missing file is an empty document
 * @param readText reads it and the files that it names; their paths are taken as given
 * @param list tells what is in a directory of cluster descriptions
 * @throws ConfigError with all problems, not only the first
 */
export async function loadConfig(
  path: string,
  readText: ReadText,
  list: ListDirectory = noDirectories,
): Promise<LoadedConfig> {
  const findings: Findings = { problems: [], warnings: [] };
  const document = await readDocument(path, readText, findings);
  // Of a file that is no JSON object nothing more can be said: "main is missing" would lead astray.
  if (document === undefined) throw new ConfigError(findings);
  const sections = await collectSections(path, document, readText, findings);

  const main = requiredSection("main", mainSchema, sections, path, findings);
  const clusters = await readClusters(sections.get("clusters"), { readText, list }, findings);
  const isDescribed = clusters.length > 0 && !sections.has("metrics");
  const configured = isDescribed ? undefined : requiredSection("metrics", metricsSchema, sections, path, findings);
  const metrics = isDescribed || configured ? metricsOf(configured, clusters, path, findings) : undefined;
  const metricStore = requiredSection("metric-store", metricStoreSchema, sections, path, findings);
  const nats = readNats(sections, findings);
  checkMetricCount(metrics, path, findings);

  const incomplete = main === undefined || metrics === undefined || metricStore === undefined;
  if (incomplete || findings.problems.length > 0) throw new ConfigError(findings);
  return {
    main,
    metrics,
    metricStore,
    nats,
    clusters,
    warnings: [...findings.warnings, ...warnings(path, main, metricStore, nats)],
  };
}

/** Hosts that are checkpointed at once: as configured, or by the machine's cores as in the reference. */
export function workerCount(numWorkers: number, cores: number): number {
  return numWorkers > 0 ? numWorkers : defaultWorkers(cores);
}

async function readDocument(path: string, readText: ReadText, findings: Findings): Promise<object | undefined> {
  const text = await readFile(path, readText, findings);
  if (text === undefined) return undefined;
  if (text === MISSING) {
    // Not a warning: sections will be missing, and this is why.
    findings.problems.push(`${path}: there is no such file; it is taken for an empty document`);
    return {};
  }
  const value = parseJson(path, text, findings);
  if (value === undefined || isPlainObject(value)) return value;
  findings.problems.push(
    `${path}: expected an object with the sections ${SECTIONS.join(", ")}, found ${describeFound(value)}`,
  );
  return undefined;
}

async function collectSections(
  path: string,
  document: object,
  readText: ReadText,
  findings: Findings,
): Promise<Sections> {
  const sections = new Map<SectionName, Section>();
  const root: Place = { file: path, path: [] };
  for (const [key, value] of Object.entries(document)) {
    const name = SECTIONS.find((known) => known === key);
    const ofFile = SECTION_FILES.get(key);
    if (name !== undefined) sections.set(name, { place: below(root, name), value });
    else if (ofFile === undefined) findings.warnings.push(atPlace(root, unknownSection(key)));
    else if (Object.hasOwn(document, ofFile)) {
      findings.problems.push(atPlace(root, `give either "${ofFile}" or "${key}", not both`));
    } else sections.set(ofFile, await readSectionFile(below(root, key), value, readText, findings));
  }
  return sections;
}

/** A section whose value is `undefined` could not be read, and that has been said. */
async function readSectionFile(place: Place, file: unknown, readText: ReadText, findings: Findings): Promise<Section> {
  if (typeof file !== "string" || file === "") {
    findings.problems.push(atPlace(place, `expected a file name, found ${describeFound(file)}`));
    return { place, value: undefined };
  }
  const text = await readFile(file, readText, findings);
  if (text === MISSING) findings.problems.push(atPlace(place, `there is no file ${JSON.stringify(file)}`));
  const value = typeof text === "string" ? parseJson(file, text, findings) : undefined;
  return { place: { file, path: [] }, value };
}

function unknownSection(key: string): string {
  const nearest = nearestKey(key, [...SECTIONS, ...SECTION_FILES.keys()]);
  const question = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  return `unknown section ${JSON.stringify(key)} is ignored${question}`;
}

/** In the words of the reference, which scripts may look for. */
const MISSING_SECTION: Readonly<Record<Exclude<SectionName, "nats" | "clusters">, string>> = {
  main: "main configuration must be present",
  metrics: "missing metrics configuration",
  "metric-store": "missing metricstore configuration",
};

function requiredSection<Schema extends v.GenericSchema>(
  name: keyof typeof MISSING_SECTION,
  schema: Schema,
  sections: Sections,
  path: string,
  findings: Findings,
): v.InferOutput<Schema> | undefined {
  const section = sections.get(name);
  if (section === undefined || section.value === null) {
    findings.problems.push(`${path}: ${MISSING_SECTION[name]}`);
    return undefined;
  }
  return readSection(schema, section, findings);
}

function readSection<Schema extends v.GenericSchema>(
  schema: Schema,
  { place, value }: Section,
  findings: Findings,
): v.InferOutput<Schema> | undefined {
  if (value === undefined) return undefined;
  if (isPlainObject(value)) return readBySchema(schema, value, place, findings);
  findings.problems.push(atPlace(place, `expected an object, found ${describeFound(value)}`));
  return undefined;
}

/** Unknown keys in `nats` are but warnings: the reference accepts them, and its configurations must work. */
function readNats(sections: Sections, findings: Findings): NatsConfig {
  const section = sections.get("nats");
  if (section === undefined || section.value === null) return undefined;
  const tolerant: Findings = { ...findings, unknownKeys: findings.warnings };
  return readSection(natsSchema, section, tolerant);
}

function checkMetricCount(metrics: object | undefined, path: string, findings: Findings): void {
  const count = metrics === undefined ? 0 : Object.keys(metrics).length;
  if (count > MAX_METRICS) findings.problems.push(`${path}: metrics: expected at most ${MAX_METRICS}, found ${count}`);
}

function warnings(path: string, main: MainConfig, store: MetricStoreConfig, nats: NatsConfig): string[] {
  const lines: string[] = [];
  if (store.subscriptions.length > 0 && nats === undefined) {
    lines.push(`${path}: metric-store.nats-subscriptions: nothing is subscribed, since nats.address is not set`);
  }
  if (main.debug.gops || store.debug.gops) lines.push(`${path}: debug.gops has no effect: there is no Go runtime here`);
  return lines;
}

function isPlainObject(value: unknown): value is object {
  return isObject(value) && !Array.isArray(value);
}
