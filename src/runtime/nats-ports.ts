// What the store needs of a NATS client, as narrow interfaces. node/nats.ts implements them over the clients of nats.io;
// test/nats has a fake.

/** How to reach the servers, and as whom. Files are read at each connect, so that what was renewed counts from then on. */
export interface NatsSettings {
  /** URLs `nats://`, `tls://` or, all of them, `ws://` or `wss://`; without user and password. Tried in random order. */
  readonly servers: readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** File with a user's JWT and seed, as `nsc` writes it. */
  readonly credsFile?: string;
  /** PEM files. */
  readonly tls?: NatsTls;
}

export interface NatsTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** TLS before the server's greeting; the server must be configured for it (`handshake_first`). */
  readonly handshakeFirst?: boolean;
}

/** Connects to one of the servers. Rejects when none takes the connection, with the reason of the last. */
export type ConnectNats = (settings: NatsSettings) => Promise<NatsSession>;

/** One connection, from its making to its end; it does not reconnect by itself. */
export interface NatsSession {
  /** `host:port` of the server. */
  readonly server: string;
  /** Another one after each start of a server. */
  readonly serverId: string;
  /** Largest message that the server takes. */
  readonly maxPayloadBytes: number;
  /** Resolves when the connection has ended, with the reason where there is one. */
  readonly ended: Promise<Error | undefined>;
  subscribe(subject: string, options: SubscribeOptions): NatsSubscription;
  publish(subject: string, payload: Uint8Array | string, reply?: string): void;
  /** Rejects with NoRespondersError when nobody listens, with another Error when no answer comes in time. */
  request(subject: string, payload: string, timeoutMs: number): Promise<NatsMessage>;
  /** A subject for answers that nobody else uses. */
  newInbox(): string;
  /** Resolves when the server has everything published before, and has sent everything that it had for this client. */
  flush(): Promise<void>;
  /** Takes nothing more from the socket until `resumeReading`; what has been taken is still delivered. */
  pauseReading(): void;
  resumeReading(): void;
  close(): Promise<void>;
}

export interface SubscribeOptions {
  /** Of those subscribed in the same group one gets each message. */
  readonly queueGroup?: string;
  /** Called with each message; must not throw. The bytes belong to the connection again when it returns. */
  readonly take: (message: NatsMessage) => void;
  /** The server does not allow the subscription, which is over with that. */
  readonly onRefused: (error: Error) => void;
}

export interface NatsSubscription {
  /** Ends the subscription; resolves when everything that was under way has been delivered. */
  drain(): Promise<void>;
  unsubscribe(): void;
}

export interface NatsMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Where an answer, such as JetStream's acknowledgement, goes. */
  readonly reply?: string;
  readonly headers?: NatsHeaders | undefined;
}

export interface NatsHeaders {
  /** Of a message of the server itself, such as 408; else 0. */
  readonly code: number;
  readonly description: string;
}

/** Nobody listens on the subject of a request. */
export class NoRespondersError extends Error {
  constructor(subject: string) {
    super(`nobody answers on ${subject}`);
    this.name = "NoRespondersError";
  }
}
