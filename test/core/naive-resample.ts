// Resampling, transcribed from the sentences of the specification without a thought for speed. (spec §4, Resolution)

/** @returns the values and the seconds between them, or undefined where the specification wants an error */
export function naiveResample(
  values: readonly number[],
  frequency: number,
  resolution: number,
): { values: number[]; resolution: number } | undefined {
  const native = { values: [...values], resolution: frequency };
  if (resolution <= frequency) return native;
  if (resolution % frequency !== 0) return undefined;
  if (values.length < 1000) return native;
  const m = Math.floor(values.length / (resolution / frequency));
  if (m === 0) return native;
  if (m <= 2) return { values: [values[0], values[values.length - 1]], resolution };
  return { values: naiveLttb(values, m), resolution };
}

/** "s = (n−2)/(m−2), low = 1, mid = floor(s)+1; for i = 0 … m−3: …" */
export function naiveLttb(values: readonly number[], m: number): number[] {
  const n = values.length;
  const s = (n - 2) / (m - 2);
  const picked = [0];
  let low = 1;
  let mid = Math.floor(s) + 1;
  for (let i = 0; i <= m - 3; i++) {
    let high = Math.floor((i + 2) * s) + 1;
    if (high >= n - 1) high = n - 2;
    const next = range(mid, high + 1);
    const average = { x: mean(next), y: mean(next.map((x) => values[x])) };
    const previous = picked[picked.length - 1];
    const areas = range(low, mid).map((x) => ({
      x,
      area: triangle(previous, values[previous], x, values[x], average.x, average.y),
    }));
    picked.push(largest(areas));
    low = mid;
    mid = high;
  }
  picked.push(n - 1);
  return picked.map((x) => values[x]);
}

/** The first of the largest; the last whose area is NaN, if there is one. */
function largest(areas: readonly { x: number; area: number }[]): number {
  const last = areas.findLast(({ area }) => Number.isNaN(area));
  if (last !== undefined) return last.x;
  const largestArea = areas.reduce((most, { area }) => Math.max(most, area), 0);
  const first = areas.find(({ area }) => area === largestArea);
  if (first === undefined) throw new Error("an empty bucket");
  return first.x;
}

const triangle = (ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number =>
  Math.abs((ax - cx) * (by - ay) - (ax - bx) * (cy - ay)) / 2;

const range = (from: number, end: number): number[] => Array.from({ length: end - from }, (_, i) => from + i);

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
