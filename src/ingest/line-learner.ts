// The kernel and what it has learnt: which bytes at the head of a line mean which series. The grammar teaches it, line
// by line as new series come; when series are removed it forgets everything and is taught anew in passing.

import { IGNORED_SERIES, LineKernel } from "../codec/line-protocol/kernel.ts";

/**
 * As many as a large centre has series: learning them all again, after each doubling, would cost the first minutes more
 * than the 12 MiB which they take, 4 MiB of that in a small store.
 */
const INITIAL_KEYS = 1 << 18;
/** A line of an unknown context: not learnt, not known. */
const NO_CONTEXT = -1;

export interface LearnerLimits {
  readonly contexts: number;
  readonly ignoredKeys: number;
}

export class LineLearner {
  readonly #limits: LearnerLimits;
  readonly #contexts = new Map<string, number>();
  #kernel = new LineKernel(INITIAL_KEYS);
  #maxKeys = INITIAL_KEYS;
  #ignoredKeys = 0;
  #releases = 0;
  #isFull = false;

  constructor(limits: LearnerLimits) {
    this.#limits = limits;
  }

  /** The kernel; may be another one after `prepare`. */
  get kernel(): LineKernel {
    return this.#kernel;
  }

  /**
   * Makes the kernel ready for lines with this default cluster. Returns false when the lines must go through the grammar
   * alone: the same head means another series under another default, and only so many defaults are kept apart.
   * @param releases `MetricStore.releases`: when it has changed, series numbers may mean other series
   */
  prepare(defaultCluster: string, releases: number): boolean {
    if (releases !== this.#releases) {
      this.#releases = releases;
      this.#forget();
    }
    if (this.#isFull) this.#enlarge();
    const context = this.#contextOf(defaultCluster);
    if (context === NO_CONTEXT) return false;
    this.#kernel.setContext(context);
    return true;
  }

  /** Learns that the head at input[start, end) means `series`. */
  teach(start: number, end: number, series: number): void {
    if (!this.#isFull) this.#isFull = !this.#kernel.teach(start, end, series);
  }

  /** Learns that lines with the head at input[start, end) are of no interest, so that they cost one look-up. */
  teachIgnored(start: number, end: number): void {
    if (this.#ignoredKeys >= this.#limits.ignoredKeys) return;
    this.#ignoredKeys++;
    this.teach(start, end, IGNORED_SERIES);
  }

  /** A larger kernel starts empty: learning again costs about a microsecond a series, spread over the next lines. */
  #enlarge(): void {
    this.#maxKeys *= 2;
    this.#kernel = new LineKernel(this.#maxKeys);
    this.#forget();
  }

  #forget(): void {
    this.#kernel.forgetAll();
    this.#ignoredKeys = 0;
    this.#isFull = false;
  }

  #contextOf(defaultCluster: string): number {
    const known = this.#contexts.get(defaultCluster);
    if (known !== undefined) return known;
    if (this.#contexts.size >= this.#limits.contexts) return NO_CONTEXT;
    this.#contexts.set(defaultCluster, this.#contexts.size);
    return this.#contexts.size - 1;
  }
}
