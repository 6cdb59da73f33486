// The tree as JSON text, for people who look into a running store. (spec §2, GET /api/debug)

import type { BufferPool } from "./buffer-pool.ts";
import { chainOf, sealHead, tidy } from "./chain.ts";
import type { Level } from "./level.ts";
import type { MetricTable } from "./metrics.ts";
import type { SeriesTable } from "./series.ts";

/** What the dump reads. */
export interface DumpSource {
  readonly table: SeriesTable;
  readonly pool: BufferPool;
  readonly metrics: MetricTable;
}

/**
 * The members of a level as JSON: per metric its buffers, oldest first (`end` = start + len × frequency, seconds), then
 * the children. Piece by piece, so that the caller can write and pause between levels.
 */
export function* dumpLevel(source: DumpSource, level: Level, depth = 1): Generator<string> {
  const indent = "\t".repeat(depth);
  let separator = "";
  for (const [metricIndex, series] of level.series) {
    const { name } = source.metrics.byIndex[metricIndex];
    yield `${separator}${indent}${JSON.stringify(name)}:[${dumpBuffers(source, series)}]`;
    separator = ",\n";
  }
  for (const child of level.children.values()) {
    yield `${separator}${indent}${JSON.stringify(child.name)}:{\n`;
    yield* dumpLevel(source, child, depth + 1);
    yield `${indent}}`;
    separator = ",\n";
  }
  if (separator !== "") yield "\n";
}

function dumpBuffers({ table, pool }: DumpSource, series: number): string {
  tidy(table, pool, series);
  sealHead(table, pool, series);
  return chainOf(table, pool, series)
    .map((buffer) => {
      const start = pool.start[buffer];
      const length = pool.length[buffer];
      return `{"start":${start},"len":${length},"end":${start + length * table.frequency[series]}}`;
    })
    .join(",");
}
