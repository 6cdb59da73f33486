// The tree of levels: cluster → host → socket, core, hwthread, memoryDomain, accelerator → subtype. The tree is for
// queries; ingest walks it once per series and then knows the series' number.

/** The names from the root down to a level: [cluster, host, type+id, subtype+id]; empty = the root. */
export type LevelPath = readonly string[];

/** One step of a selector: the exact name of a child, or a group of names. */
export type SelectorElement = string | readonly string[];

/** Chooses levels: like a path, but a step may be a group. A level chosen stands for its whole subtree. */
export type Selector = readonly SelectorElement[];

const NO_CHILDREN: ReadonlyMap<string, Level> = new Map();
const NO_SERIES: ReadonlyMap<number, number> = new Map();

/** A node of the tree: may hold series of its own, children, or both. */
export class Level {
  readonly name: string;
  readonly parent: Level | undefined;
  // Most levels are leaves and some have no series: an empty Map for each would cost more than their samples' headers.
  #children: Map<string, Level> | undefined;
  #series: Map<number, number> | undefined;

  constructor(name: string, parent: Level | undefined) {
    this.name = name;
    this.parent = parent;
  }

  /** Children by name, in the order of their creation. */
  get children(): ReadonlyMap<string, Level> {
    return this.#children ?? NO_CHILDREN;
  }

  /** Series numbers by index of the metric. */
  get series(): ReadonlyMap<number, number> {
    return this.#series ?? NO_SERIES;
  }

  get isEmpty(): boolean {
    return this.children.size === 0 && this.series.size === 0;
  }

  /** The child of this name, made when it does not exist. */
  childOrNew(name: string): Level {
    this.#children ??= new Map();
    let child = this.#children.get(name);
    if (child === undefined) {
      child = new Level(name, this);
      this.#children.set(name, child);
    }
    return child;
  }

  removeChild(name: string): void {
    this.#children?.delete(name);
  }

  setSeries(metricIndex: number, series: number): void {
    this.#series ??= new Map();
    this.#series.set(metricIndex, series);
  }

  removeSeries(metricIndex: number): void {
    this.#series?.delete(metricIndex);
  }

  /** The level at the end of `path` below this one, or undefined. */
  find(path: LevelPath): Level | undefined {
    return path.reduce<Level | undefined>((level, name) => level?.children.get(name), this);
  }

  /** The names from the root to this level. */
  path(): string[] {
    return this.parent === undefined ? [] : [...this.parent.path(), this.name];
  }
}

/** Visits a level and all below it, parents first. */
export function visitLevels(level: Level, visit: (level: Level) => void): void {
  visit(level);
  for (const child of level.children.values()) visitLevels(child, visit);
}

/**
 * The series of one metric that a selector stands for: of each chosen level its own series, or, where it has none with
 * samples, those of its subtree. In the order of the groups' names; a name given twice counts twice.
 * @param hasSamples tells whether a series holds any buffer
 */
export function selectSeries(
  root: Level,
  selector: Selector,
  metricIndex: number,
  hasSamples: (series: number) => boolean,
): number[] {
  const selected: number[] = [];
  const gather = (level: Level): void => {
    const own = level.series.get(metricIndex);
    if (own !== undefined && hasSamples(own)) selected.push(own);
    else for (const child of level.children.values()) gather(child);
  };
  const descend = (level: Level | undefined, depth: number): void => {
    if (level === undefined) return;
    const element = selector[depth];
    if (element === undefined) gather(level);
    else if (typeof element === "string") descend(level.children.get(element), depth + 1);
    else for (const name of element) descend(level.children.get(name), depth + 1);
  };
  descend(root, 0);
  return selected;
}
