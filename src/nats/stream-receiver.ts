// One subscription to a stream: messages are acknowledged when they are on disk, so that nothing is lost between the
// collector and there. What is delivered twice is stored twice, into the same slots.

import { messageOf } from "../core/message-of.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { NatsMessage, NatsSession } from "../runtime/nats-ports.ts";
import { type Acknowledgements, acknowledgementsOf, deliveryOf } from "./acknowledgements.ts";
import { CommitLoop } from "./commit-loop.ts";
import { linesOf, newSubscriptionCounters } from "./counters.ts";
import { retryBackoff, wait, within, type Environment, type Wait } from "./environment.ts";
import { Intake } from "./intake.ts";
import { JetStreamApi, JetStreamError } from "./jetstream-api.ts";
import { Puller, type PullWindow } from "./puller.ts";
import { RejectionLog } from "./rejection-log.ts";
import { openConsumer } from "./open-consumer.ts";
import type { StreamSubscription } from "./subscriptions.ts";

export interface StreamReceiverOptions {
  readonly environment: Environment;
  readonly ingest: Ingest;
  readonly subscription: StreamSubscription;
  /** What may be asked for and not be on disk yet. */
  readonly window: PullWindow;
}

/** How often the consumer is asked how much is waiting. */
const LAG_INTERVAL_MS = 2000;
/** So often acknowledgements may be found held up; the server sends everything again sooner. Then all is looked at anew. */
const MAX_HELD_UP = 60;
/** A consumer that has delivered for so long is taken for sound: the next failure is the first again. */
const SOUND_MS = 10_000;

export class StreamReceiver {
  readonly #options: StreamReceiverOptions;
  readonly #counters = newSubscriptionCounters();
  readonly #rejections: RejectionLog;
  readonly #intake: Intake;
  readonly #commits: CommitLoop;
  #session: NatsSession | undefined;
  #acknowledgements: Acknowledgements | undefined;
  #puller: Puller | undefined;
  #isFlushDue = false;
  #isStopping = false;
  #pause: Wait | undefined;
  /** Why nothing is fetched; undefined while it is. */
  #reason: string | undefined = "not connected";
  #toldReason: string | undefined;
  #warnings: readonly string[] = [];
  #waiting: number | null = null;

