// The subscriptions of core NATS. Messages are stored as they come; when the disk does not keep up the socket is not read,
// so that they wait at the server, which keeps some megabytes and then drops the connection of so slow a consumer.

import { messageOf } from "../core/message-of.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { NatsMessage, NatsSession, NatsSubscription } from "../runtime/nats-ports.ts";
import { CommitLoop } from "./commit-loop.ts";
import { linesOf, newSubscriptionCounters, type SubscriptionCounters } from "./counters.ts";
import { retryBackoff, within, type Environment } from "./environment.ts";
import { Intake } from "./intake.ts";
import { Link } from "./link.ts";
import { RejectionLog } from "./rejection-log.ts";
import type { CoreSubscription } from "./subscriptions.ts";

export interface CoreReceiverOptions {
  readonly environment: Environment;
  readonly ingest: Ingest;
  readonly connect: () => Promise<NatsSession>;
  readonly subscriptions: readonly CoreSubscription[];
  /** Bytes received and not on disk yet, above which the socket is not read. */
  readonly maxInFlightBytes: number;
}

/** A connection cut so shortly after a pause of reading was most likely cut because of it. */
const BLAME_MS = 15_000;

interface Receiver {
  readonly subscription: CoreSubscription;
  readonly counters: SubscriptionCounters;
  readonly intake: Intake;
  readonly rejections: RejectionLog;
  isFlushDue: boolean;
  /** Why the server refuses the subscription. */
  refusal: string | undefined;
}

export class CoreReceiver {
  readonly #options: CoreReceiverOptions;
  readonly #receivers: readonly Receiver[];
  readonly #commits: CommitLoop;
  readonly #link: Link;
  /** Of the present session. */
  #subscribed: NatsSubscription[] = [];
  #isStopping = false;
  #pausedSinceMs: number | undefined;
  #lastPauseMs = -Infinity;
  #pauses = 0;
  #pausedMs = 0;
  #lastServerId: string | undefined;
  #lastLoss: string | undefined;
  readonly #possibleLosses = { slowConsumer: 0, disconnected: 0 };

