// Compression.

import { Readable, pipeline } from "node:stream";
import { promisify } from "node:util";
import { createGunzip, gzip } from "node:zlib";
import type { Gzip } from "../ports.ts";

/** The fastest level: the others cost the one thread more time than they save on the wire. */
const GZIP_LEVEL = 1;

export const nodeGzip: Gzip = {
  async compress(bytes) {
    return new Uint8Array(await promisify(gzip)(bytes, { level: GZIP_LEVEL }));
  },
  decompress(chunks) {
    const gunzip = createGunzip();
    // Failures of the source and of the format both come out of `gunzip`, which the caller reads.
    pipeline(Readable.from(chunks), gunzip, () => {});
    return gunzip;
  },
};
