// Every native scope to every requested scope, on topologies with something special. (spec §6, the table)

import { describe, expect, it } from "vitest";
import { buildScopeQueries, type HostPart, type ScopeQuery } from "../../src/query/scope-queries.ts";
import { SCOPES, type Scope } from "../../src/topology/scope.ts";
import { GPUS, topologies } from "../topology/topologies.ts";

type Name = keyof typeof topologies;

/** A part of a host; all of it, unless it says otherwise. */
function partOf(name: Name, part: Partial<HostPart> = {}): HostPart {
  const topology = topologies[name];
  return { topology, hwthreads: topology.hwthreads, accelerators: topology.acceleratorIds, ...part };
}

/** Short for a query: `socket 1 = hwthread 2+3`, `core = core 0,1`, `node`. */
function shortOf({ scope, isAggregated, type, typeIds, resultIds }: ScopeQuery): string {
  if (type === "node") return "node";
  const results = resultIds.length === 0 ? scope : `${scope} ${resultIds.join(",")}`;
  return `${results} = ${type} ${typeIds.join(isAggregated ? "+" : ",")}`;
}

function short(native: Scope, requested: Scope, part: HostPart): string[] | undefined {
  return buildScopeQueries(native, requested, part)?.map(shortOf);
}

/** The table: for each native scope, what each requested scope gives; undefined = unsupported. */
type Table = Record<Scope, Record<Scope, string[] | undefined>>;

const UNEVEN: Table = {
  accelerator: { accelerator: [], hwthread: [], core: [], memoryDomain: [], socket: [], node: [] },
  hwthread: {
    accelerator: ["hwthread 0,1,2,3,4,5 = hwthread 0,1,2,3,4,5"],
    hwthread: ["hwthread 0,1,2,3,4,5 = hwthread 0,1,2,3,4,5"],
    core: [0, 1, 2, 3, 4, 5].map((core) => `core ${core} = hwthread ${core}`),
    memoryDomain: undefined,
    socket: ["socket 0 = hwthread 0+1", "socket 1 = hwthread 2+3+4+5"],
    node: ["node = hwthread 0+1+2+3+4+5"],
  },
  core: {
    accelerator: ["core 0,1,2,3,4,5 = core 0,1,2,3,4,5"],
    hwthread: ["core 0,1,2,3,4,5 = core 0,1,2,3,4,5"],
    core: ["core 0,1,2,3,4,5 = core 0,1,2,3,4,5"],
    memoryDomain: undefined,
    socket: ["socket 0 = core 0+1", "socket 1 = core 2+3+4+5"],
    node: ["node = core 0+1+2+3+4+5"],
  },
  memoryDomain: {
    accelerator: ["memoryDomain 0,1,2 = memoryDomain 0,1,2"],
    hwthread: ["memoryDomain 0,1,2 = memoryDomain 0,1,2"],
    core: ["memoryDomain 0,1,2 = memoryDomain 0,1,2"],
    memoryDomain: ["memoryDomain 0,1,2 = memoryDomain 0,1,2"],
    socket: ["socket 0 = memoryDomain 0", "socket 1 = memoryDomain 1+2"],
    node: ["node = memoryDomain 0+1+2"],
  },
  socket: {
    accelerator: ["socket 0,1 = socket 0,1"],
    hwthread: ["socket 0,1 = socket 0,1"],
    core: ["socket 0,1 = socket 0,1"],
    memoryDomain: ["socket 0,1 = socket 0,1"],
    socket: ["socket 0,1 = socket 0,1"],
    node: ["node = socket 0+1"],
  },
  node: {
    accelerator: ["node"],
    hwthread: ["node"],
    core: ["node"],
    memoryDomain: ["node"],
    socket: ["node"],
    node: ["node"],
  },
};

const SMT: Table = {
  ...UNEVEN,
  hwthread: {
    accelerator: ["hwthread 0,1,2,3,4,5,6,7 = hwthread 0,1,2,3,4,5,6,7"],
    hwthread: ["hwthread 0,1,2,3,4,5,6,7 = hwthread 0,1,2,3,4,5,6,7"],
    core: ["core 0 = hwthread 0+4", "core 1 = hwthread 1+5", "core 2 = hwthread 2+6", "core 3 = hwthread 3+7"],
    memoryDomain: undefined,
    socket: ["socket 0 = hwthread 0+1+4+5", "socket 1 = hwthread 2+3+6+7"],
    node: ["node = hwthread 0+1+2+3+4+5+6+7"],
  },
  core: {
    accelerator: ["core 0,1,2,3 = core 0,1,2,3"],
    hwthread: ["core 0,1,2,3 = core 0,1,2,3"],
    core: ["core 0,1,2,3 = core 0,1,2,3"],
    memoryDomain: undefined,
    socket: ["socket 0 = core 0+1", "socket 1 = core 2+3"],
    node: ["node = core 0+1+2+3"],
  },
  memoryDomain: {
    accelerator: ["memoryDomain 0,1 = memoryDomain 0,1"],
    hwthread: ["memoryDomain 0,1 = memoryDomain 0,1"],
    core: ["memoryDomain 0,1 = memoryDomain 0,1"],
    memoryDomain: ["memoryDomain 0,1 = memoryDomain 0,1"],
    socket: ["socket 0 = memoryDomain 0", "socket 1 = memoryDomain 1"],
    node: ["node = memoryDomain 0+1"],
  },
};

