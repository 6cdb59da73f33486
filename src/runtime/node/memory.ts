// How large the process is, and how to make it smaller.

import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Memory, MemoryUsage } from "../ports.ts";

export function memoryUsage(): MemoryUsage {
  const { rss, heapUsed } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed };
}

let collectGarbage: (() => void) | undefined;

export const nodeMemory: Memory = {
  usage: memoryUsage,
  collect() {
    try {
      collectGarbage ??= findCollector();
      collectGarbage();
      return true;
    } catch {
      return false;
    }
  },
};

/** V8 hands its collector only to contexts that are made once the flag is set. */
function findCollector(): () => void {
  setFlagsFromString("--expose-gc");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the flag promises
  const gc = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  return gc;
}
