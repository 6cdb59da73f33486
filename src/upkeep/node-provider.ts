// Which hosts are in use by running jobs: their samples stay in memory beyond the retention. (seed: NodeProvider)

import { hostKey } from "./memory-coverage.ts";

/** Names of hosts by cluster. */
export type UsedNodes = Readonly<Record<string, readonly string[]>>;

/** For programs that know the jobs. */
export interface NodeProvider {
  /**
   * The hosts in use by jobs that started before `time` (Unix seconds) and still run. Rejects when that is not known:
   * samples are then kept by their age alone.
   */
  usedNodes(time: number): Promise<UsedNodes>;
}

/** Told when the provider begins to fail, and when it answers again. */
export type ProviderStateChange =
  | { readonly state: "down"; readonly error: unknown }
  | { readonly state: "up"; readonly failures: number };

const NO_HOSTS: ReadonlySet<string> = new Set();

/** Asks a provider and lives with its failures. */
export class HostsInUse {
  readonly #provider: NodeProvider | undefined;
  readonly #onChange: (change: ProviderStateChange) => void;
  #failures = 0;
  #count = 0;

  /** @param provider absent: no host is known to be in use */
  constructor(provider: NodeProvider | undefined, onChange: (change: ProviderStateChange) => void) {
    this.#provider = provider;
    this.#onChange = onChange;
  }

  /** The keys (`hostKey`) of the hosts in use by jobs that started before `time`; none while the provider is down. */
  async startedBefore(time: number): Promise<ReadonlySet<string>> {
    if (this.#provider === undefined) return NO_HOSTS;
    try {
      const used = await this.#provider.usedNodes(time);
      const keys = new Set(
        Object.entries(used).flatMap(([cluster, hosts]) => hosts.map((host) => hostKey(cluster, host))),
      );
      if (this.#failures > 0) this.#onChange({ state: "up", failures: this.#failures });
      this.#failures = 0;
      this.#count = keys.size;
      return keys;
    } catch (error) {
      this.#failures++;
      this.#count = 0;
      if (this.#failures === 1) this.#onChange({ state: "down", error });
      return NO_HOSTS;
    }
  }

  /** For the status; undefined without a provider. */
  status(): { state: "up" | "down"; hostsInUse: number } | undefined {
    if (this.#provider === undefined) return undefined;
    return { state: this.#failures === 0 ? "up" : "down", hostsInUse: this.#count };
  }
}
