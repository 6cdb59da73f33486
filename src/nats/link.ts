// Keeps a connection, for ever: connects, hands the session on, waits for its end, and connects again. The log gets a
// line when something has changed, not one for each attempt.

import { messageOf } from "../core/message-of.ts";
import type { NatsSession } from "../runtime/nats-ports.ts";
import { connectBackoff, wait, within, type Environment, type Wait } from "./environment.ts";

export interface LinkOptions {
  readonly environment: Environment;
  /** In log and status: what goes over this connection. */
  readonly name: string;
  readonly connect: () => Promise<NatsSession>;
  /** A connection is there; it is the only one until `onEnd`. */
  readonly onSession: (session: NatsSession) => void;
  readonly onEnd: (session: NatsSession, reason: string) => void;
}

export interface LinkStatus {
  readonly state: "connecting" | "connected" | "disconnected" | "stopped";
  readonly server: string | null;
  /** Since when, Unix seconds. */
  readonly since: number;
  /** Why it is not connected. */
  readonly reason: string | null;
  readonly connects: number;
  readonly disconnects: number;
}

/** How long a close may take: it waits for bytes to leave. */
const CLOSE_TIMEOUT_MS = 2000;

export class Link {
  readonly #options: LinkOptions;
  #session: NatsSession | undefined;
  #status: LinkStatus;
  #pause: Wait | undefined;
  #isStopped = false;
  readonly #running: Promise<void>;

  /** Begins at once. */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#status = {
      state: "connecting",
      server: null,
      since: options.environment.clock.now(),
      reason: null,
      connects: 0,
      disconnects: 0,
    };
    this.#running = this.#run();
  }

  /** The connection, while there is one. */
  get session(): NatsSession | undefined {
    return this.#session;
  }

  status(): LinkStatus {
    return this.#status;
  }

  /** Closes the connection and does not make another. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#pause?.cancel();
    const { environment } = this.#options;
    if (this.#session !== undefined) await within(environment, CLOSE_TIMEOUT_MS, this.#session.close());
    await within(environment, CLOSE_TIMEOUT_MS, this.#running);
    this.#change({ state: "stopped", reason: null });
  }

  async #run(): Promise<void> {
    const { environment } = this.#options;
    const backoff = connectBackoff(environment);
    while (!this.#isStopped) {
      const reason = await this.#serveOnce(() => backoff.reset());
      if (this.#isStopped) return;
      this.#noteAbsence(reason);
      this.#pause = wait(environment, backoff.next());
      await this.#pause.over;
    }
  }

  /** One connection from its making to its end. Resolves with why there is none, or none any more. */
  async #serveOnce(connected: () => void): Promise<string> {
    const { connect, onSession, onEnd } = this.#options;
    let session: NatsSession;
    try {
      session = await connect();
    } catch (error) {
      return messageOf(error);
    }
    if (this.#isStopped) {
      await session.close();
      return "stopped";
    }
    connected();
    this.#session = session;
    this.#noteConnection(session);
    onSession(session);
    const error = await session.ended;
    this.#session = undefined;
    const reason = error === undefined ? "the server closed the connection" : messageOf(error);
    onEnd(session, reason);
    return reason;
  }

  #noteConnection({ server }: NatsSession): void {
    const { environment, name } = this.#options;
    const { connects, state, since } = this.#status;
    const afterSeconds = state === "disconnected" ? Math.round(environment.clock.now() - since) : undefined;
    environment.log.info("NATS: connected", { for: name, server, afterSeconds });
    this.#change({ state: "connected", server, reason: null, connects: connects + 1 });
  }

  #noteAbsence(reason: string): void {
    const { environment, name } = this.#options;
    const { state, disconnects, reason: before } = this.#status;
    if (state === "connected") {
      environment.log.warn("NATS: connection lost; connecting again", { for: name, reason });
      this.#change({ state: "disconnected", server: null, reason, disconnects: disconnects + 1 });
    } else if (reason !== before) {
      environment.log.warn("NATS: no connection; trying again for ever", { for: name, reason });
      // Since when there is none does not change with the reason.
      this.#status = { ...this.#status, state: "disconnected", reason };
    }
  }

  #change(change: Partial<LinkStatus>): void {
    this.#status = { ...this.#status, ...change, since: this.#options.environment.clock.now() };
  }
}
