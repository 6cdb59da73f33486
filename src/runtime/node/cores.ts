import { availableParallelism } from "node:os";

/** Processor cores that this process may use. */
export const nodeCores = availableParallelism();
