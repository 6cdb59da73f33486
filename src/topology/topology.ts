// What a node is made of, and which hardware threads belong together. (spec §6, "Cluster description")

/** The hardware threads of a node in groups: its sockets, cores, memory domains or dies. A group's id is its index. */
export class Grouping {
  /** Ids of the hardware threads of each group. */
  readonly groups: readonly (readonly number[])[];
  /** Groups of a thread: one, but descriptions written by hand may have it in two. */
  readonly #groupsOf: ReadonlyMap<number, readonly number[]>;

  constructor(groups: readonly (readonly number[])[]) {
    this.groups = groups;
    this.#groupsOf = invert(groups);
  }

  has(thread: number): boolean {
    return this.#groupsOf.has(thread);
  }

  /** Ids of the groups that have one of these threads, ascending; threads in no group are left out. */
  touchedBy(threads: readonly number[]): number[] {
    const touched = new Set(threads.flatMap((thread) => this.#groupsOf.get(thread) ?? []));
    return [...touched].toSorted((a, b) => a - b);
  }
}

function invert(groups: readonly (readonly number[])[]): ReadonlyMap<number, readonly number[]> {
  const groupsOf = new Map<number, number[]>();
  for (const [group, threads] of groups.entries()) {
    for (const thread of threads) {
      const known = groupsOf.get(thread);
      if (known === undefined) groupsOf.set(thread, [group]);
      else known.push(group);
    }
  }
  return groupsOf;
}

/** An accelerator; its id is its PCI address, such as `00000000:3F:00.0`. */
export interface Accelerator {
  readonly id: string;
  readonly type: string;
  readonly model: string;
}

/** The parts of a node, as ids of hardware threads. */
export interface TopologyParts {
  /** All hardware threads, in the order of the description. */
  readonly node: readonly number[];
  readonly socket: readonly (readonly number[])[];
  readonly memoryDomain?: readonly (readonly number[])[];
  readonly core?: readonly (readonly number[])[];
  readonly die?: readonly (readonly number[])[];
  readonly accelerators?: readonly Accelerator[];
}

/** The topology of the nodes of a subcluster, which are all alike. */
export class Topology {
  readonly hwthreads: readonly number[];
  readonly sockets: Grouping;
  readonly memoryDomains: Grouping;
  readonly cores: Grouping;
  readonly dies: Grouping;
  readonly accelerators: readonly Accelerator[];
  readonly acceleratorIds: readonly string[];
  readonly #hwthreads: ReadonlySet<number>;

  constructor({ node, socket, memoryDomain = [], core = [], die = [], accelerators = [] }: TopologyParts) {
    this.hwthreads = node;
    this.sockets = new Grouping(socket);
    this.memoryDomains = new Grouping(memoryDomain);
    this.cores = new Grouping(core);
    this.dies = new Grouping(die);
    this.accelerators = accelerators;
    this.acceleratorIds = accelerators.map(({ id }) => id);
    this.#hwthreads = new Set(node);
  }

  /** How the hardware threads are grouped in a scope that groups them. */
  groupingOf(scope: "core" | "memoryDomain" | "socket"): Grouping {
    if (scope === "core") return this.cores;
    return scope === "socket" ? this.sockets : this.memoryDomains;
  }

  /** Whether a node has this hardware thread: it is listed as one, or stands in one of the groups. */
  hasThread(thread: number): boolean {
    return this.#hwthreads.has(thread) || this.cores.has(thread) || this.sockets.has(thread);
  }
}
