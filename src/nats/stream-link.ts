// The connection that all subscriptions to streams share.

import type { Ingest } from "../ingest/ingest.ts";
import type { NatsSession } from "../runtime/nats-ports.ts";
import { within, type Environment } from "./environment.ts";
import { Link } from "./link.ts";
import type { PullWindow } from "./puller.ts";
import { StreamReceiver } from "./stream-receiver.ts";
import type { StreamSubscription } from "./subscriptions.ts";

export interface StreamLinkOptions {
  readonly environment: Environment;
  readonly ingest: Ingest;
  readonly connect: () => Promise<NatsSession>;
  readonly subscriptions: readonly StreamSubscription[];
  /** Of each subscription. */
  readonly window: PullWindow;
}

export class StreamLink {
  readonly #environment: Environment;
  readonly #receivers: readonly StreamReceiver[];
  readonly #link: Link;

  constructor({ environment, ingest, connect, subscriptions, window }: StreamLinkOptions) {
    this.#environment = environment;
    this.#receivers = subscriptions.map(
      (subscription) => new StreamReceiver({ environment, ingest, subscription, window }),
    );
    this.#link = new Link({
      environment,
      name: "streams",
      connect,
      onSession: (session) => {
        for (const receiver of this.#receivers) receiver.attach(session);
      },
      onEnd: () => {
        for (const receiver of this.#receivers) receiver.detach();
      },
    });
  }

  status(): Record<string, unknown> {
    return {
      connection: this.#link.status(),
      subscriptions: this.#receivers.map((receiver) => receiver.status()),
    };
  }

  async stop(timeoutMs: number): Promise<void> {
    await Promise.all(this.#receivers.map((receiver) => receiver.stop(timeoutMs)));
    // Acknowledgements that have not left are no loss, but all of it would come again.
    const { session } = this.#link;
    if (session !== undefined) await within(this.#environment, timeoutMs, session.flush());
    await this.#link.stop();
  }
}
