// A NATS server, a store that is subscribed to it, and a client that publishes.
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { setTimeout as sleep } from "node:timers/promises";
import { linesOf, type SentSample } from "../support/ledger.ts";
import { NatsServer } from "../support/nats-server.ts";
import { freePort } from "../support/program.ts";
import { Lab, now, samplesFrom } from "../kill/lab.ts";

export class NatsLab extends Lab {
  readonly server: NatsServer;
  readonly #clients: NatsConnection[] = [];

  constructor(server: NatsServer) {
    super();
    this.server = server;
  }

  /** Starts the store, subscribed; other keys of the section `nats` go into `nats`. */
  async startStore(subscriptions: readonly object[], nats: object = {}, store: object = {}): Promise<void> {
    await this.start({
      nats: { address: this.server.address, ...nats },
      "metric-store": { "nats-subscriptions": subscriptions, ...store },
    });
  }

  /** A client of the server, closed with the lab. */
  async client(options: object = {}): Promise<NatsConnection> {
    const client = await connect({ servers: this.server.address, ...options });
    this.#clients.push(client);
    return client;
  }

  async natsStatus(): Promise<NatsStatus> {
    return ((await this.status()) as unknown as { nats: NatsStatus }).nats;
  }

  /** Waits until the status is as wanted, and returns it. */
  async until(what: string, isSo: (status: NatsStatus) => boolean): Promise<NatsStatus> {
    const deadline = Date.now() + UNTIL_TIMEOUT_MS;
    for (;;) {
      const status = await this.natsStatus();
      if (isSo(status)) return status;
      if (Date.now() > deadline) {
        throw new Error(`never ${what}: ${JSON.stringify(status, undefined, 1)}\n${this.program.stderr()}`);
      }
      await sleep(20);
    }
  }

  untilSubscribed(): Promise<NatsStatus> {
    return this.until("connected", ({ core }) => core?.connection.state === "connected");
  }

  untilFetching(): Promise<NatsStatus> {
    return this.until("fetching", ({ streams }) => streams?.subscriptions[0]?.state === "fetching");
  }

  /** Publishes samples, which the store must have from then on. */
  publish(client: NatsConnection, subject: string, samples: readonly SentSample[]): void {
    this.ledger.sent(samples);
    client.publish(subject, linesOf(samples));
    this.ledger.acknowledged(samples);
  }

  override async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await super.close();
    await this.server.close();
  }
}

const UNTIL_TIMEOUT_MS = 20_000;

interface Counters {
  readonly messages: number;
  readonly bytes: number;
  readonly lines: number;
  readonly samplesStored: number;
  readonly linesIgnored: number;
  readonly linesRejected: Readonly<Record<string, number>>;
  readonly messagesNotStored: number;
  readonly lastMessage: number | null;
  readonly lastRejection: { readonly subject: string; readonly reason: string } | null;
  readonly state: string;
  readonly reason: string | null;
}

interface Connection {
  readonly state: string;
  readonly reason: string | null;
  readonly connects: number;
  readonly disconnects: number;
}

export interface NatsStatus {
  readonly servers: readonly string[];
  readonly core: {
    readonly connection: Connection;
    readonly reading: string;
    readonly pauses: number;
    readonly inFlightBytes: number;
    readonly storageFailure: string | null;
    readonly possibleLosses: { readonly slowConsumer: number; readonly disconnected: number };
    readonly lastPossibleLoss: string | null;
    readonly subscriptions: readonly Counters[];
  } | null;
  readonly streams: {
    readonly connection: Connection;
    readonly subscriptions: readonly (Counters & {
      readonly lag: number | null;
      readonly warnings: readonly string[];
      readonly inFlightMessages: number;
      readonly inFlightBytes: number;
      readonly storageFailure: string | null;
    })[];
  } | null;
}

/** Runs `use` with a lab whose server listens, and cleans up behind it. */
export async function withNatsLab(config: string, use: (lab: NatsLab) => Promise<void>): Promise<void> {
  const lab = new NatsLab(new NatsServer(await freePort()));
  try {
    await lab.server.start(config.replaceAll("STORE_DIR", lab.server.directory));
    await use(lab);
  } finally {
    await lab.close();
  }
}

/** What a server takes unless it is configured otherwise. */
const MAX_PAYLOAD_BYTES = 1_048_576;

/** Samples that fill the largest message, nearly. */
export function largestMessage(): SentSample[] {
  const hosts = Array.from({ length: 20 }, (_, i) => `n9${i + 10}`);
  const samples = samplesFrom(now - 15_000, 1400, hosts);
  const bytesPerLine = linesOf(samples).length / samples.length;
  const fitting = samples.slice(0, Math.floor(MAX_PAYLOAD_BYTES / bytesPerLine) - 100);
  if (linesOf(fitting).length < 1_000_000) throw new Error("BUG: the message is not large enough");
  return fitting;
}
