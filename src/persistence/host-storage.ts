// The files of hosts for those who read or remove old ones while the store runs: one host at a time, and never while the
// checkpointer changes that host's.

import type { Checkpointer } from "./checkpointer.ts";
import type { SnapshotFile } from "./host-files.ts";
import type { HostRegistry } from "./host-registry.ts";

export class HostStorage {
  readonly #hosts: HostRegistry;
  readonly #checkpointer: Pick<Checkpointer, "checkpoint"> | undefined;

  /** @param checkpointer absent where no store runs */
  constructor(hosts: HostRegistry, checkpointer?: Pick<Checkpointer, "checkpoint">) {
    this.#hosts = hosts;
    this.#checkpointer = checkpointer;
  }

  /** Runs `task` while nobody else changes the files of a host. Within it, no other method that waits may be called. */
  exclusive<T>(cluster: string, host: string, task: () => Promise<T>): Promise<T> {
    return this.#hosts.of(cluster, host).lock.run(task);
  }

  /** Snapshots of a host were removed, durably. To be called within `exclusive`. */
  removed(cluster: string, host: string, names: readonly string[]): void {
    const files = this.#hosts.of(cluster, host);
    files.forgetSnapshots(files.snapshots.filter(({ name }) => names.includes(name)));
  }

  /** Writes what of a host is in no snapshot. Rejects when that failed. */
  async checkpoint(cluster: string, host: string): Promise<void> {
    await this.#checkpointer?.checkpoint(this.#hosts.of(cluster, host));
  }

  /** The snapshots of a host, in ascending order of `from`. */
  snapshotsOf(cluster: string, host: string): readonly SnapshotFile[] {
    return this.#hosts.find(cluster, host)?.snapshots ?? [];
  }

  /** The path of a host's directory. */
  directoryOf(cluster: string, host: string): string {
    return this.#hosts.of(cluster, host).directory;
  }

  /** Names of the hosts of a cluster that have snapshots. */
  hostsOf(cluster: string): string[] {
    return this.#hosts
      .all()
      .filter((files) => files.cluster === cluster && files.snapshots.length > 0)
      .map(({ host }) => host);
  }

  /** Names of the clusters that have snapshots. */
  clusters(): string[] {
    const withSnapshots = this.#hosts.all().filter(({ snapshots }) => snapshots.length > 0);
    return [...new Set(withSnapshots.map(({ cluster }) => cluster))];
  }

  /** Removes the directory of a host that has no files any more. */
  removeIfEmpty(cluster: string, host: string): Promise<void> {
    const files = this.#hosts.of(cluster, host);
    return files.lock.run(() => files.removeDirectoryIfEmpty());
  }
}
