// Typed arrays that grow by half: fewer copies than exact growth, less waste than doubling.

const newLength = (length: number, needed: number): number => Math.max(needed, length + (length >>> 1));

export function grownFloat64(array: Float64Array<ArrayBuffer>, needed: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(newLength(array.length, needed));
  grown.set(array);
  return grown;
}

export function grownInt32(array: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(newLength(array.length, needed));
  grown.set(array);
  return grown;
}

export function grownUint32(array: Uint32Array<ArrayBuffer>, needed: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(newLength(array.length, needed));
  grown.set(array);
  return grown;
}

export function grownUint16(array: Uint16Array<ArrayBuffer>, needed: number): Uint16Array<ArrayBuffer> {
  const grown = new Uint16Array(newLength(array.length, needed));
  grown.set(array);
  return grown;
}

export function grownUint8(array: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(newLength(array.length, needed));
  grown.set(array);
  return grown;
}
