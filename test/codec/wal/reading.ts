// Two readers of the records in a damaged WAL, the plain one and the kernel's: to agree, and to show how they are used.
import { decodeRecord } from "../../../src/codec/wal/record.ts";
import type { WalSample } from "../../../src/codec/wal/record.ts";
import { INPUT_BYTES, STOP_CORRUPT, STOP_END, STOP_UNKNOWN_KEY, WalReplayer } from "../../../src/codec/wal/replayer.ts";
import { resync } from "../../../src/codec/wal/resync.ts";

export interface Reading {
  samples: WalSample[];
  /** [offset, reason] of each damage; a torn end has the reason "torn". */
  damages: [number, string][];
}

/** Reads records from the beginning of `bytes` (a WAL without its file header) with `decodeRecord`. */
export function readPlainly(bytes: Uint8Array): Reading {
  const reading: Reading = { samples: [], damages: [] };
  let at = 0;
  while (at < bytes.length) {
    const record = decodeRecord(bytes, at);
    if (record.kind === "record") {
      const { metric, selector, timestamp, value } = record;
      reading.samples.push({ metric, selector, timestamp, value });
      at = record.end;
      continue;
    }
    const next = resync(bytes, at + 1);
    reading.damages.push([at, record.kind === "torn" ? "torn" : record.reason]);
    at = next < 0 ? bytes.length : next;
  }
  return reading;
}

/** The same with the replayer, the bytes given to it in one piece. */
export function readWithKernel(bytes: Uint8Array, replayer = new WalReplayer(), host = 0): Reading {
  if (bytes.length > INPUT_BYTES) throw new Error("too long for this test");
  replayer.begin(host);
  replayer.input.set(bytes);
  const reading: Reading = { samples: [], damages: [] };
  const keys: Pick<WalSample, "metric" | "selector">[] = [];
  let at = 0;
  while (at < bytes.length) {
    const stop = replayer.parse(at, bytes.length);
    for (let i = 0; i < replayer.count; i++) {
      const { metric, selector } = keys[replayer.series[i]];
      reading.samples.push({ metric, selector, timestamp: replayer.timestamps[i], value: replayer.values[i] });
    }
    at = replayer.position;
    if (stop === STOP_UNKNOWN_KEY) {
      const { metric, selector } = replayer.unknownRecord();
      replayer.teach(at, keys.push({ metric, selector }) - 1);
    } else if (stop === STOP_CORRUPT || (stop === STOP_END && at < bytes.length)) {
      reading.damages.push([at, stop === STOP_CORRUPT ? replayer.corruption().reason : "torn"]);
      const next = resync(bytes, at + 1);
      at = next < 0 ? bytes.length : next;
    }
  }
  return reading;
}
