// What the store must answer, the slow and plain way: the samples of a series in a Map, everything else worked out
// from them anew at each question. (spec §4)

const CAPACITY = 512;

export interface ModelBuffer {
  /** Start of the first slot, seconds. */
  start: number;
  /** Slots from the first sample to the last. */
  length: number;
}

export interface ModelRead {
  values: number[];
  from: number;
  to: number;
}

/**
 * One series whose samples all lie on one grid: timestamp = phase + n × frequency. The order in which they came has left
 * no trace in a Map that is sorted before it is looked at.
 */
export class SeriesModel {
  readonly samples = new Map<number, number>();
  readonly #frequency: number;

  constructor(frequency: number) {
    this.#frequency = frequency;
  }

  write(timestamp: number, value: number): void {
    this.samples.set(timestamp, Math.fround(value));
  }

  /** The first sample opens a buffer, the first one behind its 512 slots the next. */
  buffers(): ModelBuffer[] {
    const buffers: ModelBuffer[] = [];
    for (const timestamp of [...this.samples.keys()].toSorted((a, b) => a - b)) {
      const newest = buffers.at(-1);
      const slot = newest === undefined ? CAPACITY : this.#slot(newest, timestamp);
      if (newest === undefined || slot >= CAPACITY) buffers.push({ start: timestamp - this.#half, length: 1 });
      else newest.length = slot + 1;
    }
    return buffers;
  }

  /** @param from any second; @param to exclusive */
  read(from: number, to: number): ModelRead {
    const buffers = this.buffers();
    const covering = buffers.findLastIndex((buffer) => buffer.start + this.#half <= from);
    const usable = covering === -1 ? buffers : buffers.slice(covering);
    if (covering === -1 && usable.length > 0) from = usable[0].start + this.#half;
    const reached = usable.filter((buffer, i) => i === 0 || buffer.start < to);
    const end = reached.reduce(
      (latest, { start, length }) => Math.max(latest, start + length * this.#frequency),
      -Infinity,
    );
    const values: number[] = [];
    for (let time = from; time < to && time < end; time += this.#frequency) values.push(this.#at(reached, time));
    return { values, from, to: from + values.length * this.#frequency };
  }

  /** Drops the buffers that end before `time`; returns their number. */
  free(time: number): number {
    const ended = this.buffers().filter(({ start, length }) => start + this.#half + length * this.#frequency < time);
    for (const buffer of ended) this.#drop(buffer);
    return ended.length;
  }

  forceFree(): number {
    const [oldest] = this.buffers();
    if (oldest === undefined) return 0;
    this.#drop(oldest);
    return 1;
  }

  get #half(): number {
    return Math.floor(this.#frequency / 2);
  }

  #slot(buffer: ModelBuffer, time: number): number {
    return Math.floor((time - buffer.start) / this.#frequency);
  }

  /** The sample whose slot covers `time`, if any. */
  #at(buffers: readonly ModelBuffer[], time: number): number {
    for (const buffer of buffers) {
      const slot = this.#slot(buffer, time);
      if (slot < 0 || slot >= CAPACITY) continue;
      // A stored −0 is read as 0.
      return (this.samples.get(buffer.start + this.#half + slot * this.#frequency) ?? NaN) + 0;
    }
    return NaN;
  }

  #drop(buffer: ModelBuffer): void {
    for (let slot = 0; slot < buffer.length; slot++) {
      this.samples.delete(buffer.start + this.#half + slot * this.#frequency);
    }
  }
}