const GPU_ROW = { hwthread: [], core: [], memoryDomain: [], socket: [] };

const tables: [name: Name, table: Partial<Table>][] = [
  ["uneven", UNEVEN],
  ["smt", SMT],
  [
    "gpu",
    {
      accelerator: {
        accelerator: [`accelerator ${GPUS.join(",")} = accelerator ${GPUS.join(",")}`],
        ...GPU_ROW,
        node: [`node = accelerator ${GPUS.join("+")}`],
      },
      socket: Object.fromEntries(
        SCOPES.map((scope) => [scope, scope === "node" ? ["node = socket 0"] : ["socket 0 = socket 0"]]),
      ) as Table[Scope],
    },
  ],
];

const cells = tables.flatMap(([name, table]) =>
  Object.entries(table).flatMap(([native, row]) =>
    SCOPES.map((requested) => ({ name, native: native as Scope, requested, expected: row[requested] })),
  ),
);

describe("of a whole host", () => {
  it.each(cells)("$name: $native → $requested", ({ name, native, requested, expected }) => {
    expect(short(native, requested, partOf(name))).toEqual(expected);
  });
});

describe("of a part of a host", () => {
  const cases: {
    what: string;
    name: Name;
    native: Scope;
    requested: Scope;
    part: Partial<HostPart>;
    queries: string[];
  }[] = [
    {
      what: "its hardware threads",
      name: "smt",
      native: "hwthread",
      requested: "hwthread",
      part: { hwthreads: [6, 1] },
      queries: ["hwthread 6,1 = hwthread 6,1"],
    },
    {
      what: "its hardware threads as one",
      name: "smt",
      native: "hwthread",
      requested: "node",
      part: { hwthreads: [6, 1] },
      queries: ["node = hwthread 6+1"],
    },
    {
      what: "the cores that it touches, with all their threads",
      name: "smt",
      native: "hwthread",
      requested: "core",
      part: { hwthreads: [6, 1] },
      queries: ["core 1 = hwthread 1+5", "core 2 = hwthread 2+6"],
    },
    {
      what: "the sockets that it touches, with all their threads",
      name: "uneven",
      native: "hwthread",
      requested: "socket",
      part: { hwthreads: [4] },
      queries: ["socket 1 = hwthread 2+3+4+5"],
    },
    {
      what: "the cores that it touches",
      name: "smt",
      native: "core",
      requested: "core",
      part: { hwthreads: [4, 0, 3] },
      queries: ["core 0,3 = core 0,3"],
    },
    {
      what: "all cores of its socket",
      name: "smt",
      native: "core",
      requested: "socket",
      part: { hwthreads: [7] },
      queries: ["socket 1 = core 2+3"],
    },
    {
      what: "the cores that it touches as one",
      name: "smt",
      native: "core",
      requested: "node",
      part: { hwthreads: [7, 3, 0] },
      queries: ["node = core 0+3"],
    },
    {
      what: "its memory domains",
      name: "uneven",
      native: "memoryDomain",
      requested: "memoryDomain",
      part: { hwthreads: [2, 5] },
      queries: ["memoryDomain 1,2 = memoryDomain 1,2"],
    },
    {
      what: "all memory domains of its socket",
      name: "uneven",
      native: "memoryDomain",
      requested: "socket",
      part: { hwthreads: [2] },
      queries: ["socket 1 = memoryDomain 1+2"],
    },
    {
      what: "its memory domains as one",
      name: "uneven",
      native: "memoryDomain",
      requested: "node",
      part: { hwthreads: [2, 0] },
      queries: ["node = memoryDomain 0+1"],
    },
    {
      what: "its socket",
      name: "uneven",
      native: "socket",
      requested: "core",
      part: { hwthreads: [2] },
      queries: ["socket 1 = socket 1"],
    },
    {
      what: "its accelerators",
      name: "gpu",
      native: "accelerator",
      requested: "accelerator",
      part: { accelerators: GPUS.slice(6) },
      queries: [`accelerator ${GPUS[6]},${GPUS[7]} = accelerator ${GPUS[6]},${GPUS[7]}`],
    },
    {
      what: "its accelerators as one",
      name: "gpu",
      native: "accelerator",
      requested: "node",
      part: { accelerators: GPUS.slice(6) },
      queries: [`node = accelerator ${GPUS[6]}+${GPUS[7]}`],
    },
    {
      what: "nothing, without accelerators",
      name: "gpu",
      native: "accelerator",
      requested: "node",
      part: { accelerators: [] },
      queries: [],
    },
    {
      what: "nothing, without hardware threads",
      name: "smt",
      native: "hwthread",
      requested: "socket",
      part: { hwthreads: [] },
      queries: [],
    },
  ];
  it.each(cases)("$native → $requested: $what", ({ name, native, requested, part, queries }) => {
    expect(short(native, requested, partOf(name, part))).toEqual(queries);
  });
});
