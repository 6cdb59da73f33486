// Fewer points for the same time: what plots ask for.

import { StoreError } from "./errors.ts";

/** Shorter series are returned as they are, whatever resolution is asked for. (spec §4) */
export const MIN_POINTS_TO_RESAMPLE = 1000;

export interface Resampled {
  readonly values: Float64Array<ArrayBuffer>;
  /** Seconds between two values. */
  readonly resolution: number;
}

/**
 * Reduces `values` to `count` of them, 3 ≤ count < values.length.
 * @param width values that one of the result stands for; count × width may leave out some at the end
 */
export type Resampler = (values: Float64Array<ArrayBuffer>, count: number, width: number) => Float64Array<ArrayBuffer>;

/**
 * Downsamples from `frequency` to `resolution` seconds between values.
 * @param resolution 0, negative or not above the frequency: the values stay as they are
 * @throws StoreError `invalid-resolution` when a coarser resolution is no multiple of the frequency
 */
export function resample(
  values: Float64Array<ArrayBuffer>,
  frequency: number,
  resolution: number,
  resampler: Resampler = largestTriangleThreeBuckets,
): Resampled {
  if (resolution <= frequency) return { values, resolution: frequency };
  if (resolution % frequency !== 0) {
    throw new StoreError(
      "invalid-resolution",
      `new sampling frequency (${resolution}) must be a multiple of old frequency (${frequency})`,
    );
  }
  const width = resolution / frequency;
  const count = Math.floor(values.length / width);
  if (values.length < MIN_POINTS_TO_RESAMPLE || count === 0) return { values, resolution: frequency };
  if (count <= 2) return { values: Float64Array.of(values[0], values[values.length - 1]), resolution };
  return { values: resampler(values, count, width), resolution };
}

/**
 * Largest-Triangle-Three-Buckets as the reference computes it: the average of the next bucket takes in one point more
 * than Steinarsson's original, and a triangle whose area is NaN replaces any, so that gaps stay visible. (spec §4)
 */
export function largestTriangleThreeBuckets(
  values: Float64Array<ArrayBuffer>,
  count: number,
): Float64Array<ArrayBuffer> {
  const last = values.length - 1;
  const step = (values.length - 2) / (count - 2);
  const picked = new Float64Array(count);
  picked[0] = values[0];
  let previous = 0;
  let low = 1;
  let middle = Math.floor(step) + 1;
  for (let i = 0; i < count - 2; i++) {
    const bound = Math.floor((i + 2) * step) + 1;
    const high = bound >= last ? last - 1 : bound;
    previous = pickLargestTriangle(values, previous, low, middle, high);
    picked[i + 1] = values[previous];
    low = middle;
    middle = high;
  }
  picked[count - 1] = values[last];
  return picked;
}

/** Of the points low … middle−1 the one that spans the largest triangle with the previous pick and the average of middle … high. */
function pickLargestTriangle(
  values: Float64Array,
  previous: number,
  low: number,
  middle: number,
  high: number,
): number {
  let sumY = 0;
  for (let i = middle; i <= high; i++) sumY += values[i];
  const averageX = (middle + high) / 2;
  const averageY = sumY / (high - middle + 1);
  const deltaX = previous - averageX;
  const deltaY = averageY - values[previous];
  let best = low;
  let bestArea = -1;
  for (let i = low; i < middle; i++) {
    const area = Math.abs(deltaX * (values[i] - values[previous]) - (previous - i) * deltaY);
    // Written so that a NaN area wins over any and the last of several NaNs stays.
    if (area > bestArea || Number.isNaN(area)) {
      best = i;
      bestArea = area;
    }
  }
  return best;
}

/** The mean of each of `count` buckets, NaN left out; NaN where a bucket has nothing else. */
export function averageBuckets(
  values: Float64Array<ArrayBuffer>,
  count: number,
  width: number,
): Float64Array<ArrayBuffer> {
  const means = new Float64Array(count);
  for (let bucket = 0; bucket < count; bucket++) {
    let sum = 0;
    let samples = 0;
    for (let i = bucket * width; i < (bucket + 1) * width; i++) {
      if (Number.isNaN(values[i])) continue;
      sum += values[i];
      samples++;
    }
    means[bucket] = samples > 0 ? sum / samples : NaN;
  }
  return means;
}

/** The first value of each of `count` buckets. */
export function everyNth(values: Float64Array<ArrayBuffer>, count: number, width: number): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: count }, (_, bucket) => values[bucket * width]);
}