  constructor(options: CoreReceiverOptions) {
    const { environment, ingest, connect, subscriptions } = options;
    this.#options = options;
    this.#receivers = subscriptions.map((subscription) => this.#receiverOf(subscription));
    this.#commits = new CommitLoop({
      environment,
      commit: () => ingest.commit(),
      committed: () => {},
      room: () => this.#resumeIfRoom(),
    });
    this.#link = new Link({
      environment,
      name: "core subscriptions",
      connect,
      onSession: (session) => this.#subscribeAll(session),
      onEnd: (session, reason) => this.#noteLoss(session, reason),
    });
  }

  status(): Record<string, unknown> {
    const { environment } = this.#options;
    const nowMs = environment.clock.monotonicMs();
    return {
      connection: this.#link.status(),
      inFlightBytes: this.#commits.inFlightBytes,
      storageFailure: this.#commits.failure ?? null,
      reading: this.#pausedSinceMs === undefined ? "on" : "paused",
      pauses: this.#pauses,
      pausedSeconds: (this.#pausedMs + (nowMs - (this.#pausedSinceMs ?? nowMs))) / 1000,
      possibleLosses: this.#possibleLosses,
      lastPossibleLoss: this.#lastLoss ?? null,
      subscriptions: this.#receivers.map(statusOfReceiver),
    };
  }

  /** Takes what the server has sent, makes it durable, and closes. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    const { environment } = this.#options;
    this.#link.session?.resumeReading();
    const drained = Promise.all(this.#subscribed.map((subscription) => subscription.drain()));
    await within(environment, timeoutMs, drained);
    for (const { intake, rejections } of this.#receivers) {
      intake.flush();
      rejections.stop();
    }
    if (!(await within(environment, timeoutMs, this.#commits.idle()))) {
      environment.log.error("NATS: the last messages could not be made durable", {
        messages: this.#commits.inFlightMessages,
        error: this.#commits.failure,
      });
    }
    await this.#link.stop();
  }

  #receiverOf(subscription: CoreSubscription): Receiver {
    const { environment, ingest } = this.#options;
    const counters = newSubscriptionCounters();
    const rejections = new RejectionLog(environment, subscription.subject);
    const intake = new Intake({
      ingest,
      cluster: subscription.cluster,
      counters,
      now: () => environment.clock.now(),
      sink: {
        stored: (messages, sizeBytes) => this.#noteStored(messages, sizeBytes),
        failed: (messages, error) => this.#noteFailed(messages, error),
        rejected: (lines, subject, reason) => rejections.add(lines, subject, reason),
      },
    });
    return { subscription, counters, intake, rejections, isFlushDue: false, refusal: undefined };
  }

  #subscribeAll(session: NatsSession): void {
    this.#tellOfGap(session);
    this.#lastServerId = session.serverId;
    this.#subscribed = [];
    for (const receiver of this.#receivers) this.#subscribe(session, receiver);
  }

  #subscribe(session: NatsSession, receiver: Receiver, retry = retryBackoff(this.#options.environment)): void {
    const { subject, queueGroup } = receiver.subscription;
    const subscription = session.subscribe(subject, {
      ...(queueGroup !== undefined && { queueGroup }),
      take: (message) => this.#take(receiver, message),
      onRefused: (error) => {
        this.#noteRefusal(receiver, messageOf(error));
        this.#options.environment.scheduler.after(retry.next(), () => {
          if (this.#link.session === session && !this.#isStopping) this.#subscribe(session, receiver, retry);
        });
      },
    });
    this.#subscribed.push(subscription);
  }

  /** All messages of one read of the socket come in one go; what they have brought is stored behind the last of them. */
  #take(receiver: Receiver, message: NatsMessage): void {
    receiver.refusal = undefined;
    receiver.intake.take(message);
    if (receiver.isFlushDue) return;
    receiver.isFlushDue = true;
    queueMicrotask(() => {
      receiver.isFlushDue = false;
      receiver.intake.flush();
    });
  }

  #noteStored(messages: readonly NatsMessage[], sizeBytes: number): void {
    this.#commits.add(messages, sizeBytes);
    if (this.#commits.inFlightBytes <= this.#options.maxInFlightBytes || this.#isStopping) return;
    if (this.#pausedSinceMs !== undefined) return;
    const { session } = this.#link;
    if (session === undefined) return;
    session.pauseReading();
    this.#pausedSinceMs = this.#options.environment.clock.monotonicMs();
    this.#pauses++;
  }

  #resumeIfRoom(): void {
    if (this.#pausedSinceMs === undefined) return;
    if (this.#commits.inFlightBytes > this.#options.maxInFlightBytes / 2) return;
    this.#endPause();
    this.#link.session?.resumeReading();
  }

  #endPause(): void {
    if (this.#pausedSinceMs === undefined) return;
    this.#lastPauseMs = this.#options.environment.clock.monotonicMs();
    this.#pausedMs += this.#lastPauseMs - this.#pausedSinceMs;
    this.#pausedSinceMs = undefined;
  }

  /** Nobody will send these again. */
  #noteFailed(messages: readonly NatsMessage[], error: unknown): void {
    this.#options.environment.log.error("NATS: messages lost", {
      messages: messages.length,
      subject: messages[0]?.subject,
      error: messageOf(error),
    });
  }

  #noteRefusal(receiver: Receiver, reason: string): void {
    if (receiver.refusal !== reason) {
      const { subject } = receiver.subscription;
      this.#options.environment.log.error("NATS: the server refuses a subscription; trying again for ever", {
        subject,
        reason,
      });
    }
    receiver.refusal = reason;
  }

  /** What is published before the next connection is lost, and so is what the server had waiting for this one. */
  #noteLoss(_session: NatsSession, reason: string): void {
    const { environment } = this.#options;
    this.#endPause();
    this.#subscribed = [];
    if (this.#isStopping) return;
    const sincePauseMs = environment.clock.monotonicMs() - this.#lastPauseMs;
    if (/slow consumer/i.test(reason) || sincePauseMs < BLAME_MS) {
      this.#possibleLosses.slowConsumer++;
      this.#lastLoss = `slow consumer: ${reason}`;
      environment.log.warn("NATS: the server has cut off this store as a slow consumer; messages are lost", { reason });
    } else {
      this.#possibleLosses.disconnected++;
      this.#lastLoss = reason;
    }
  }

  /** The same server is still there: it was not its restart that has ended the connection. */
  #tellOfGap({ serverId }: NatsSession): void {
    if (this.#lastServerId === undefined) return;
    const why = serverId === this.#lastServerId ? "the server had kept running" : "the server has been restarted";
    this.#options.environment.log.warn(
      "NATS: what was published on the core subscriptions while there was no connection is lost",
      { why },
    );
  }
}

function statusOfReceiver({ subscription, counters, refusal }: Receiver): Record<string, unknown> {
  const { subject, queueGroup, cluster } = subscription;
  return {
    subject,
    queueGroup: queueGroup ?? null,
    cluster,
    state: refusal === undefined ? "subscribed" : "refused",
    reason: refusal ?? null,
    lines: linesOf(counters),
    ...counters,
  };
}
