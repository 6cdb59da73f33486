// The section `clusters`: descriptions of clusters from a directory, and the metrics that they bring.

import { describe, expect, it } from "vitest";
import { ConfigError, loadConfig } from "../../src/service/config.ts";
import type { ListDirectory } from "../../src/service/config-clusters.ts";
import { testClusterJson } from "../topology/topologies.ts";
import { minimal } from "./load-config.ts";

const described = { main: {}, "metric-store": minimal["metric-store"], clusters: { directory: "archive" } };
const cluster = (name: string, timestep = 60) => ({
  name,
  metricConfig: [{ name: "power", scope: "socket", timestep, aggregation: "sum" }],
  subClusters: [],
});

/** Files by path; directories are made of their paths. */
function load(document: object, files: Record<string, unknown> = {}) {
  const all: Record<string, unknown> = { "config.json": document, ...files };
  const list: ListDirectory = async (directory) => {
    const below = Object.keys(all).filter((path) => path.startsWith(`${directory}/`));
    if (below.length === 0) throw new Error(`list ${directory}: no such directory`);
    const names = new Map(
      below.map((path) => [
        path.slice(directory.length + 1).split("/")[0],
        path.split("/").length - directory.split("/").length,
      ]),
    );
    return [...names].map(([name, depth]) => ({ name, kind: depth > 1 ? "directory" : "file" }));
  };
  const readText = async (path: string) => {
    const file = all[path];
    return typeof file === "string" || file === undefined ? file : JSON.stringify(file);
  };
  return loadConfig("config.json", readText, list);
}

async function problemsOf(...given: Parameters<typeof load>): Promise<readonly string[]> {
  const error: unknown = await load(...given).catch((reason: unknown) => reason);
  if (error instanceof ConfigError) return error.problems;
  throw new Error(`no ConfigError: ${String(error)}`);
}

describe("descriptions", () => {
  it("lie as in a job archive, or side by side", async () => {
    const files = {
      "archive/test/cluster.json": testClusterJson,
      "archive/test/1403/meta.json": {},
      "archive/other.json": cluster("other"),
      "archive/version.txt": "3",
      "archive/empty/readme.md": "",
    };
    const { clusters } = await load(described, files);
    expect(clusters.map(({ name }) => name)).toEqual(["test", "other"]);
  });

  it("bring the metrics, each at its coarsest frequency, where the configuration has none", async () => {
    const files = { "archive/a.json": cluster("a", 10), "archive/b.json": cluster("b", 30) };
    const { metrics, warnings } = await load(described, files);
    expect(metrics).toEqual({ power: { frequency: 30, aggregation: "sum" } });
    expect(warnings).toEqual(["metric power: cluster b has the timestep 30, another 10; all are stored with 30"]);
  });

  it("leave the configuration's metrics as they are, and it says what is not stored", async () => {
    const { metrics, warnings } = await load(
      { ...described, metrics: minimal.metrics },
      { "archive/a.json": cluster("a") },
    );
    expect(metrics).toEqual(minimal.metrics);
    expect(warnings).toEqual(["config.json: metrics: these of cluster a are not stored: power"]);
  });

  it("are not needed", async () => {
    expect((await load(minimal)).clusters).toEqual([]);
    const { clusters, warnings } = await load({ ...minimal, clusters: [{ name: "alex" }] });
    expect([clusters, warnings]).toEqual([
      [],
      ["config.json: clusters: a list is ignored; expected an object with the key directory"],
    ]);
  });
});

describe("a start ends, with the place, for", () => {
  const cases: [what: string, document: object, files: Record<string, unknown>, problems: string[]][] = [
    [
      "no such directory",
      described,
      {},
      [
        "config.json: clusters.directory: expected a directory that can be read: list archive: no such directory",
        "config.json: missing metrics configuration",
      ],
    ],
    [
      "a directory without descriptions",
      { ...minimal, ...described },
      { "archive/x.txt": "" },
      ['config.json: clusters.directory: expected <name>/cluster.json or <name>.json in "archive", found neither'],
    ],
    ["a file that is no JSON", { ...minimal, ...described }, { "archive/a.json": "{" }, ["archive/a.json: not JSON: "]],
    [
      "a mistake in a description",
      { ...minimal, ...described },
      { "archive/a.json": { ...cluster("a"), name: 3 } },
      ["archive/a.json: name: expected the name of the cluster, found 3"],
    ],
    [
      "the same cluster twice",
      { ...minimal, ...described },
      { "archive/a.json": cluster("a"), "archive/b.json": cluster("a") },
      ["archive/b.json: name: a is described by another file already"],
    ],
    [
      "an unknown key",
      { ...minimal, clusters: { directry: "archive" } },
      {},
      ['config.json: clusters: unknown key "directry"; did you mean "directory"?'],
    ],
    [
      "a directory that is no name",
      { ...minimal, clusters: { directory: 3 } },
      {},
      ["config.json: clusters.directory: expected a directory, found 3"],
    ],
  ];
  it.each(cases)("%s", async (_, document, files, problems) => {
    const found = await problemsOf(document, files);
    expect(found).toHaveLength(problems.length);
    for (const [index, problem] of problems.entries()) expect(found[index]).toContain(problem);
  });
});
