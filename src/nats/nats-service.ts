// All that comes from NATS: one connection for what is subscribed to plainly, one for what is fetched from streams, so that
// neither holds up the other.

import type { Ingest } from "../ingest/ingest.ts";
import type { ConnectNats, NatsSettings } from "../runtime/nats-ports.ts";
import { CoreReceiver } from "./core-receiver.ts";
import type { Environment } from "./environment.ts";
import { StreamLink } from "./stream-link.ts";
import type { CoreSubscription, StreamSubscription, Subscription } from "./subscriptions.ts";

export interface NatsServiceOptions extends Environment {
  readonly ingest: Ingest;
  readonly connect: ConnectNats;
  readonly settings: NatsSettings;
  readonly subscriptions: readonly Subscription[];
  readonly limits: NatsLimits;
}

/** Each has its reason in library/limits.ts. */
export interface NatsLimits {
  readonly natsInFlightBytes: number;
  readonly natsInFlightMessages: number;
}

/** How long a stop waits, first for what is under way, then for the disk. */
const STOP_TIMEOUT_MS = 5000;

export class NatsService {
  readonly #settings: NatsSettings;
  readonly #core: CoreReceiver | undefined;
  readonly #streams: StreamLink | undefined;

  /** Begins at once; it does not matter whether the server is there. */
  constructor({ ingest, connect, settings, subscriptions, limits, ...environment }: NatsServiceOptions) {
    this.#settings = settings;
    const core = subscriptions.filter((one): one is CoreSubscription => one.kind === "core");
    const streams = subscriptions.filter((one): one is StreamSubscription => one.kind === "stream");
    const shared = { environment, ingest, connect: () => connect(settings) };
    if (core.length > 0) {
      this.#core = new CoreReceiver({ ...shared, subscriptions: core, maxInFlightBytes: limits.natsInFlightBytes });
    }
    if (streams.length > 0) {
      const window = { bytes: limits.natsInFlightBytes, messages: limits.natsInFlightMessages };
      this.#streams = new StreamLink({ ...shared, subscriptions: streams, window });
    }
  }

  /** For GET /api/status. */
  status(): Record<string, unknown> {
    return {
      servers: this.#settings.servers,
      core: this.#core?.status() ?? null,
      streams: this.#streams?.status() ?? null,
    };
  }

  /** Takes nothing more; resolves when what has been received is on disk and acknowledged, or that takes too long. */
  async stop(): Promise<void> {
    await Promise.all([this.#core?.stop(STOP_TIMEOUT_MS), this.#streams?.stop(STOP_TIMEOUT_MS)]);
  }
}
