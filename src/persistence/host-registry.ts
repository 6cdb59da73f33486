// The hosts that have files, or will have: each with a dense number, which the WAL framer works with.

import type { FileSystem } from "../runtime/ports.ts";
import { HostFiles } from "./host-files.ts";

export class HostRegistry {
  readonly #files: FileSystem;
  readonly #root: string;
  readonly #byNumber: HostFiles[] = [];
  readonly #numbers = new Map<string, number>();

  /** @param root the directory of checkpoints */
  constructor(files: FileSystem, root: string) {
    this.#files = files;
    this.#root = root;
  }

  /** The number of a host, which gets one if it has none. */
  numberOf(cluster: string, host: string): number {
    const key = `${cluster}/${host}`; // neither name holds a slash
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#byNumber.push(new HostFiles(this.#files, this.#root, cluster, host));
    this.#numbers.set(key, this.#byNumber.length - 1);
    return this.#byNumber.length - 1;
  }

  host(number: number): HostFiles {
    const host = this.#byNumber[number];
    if (host === undefined) throw new Error(`BUG: there is no host ${number}`);
    return host;
  }

  /** The files of a host; undefined if it has none. */
  find(cluster: string, host: string): HostFiles | undefined {
    const number = this.#numbers.get(`${cluster}/${host}`);
    return number === undefined ? undefined : this.#byNumber[number];
  }

  /** The files of a host, made if it has none. */
  of(cluster: string, host: string): HostFiles {
    return this.host(this.numberOf(cluster, host));
  }

  all(): readonly HostFiles[] {
    return this.#byNumber;
  }
}
