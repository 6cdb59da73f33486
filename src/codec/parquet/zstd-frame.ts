// Bytes as a zstd frame, not compressed: the pages of texts are a few bytes, but their column says zstd, as all do.
// (RFC 8878, 3.1.1)

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** Single segment, content size in 4 bytes, no checksum, no dictionary. */
const DESCRIPTOR = 0b1010_0000;
const HEADER_BYTES = MAGIC.length + 1 + 4;
const BLOCK_HEADER_BYTES = 3;
/** No block may hold more. */
const MAX_BLOCK_BYTES = 128 * 1024;

export function zstdFrame(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = Math.max(1, Math.ceil(content.length / MAX_BLOCK_BYTES));
  const frame = new Uint8Array(HEADER_BYTES + blocks * BLOCK_HEADER_BYTES + content.length);
  frame.set(MAGIC);
  frame[MAGIC.length] = DESCRIPTOR;
  new DataView(frame.buffer).setUint32(MAGIC.length + 1, content.length, true);
  let at = HEADER_BYTES;
  for (let block = 0; block < blocks; block++) {
    const bytes = content.subarray(block * MAX_BLOCK_BYTES, (block + 1) * MAX_BLOCK_BYTES);
    const isLast = block === blocks - 1 ? 1 : 0;
    // Type 0, raw, and the size behind it.
    const header = (bytes.length << 3) | isLast;
    frame.set([header & 255, (header >> 8) & 255, header >> 16], at);
    frame.set(bytes, at + BLOCK_HEADER_BYTES);
    at += BLOCK_HEADER_BYTES + bytes.length;
  }
  return frame;
}
