// Memory on Bun.

import { nodeMemory } from "./node/memory.ts";
import type { Memory } from "./ports.ts";

/** What is used of Bun's own names. */
declare const Bun: {
  gc(isSynchronous: boolean): void;
};

export const bunMemory: Memory = {
  usage: () => nodeMemory.usage(),
  collect() {
    Bun.gc(true);
    return true;
  },
};
