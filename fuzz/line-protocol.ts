// Ingest, with its kernel and its pieces, against the model: the same report, the same store.
import { MetricStore } from "../src/core/store.ts";
import { Ingest } from "../src/ingest/ingest.ts";
import type { IngestLimits } from "../src/ingest/ingest-options.ts";
import { modelBatch, type ModelSample } from "./line-model.ts";
import { lineBody, NOW, RETENTION_SECONDS } from "./lines.ts";
import { cut } from "./mutate.ts";
import type { Random } from "./random.ts";
import { expectSame, showPieces, type Target } from "./target.ts";

export interface LineInput {
  readonly limits: IngestLimits & { readonly seriesCount: number };
  readonly steps: readonly (BatchStep | FreeStep)[];
}

interface BatchStep {
  readonly defaultCluster: string;
  readonly pieces: readonly Uint8Array[];
}

/** Series go, and their numbers are given to others. */
interface FreeStep {
  readonly freePath: readonly string[];
  readonly to: number;
}

const METRICS = {
  cpu_load: { frequency: 60, aggregation: "avg" },
  flops_any: { frequency: 10, aggregation: "sum" },
  clock: { frequency: 1, aggregation: null },
} as const;

/** Lines with shorter heads go through the kernel, which knows of no limit. */
const MIN_LINE_LENGTH_BYTES = 4096;

const PATHS = [[], ["alex"], ["alex", "a1"], ["alex", "a2"], ["alex", "a1", "socket0"], ["none"]];

export const lineProtocolTarget: Target<LineInput> = {
  name: "line-protocol",

  generate(random) {
    const steps = random.list(1, random.pick([1, 3, 8]), () =>
      random.oneIn(6) ? freeStep(random) : batchStep(random),
    );
    return { limits: limitsOf(random), steps };
  },

  async check({ limits, steps }) {
    const [store, model] = [newStore(limits.seriesCount), newStore(limits.seriesCount)];
    const ingest = new Ingest({ store, limits, retentionSeconds: RETENTION_SECONDS, now: () => NOW + 0.5 });
    for (const [index, step] of steps.entries()) {
      if ("freePath" in step) {
        expectSame(
          `step ${index}, buffers freed`,
          store.free(step.freePath, step.to),
          model.free(step.freePath, step.to),
        );
        continue;
      }
      const batch = ingest.begin(step.defaultCluster);
      for (const piece of step.pieces) batch.add(piece);
      const options = {
        store: model,
        limits,
        now: NOW,
        retentionSeconds: RETENTION_SECONDS,
        defaultCluster: step.defaultCluster,
      };
      const { report, samples } = modelBatch(Buffer.concat(step.pieces), options);
      expectSame(`step ${index}, report`, await batch.finish(), report);
      for (const sample of samples) expectSameValue(store, model, sample);
      expectSame(`step ${index}, tree`, treeOf(store), treeOf(model));
    }
  },

  show: ({ limits, steps }) => JSON.stringify({ limits, steps: steps.map(showStep) }, undefined, 2),
};

function batchStep(random: Random): BatchStep {
  const defaultCluster = random.pick(["", "alex", "alex", "fritz", "a/b", "\u00e4"]);
  return { defaultCluster, pieces: cut(random, lineBody(random)) };
}

function freeStep(random: Random): FreeStep {
  return { freePath: random.pick(PATHS), to: NOW + random.pick([-RETENTION_SECONDS, -60, 60, 1e10]) };
}

/** Small limits are met often, large ones leave the rest of the code its turn. */
function limitsOf(random: Random): LineInput["limits"] {
  return {
    nameLengthBytes: random.pick([8, 255, 255]),
    lineLengthBytes: random.pick([MIN_LINE_LENGTH_BYTES, 65_536]),
    rejectionsListed: random.pick([0, 2, 20]),
    contexts: random.pick([0, 1, 64]),
    ignoredKeys: random.pick([0, 1, 1000]),
    seriesCount: random.pick([2, 1000, 1000]),
  };
}

function newStore(maxSeries: number): MetricStore {
  return new MetricStore({ metrics: METRICS, maxSeries });
}

function expectSameValue(store: MetricStore, model: MetricStore, { path, metric, timestamp }: ModelSample): void {
  // The frequency of the slowest metric: at least one slot.
  const read = (from: MetricStore): unknown => from.read(path, metric, timestamp, timestamp + 60);
  expectSame(`${metric} of ${path.join("/")} at ${timestamp}`, read(store), read(model));
}

function treeOf(store: MetricStore): string {
  return [...store.debugDump([])].join("");
}

function showStep(step: BatchStep | FreeStep): object {
  return "freePath" in step ? step : { defaultCluster: step.defaultCluster, ...showPieces(step.pieces) };
}
