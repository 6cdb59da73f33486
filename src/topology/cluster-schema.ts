// The schema of ClusterCockpit's cluster.json, as far as a metric store needs it: what else stands in those files
// (peaks, alerts, flop rates …) is nobody's business here and may be anything. (spec §6, "Cluster description")

import * as v from "valibot";
import { HostListError, parseHostList } from "./host-list.ts";
import { SCOPES } from "./scope.ts";

const MAX_SHOWN_CHARS = 60;

function expected(what: string) {
  return (issue: { readonly input: unknown }): string => `expected ${what}, found ${describe(issue.input)}`;
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
}

/** An object; of a member that is missing the error says what it should have been. A list has no members at all. */
function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.object(entries, (issue) => {
    const key = issue.path?.at(-1)?.key;
    const isMissing = typeof key === "string" && Object.hasOwn(entries, key) && issue.expected === `"${key}"`;
    return isMissing ? missingMessage(entries[key]) : expected("an object")(issue);
  });
}

function missingMessage(member: v.GenericSchema): string {
  const { issues } = v.safeParse(member, undefined);
  return issues?.[0].message ?? "expected a value, found nothing";
}

const name = (what: string) => v.pipe(v.string(expected(what)), v.nonEmpty(expected(what)));

const hwthread = v.pipe(
  v.number(expected("the number of a hardware thread")),
  v.safeInteger(expected("the number of a hardware thread")),
  v.minValue(0, expected("the number of a hardware thread")),
);
const threads = v.array(hwthread, expected("a list of hardware threads"));
const groups = v.array(threads, expected("a list of lists of hardware threads"));
/** Go writes a missing list as null. */
const optionalGroups = v.nullish(groups, []);

const accelerator = v.pipe(
  object({ id: name("an id such as 00000000:3F:00.0"), type: v.optional(v.unknown()), model: v.optional(v.unknown()) }),
  v.transform(({ id, type, model }) => ({ id, type: textOf(type), model: textOf(model) })),
);

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const topology = object({
  node: threads,
  socket: groups,
  memoryDomain: optionalGroups,
  core: optionalGroups,
  die: optionalGroups,
  accelerators: v.nullish(v.array(accelerator, expected("a list of accelerators")), []),
});

/** `*` stands for every host that no other subcluster has. */
const hosts = v.pipe(
  v.nullish(v.string(expected("a host list such as node[001-100,205]")), ""),
  v.rawTransform<string, readonly string[] | "all">(({ dataset, addIssue, NEVER }) => {
    if (dataset.value.trim() === "*") return "all";
    try {
      return parseHostList(dataset.value);
    } catch (error) {
      if (!(error instanceof HostListError)) throw error;
      addIssue({ message: error.message });
      return NEVER;
    }
  }),
);

const subCluster = object({ name: name("the name of a subcluster"), nodes: hosts, topology });

const aggregation = v.pipe(
  v.nullish(v.picklist(["sum", "avg", ""], expected('"sum", "avg" or nothing')), ""),
  v.transform((word) => (word === "sum" || word === "avg" ? word : null)),
);

const unit = v.pipe(
  v.nullish(
    object({
      base: v.nullish(v.string(expected("a unit such as B/s"))),
      prefix: v.nullish(v.string(expected("a prefix such as G"))),
    }),
    {},
  ),
  v.transform(({ base, prefix }) => ({ base: base ?? "", ...(prefix && { prefix }) })),
);

const metric = object({
  name: name("the name of a metric"),
  unit,
  scope: v.picklist(SCOPES, expected(`one of ${SCOPES.join(", ")}`)),
  aggregation,
  timestep: v.pipe(
    v.number(expected("a positive whole number of seconds")),
    v.safeInteger(expected("a positive whole number of seconds")),
    v.minValue(1, expected("a positive whole number of seconds")),
  ),
  subClusters: v.nullish(
    v.array(
      object({ name: name("the name of a subcluster"), remove: v.nullish(v.boolean(expected("true or false"))) }),
      expected("a list of subclusters"),
    ),
    [],
  ),
});

export const clusterSchema = object({
  name: name("the name of the cluster"),
  metricConfig: v.array(metric, expected("a list of metrics")),
  subClusters: v.array(subCluster, expected("a list of subclusters")),
});

export type ClusterJson = v.InferOutput<typeof clusterSchema>;
