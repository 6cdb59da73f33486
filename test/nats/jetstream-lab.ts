// A lab whose server keeps a stream.
import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { linesOf, type SentSample } from "../support/ledger.ts";
import { withNatsLab, type NatsLab } from "./nats-lab.ts";

export const JETSTREAM_CONFIG = 'jetstream: { store_dir: "STORE_DIR", sync_interval: always }';
export const STREAM = "METRICS";
export const SUBJECT = "hpc-nats";
export const durable = [{ stream: STREAM, durable: "pegel" }];

/** The server flushes each message; on a busy machine that takes its time. */
const PUBLISH_TIMEOUT_MS = 20_000;

export interface StreamLab {
  readonly lab: NatsLab;
  readonly manager: JetStreamManager;
  readonly client: NatsConnection;
  /** Publishes samples; resolves when the stream has them, from when on the store must have them, too. */
  readonly publish: (samples: readonly SentSample[], subject?: string, timeoutMs?: number) => Promise<void>;
  /** Messages that are not acknowledged yet, those not delivered yet included. */
  readonly unacknowledged: () => Promise<number>;
}

/** Runs `use` with a lab that has a stream with such a configuration; `null`: with none. */
export function withStreamLab(
  use: (lab: StreamLab) => Promise<void>,
  stream: object | null = {},
  config = JETSTREAM_CONFIG,
): Promise<void> {
  return withNatsLab(config, async (lab) => {
    const client = await lab.client({ maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    const manager = await jetstreamManager(client);
    if (stream !== null) await addStream(manager, stream);
    await use({
      lab,
      manager,
      client,
      async publish(samples, subject = SUBJECT, timeoutMs = PUBLISH_TIMEOUT_MS) {
        lab.ledger.sent(samples);
        await jetstream(client).publish(subject, linesOf(samples), { timeout: timeoutMs });
        lab.ledger.acknowledged(samples);
      },
      async unacknowledged() {
        const { num_pending, num_ack_pending } = await manager.consumers.info(STREAM, "pegel");
        return num_pending + num_ack_pending;
      },
    });
  });
}

export async function addStream(manager: JetStreamManager, stream: object = {}): Promise<void> {
  await manager.streams.add({ name: STREAM, subjects: [SUBJECT, `${SUBJECT}.>`], ...stream });
}

export async function addConsumer(manager: JetStreamManager, config: object = {}): Promise<void> {
  await manager.consumers.add(STREAM, { durable_name: "pegel", ack_policy: AckPolicy.Explicit, ...config });
}