  constructor(options: StreamReceiverOptions) {
    const { environment, ingest, subscription } = options;
    this.#options = options;
    this.#rejections = new RejectionLog(environment, `stream ${subscription.stream}`);
    this.#intake = new Intake({
      ingest,
      cluster: subscription.cluster,
      counters: this.#counters,
      now: () => environment.clock.now(),
      sink: {
        stored: (messages, sizeBytes) => this.#noteStored(messages, sizeBytes),
        failed: (messages, error) => this.#noteFailed(messages, error),
        rejected: (lines, subject, reason) => this.#rejections.add(lines, subject, reason),
      },
    });
    this.#commits = new CommitLoop({
      environment,
      commit: () => ingest.commit(),
      committed: (messages) => this.#acknowledge(messages),
      room: () => this.#puller?.pull(),
    });
  }

  /** A connection is there: fetches from it until `detach`. */
  attach(session: NatsSession): void {
    this.#session = session;
    void this.#serve(session);
  }

  /** The connection is lost. */
  detach(): void {
    this.#session = undefined;
    this.#puller?.end("connection lost");
    this.#pause?.cancel();
    this.#reason = "not connected";
  }

  status(): Record<string, unknown> {
    const { stream, consumer, subject, cluster } = this.#options.subscription;
    return {
      stream,
      consumer: consumer.name,
      subject: subject ?? null,
      cluster,
      state: this.#reason === undefined ? "fetching" : "not fetching",
      reason: this.#reason ?? null,
      warnings: this.#warnings,
      /** Messages that wait in the stream; null until that is known. */
      lag: this.#waiting,
      inFlightMessages: this.#commits.inFlightMessages,
      inFlightBytes: this.#commits.inFlightBytes,
      storageFailure: this.#commits.failure ?? null,
      lines: linesOf(this.#counters),
      ...this.#counters,
    };
  }

  /** Makes durable what has come, and acknowledges it. What has not come yet stays in the stream. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    this.#pause?.cancel();
    const { environment, subscription } = this.#options;
    if (this.#puller !== undefined) await within(environment, timeoutMs, this.#puller.drain());
    this.#intake.flush();
    this.#rejections.stop();
    if (await within(environment, timeoutMs, this.#commits.idle())) return;
    environment.log.warn("NATS: messages could not be made durable; the stream keeps them", {
      stream: subscription.stream,
      messages: this.#commits.inFlightMessages,
      error: this.#commits.failure,
    });
  }

  #isServing(session: NatsSession): boolean {
    return this.#session === session && !this.#isStopping;
  }

  async #serve(session: NatsSession): Promise<void> {
    const { environment } = this.#options;
    const backoff = retryBackoff(environment);
    while (this.#isServing(session)) {
      const startMs = environment.clock.monotonicMs();
      const reason = await this.#fetch(session).catch(messageOf);
      if (!this.#isServing(session)) return;
      this.#noteTrouble(reason);
      if (environment.clock.monotonicMs() - startMs > SOUND_MS) backoff.reset();
      this.#pause = wait(environment, backoff.next());
      await this.#pause.over;
    }
  }

  /** Fetches until something is in the way. Resolves with what that is, or rejects. */
  async #fetch(session: NatsSession): Promise<string> {
    const { environment, subscription, window } = this.#options;
    const { stream, consumer, domain } = subscription;
    const api = new JetStreamApi(session, domain);
    const { info, warnings } = await openConsumer(api, subscription, window.messages);
    if (!this.#isServing(session)) return "connection lost";
    this.#noteWarnings(warnings);
    this.#acknowledgements = acknowledgementsOf(info);
    this.#waiting = info.num_pending;
    const puller = new Puller({
      environment,
      session,
      subject: api.pullSubject(stream, consumer.name),
      consumer: info.config,
      window,
      inFlight: () => ({
        bytes: this.#intake.waitingBytes + this.#commits.inFlightBytes,
        messages: this.#intake.waitingMessages + this.#commits.inFlightMessages,
      }),
      take: (message) => this.#take(message),
    });
    this.#puller = puller;
    this.#noteFetching();
    const cancelLag = this.#watchLag(api, puller);
    const reason = await puller.broken;
    cancelLag();
    puller.close();
    this.#puller = undefined;
    return reason;
  }

  #take(message: NatsMessage): void {
    if (this.#acknowledgements?.take(message) === false) this.#puller?.end("messages before this one have not come");
    this.#intake.take(message);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => {
      this.#isFlushDue = false;
      this.#intake.flush();
    });
  }

  #noteStored(messages: readonly NatsMessage[], sizeBytes: number): void {
    this.#waiting = deliveryOf(messages.at(-1)?.reply)?.pending ?? this.#waiting;
    this.#commits.add(messages, sizeBytes);
  }

  /** They come again; fetching goes on after a while, when the disk may take something again. */
  #noteFailed(messages: readonly NatsMessage[], error: unknown): void {
    const publish = this.#publisher();
    if (publish !== undefined) this.#acknowledgements?.failed(messages, publish);
    this.#puller?.end(messageOf(error));
  }

  /** Without a connection they come again with the next one. */
  #acknowledge(messages: readonly NatsMessage[]): void {
    const publish = this.#publisher();
    if (publish !== undefined) this.#acknowledgements?.committed(messages, publish);
  }

  #publisher(): ((subject: string, payload: Uint8Array | string) => void) | undefined {
    const session = this.#session;
    return session && ((subject, payload) => session.publish(subject, payload));
  }

  #watchLag(api: JetStreamApi, puller: Puller): () => void {
    const { environment, subscription } = this.#options;
    const { stream, consumer } = subscription;
    let cancel = (): void => {};
    let heldUp = 0;
    const look = async (): Promise<void> => {
      heldUp = this.#acknowledgements?.isHeldUp === true ? heldUp + 1 : 0;
      if (heldUp > MAX_HELD_UP) puller.end("messages that were delivered before have not come again");
      try {
        this.#waiting = (await api.consumerInfo(stream, consumer.name)).num_pending;
      } catch (error) {
        if (error instanceof JetStreamError && error.code === 404) puller.end("the consumer is gone");
      }
      if (this.#puller === puller) cancel = environment.scheduler.after(LAG_INTERVAL_MS, () => void look());
    };
    cancel = environment.scheduler.after(LAG_INTERVAL_MS, () => void look());
    return () => cancel();
  }

  #noteFetching(): void {
    this.#reason = undefined;
    const { environment, subscription } = this.#options;
    if (this.#toldReason === undefined) return;
    environment.log.info("NATS: fetching from the stream again", { stream: subscription.stream });
    this.#toldReason = undefined;
  }

  #noteTrouble(reason: string): void {
    this.#reason = reason;
    if (reason === this.#toldReason) return;
    const { stream, consumer } = this.#options.subscription;
    this.#options.environment.log.error("NATS: nothing can be fetched from the stream; trying again for ever", {
      stream,
      consumer: consumer.name,
      reason,
    });
    this.#toldReason = reason;
  }

  #noteWarnings(warnings: readonly string[]): void {
    for (const warning of warnings) {
      if (!this.#warnings.includes(warning)) this.#options.environment.log.warn(`NATS: ${warning}`);
    }
    this.#warnings = warnings;
  }
}
