// The typed face of the WAL module (wasm/wal), which the framer and the replayer share. Not for others.

import { instantiateKernel } from "../../wasm/instantiate.ts";
import type { KernelExports } from "../../wasm/instantiate.ts";
import { wasmBase64 } from "../../wasm/wal.wasm.ts";
import { MAX_RECORD_BYTES } from "./record.ts";

/** Size of the records area in bytes: the framer's output, the replayer's input. */
export const RECORDS_BYTES = 1 << 20;
/** Samples that the columns hold. */
export const BLOCK_SAMPLES = 1 << 14;

export interface WalKernelExports extends KernelExports {
  recordsAddress(): number;
  seriesAddress(): number;
  timestampsAddress(): number;
  valuesAddress(): number;
  runHostsAddress(): number;
  runEndsAddress(): number;
  taughtRecordAddress(): number;
  reportAddress(): number;
  frame(count: number): number;
  hasTemplate(series: number): number;
  setTemplate(series: number, host: number, recordBytes: number): number;
  forgetAll(): void;
  begin(host: number): void;
  setOldest(seconds: number): void;
  parse(start: number, end: number): number;
  teach(position: number, series: number): number;
}

/** Views of the module's memory: good until it grows, which only teaching does. */
export interface WalViews {
  readonly buffer: ArrayBuffer;
  readonly records: Uint8Array;
  readonly recordsView: DataView;
  readonly series: Uint32Array;
  readonly timestamps: Float64Array;
  readonly values: Float32Array;
  readonly runHosts: Uint32Array;
  readonly runEnds: Uint32Array;
  readonly taughtRecord: Uint8Array;
  readonly report: Uint32Array;
}

export function createWalKernel(): WalKernelExports {
  return instantiateKernel<WalKernelExports>(wasmBase64);
}

/** The views, taken anew where growth has detached them. */
export function currentViews(exports: WalKernelExports, views: WalViews): WalViews {
  return exports.memory.buffer === views.buffer ? views : viewMemory(exports);
}

export function viewMemory(exports: WalKernelExports): WalViews {
  const { buffer } = exports.memory;
  return {
    buffer,
    records: new Uint8Array(buffer, exports.recordsAddress(), RECORDS_BYTES),
    recordsView: new DataView(buffer, exports.recordsAddress(), RECORDS_BYTES),
    series: new Uint32Array(buffer, exports.seriesAddress(), BLOCK_SAMPLES),
    timestamps: new Float64Array(buffer, exports.timestampsAddress(), BLOCK_SAMPLES),
    values: new Float32Array(buffer, exports.valuesAddress(), BLOCK_SAMPLES),
    runHosts: new Uint32Array(buffer, exports.runHostsAddress(), BLOCK_SAMPLES),
    runEnds: new Uint32Array(buffer, exports.runEndsAddress(), BLOCK_SAMPLES),
    taughtRecord: new Uint8Array(buffer, exports.taughtRecordAddress(), MAX_RECORD_BYTES),
    report: new Uint32Array(buffer, exports.reportAddress(), 4),
  };
}
