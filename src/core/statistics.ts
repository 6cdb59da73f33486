// Mean, minimum and maximum over the values that are there.

export interface Statistics {
  /** Values that are not NaN. */
  readonly samples: number;
  /** NaN, like min and max, when there are no samples. */
  readonly avg: number;
  readonly min: number;
  readonly max: number;
}

/** Statistics over all values that are not NaN; sums in float64. (seed: stats.go) */
export function statisticsOf(values: Float64Array): Statistics {
  let samples = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isNaN(value)) continue;
    samples++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (samples === 0) return { samples, avg: NaN, min: NaN, max: NaN };
  return { samples, avg: sum / samples, min, max };
}
