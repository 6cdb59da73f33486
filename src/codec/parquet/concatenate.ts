/** Joins pieces into one array, each filled up with zeros to a multiple of `alignment` bytes. */
export function concatenate(pieces: readonly Uint8Array[], alignment = 1): Uint8Array<ArrayBuffer> {
  const placeOf = (sizeBytes: number): number => Math.ceil(sizeBytes / alignment) * alignment;
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + placeOf(length), 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += placeOf(piece.length);
  }
  return all;
}
