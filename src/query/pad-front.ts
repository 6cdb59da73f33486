/** Values with so many NaN in front of them. */
export function padFront(values: Float64Array<ArrayBuffer>, padding: number): Float64Array<ArrayBuffer> {
  if (padding === 0) return values;
  const padded = new Float64Array(padding + values.length).fill(NaN, 0, padding);
  padded.set(values, padding);
  return padded;
}
