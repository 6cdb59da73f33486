// What happens to the operations of one life: they are reordered, fail, and at one of them the machine stops.

import type { OperationHook, Outcome } from "../../src/runtime/memory.ts";
import type { BadDisk } from "./bad-disk.ts";

export class Stopper {
  /** The operation that was not carried out any more; undefined as long as the machine runs. */
  stoppedAt: string | undefined;
  readonly #stopAt: number;
  readonly #order: OperationHook | undefined;
  readonly #badDisk: Pick<BadDisk, "outcome"> | undefined;

  constructor(stopAt: number, order: OperationHook | undefined, badDisk: Pick<BadDisk, "outcome"> | undefined) {
    this.#stopAt = stopAt;
    this.#order = order;
    this.#badDisk = badDisk;
  }

  readonly hook: OperationHook = async (operation): Promise<Outcome> => {
    const { index, name, path } = operation;
    if (index === this.#stopAt) {
      this.stoppedAt = `${index}: ${name} ${path}`;
      return "power-cut";
    }
    await this.#order?.(operation);
    return this.#badDisk?.outcome(operation) ?? "ok";
  };
}
