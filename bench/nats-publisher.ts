// The process that publishes: minutes of a workload, encoded before, written to the server's socket as fast as that takes
// them. It speaks the few words of NATS's protocol that this needs, so that it does not slow down what is measured.

import { connect, type Socket } from "node:net";
import { clusterSeries, type HostCounts } from "./cluster.ts";
import { makeWorkload, setTime, type Message, type MessageSize } from "./workload.ts";

/** Sent by the parent: publishes minutes, each message to `subject`. Answered when the server has read them all. */
export interface PublishOrder {
  readonly subject: string;
  /** Unix seconds of the first minute. */
  readonly begin: number;
  readonly minutes: number;
  /** Messages that may wait for a stream's acknowledgement; without it nobody acknowledges. */
  readonly window?: number;
  /** Only as many bytes as were granted: those of a Grant that comes meanwhile, too. */
  readonly grantedBytes?: number;
}

/** Sent by the parent while it publishes: so many bytes of this order may be published all in all. */
export interface Grant {
  readonly grantedBytes: number;
}

/** Sent by the parent first of all. */
export interface PublisherSetup {
  readonly port: number;
  readonly hosts: HostCounts;
  readonly messageSize: MessageSize;
}

const REPLY = "bench.reply";
const CRLF = Buffer.from("\r\n");
const PONG = "PONG\r\n";
const MINUTE_SECONDS = 60;

class Publisher {
  readonly #socket: Socket;
  /** Two, since one may still be on its way while the other gets new timestamps. */
  readonly #workloads: readonly (readonly Message[])[];
  #acknowledged = 0;
  #tail = "";
  #grantedBytes = Infinity;
  #onGrant: () => void = () => {};
  #onPong: () => void = () => {};
  #onAcknowledgement: () => void = () => {};

  constructor({ port, hosts, messageSize }: PublisherSetup) {
    const names = clusterSeries(hosts);
    this.#workloads = [0, 1].map(() => makeWorkload(names, "host", messageSize).messages);
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk.toString("latin1")));
    this.#socket.write(`CONNECT {"verbose":false}\r\nSUB ${REPLY} 1\r\n`);
  }

  grant(bytes: number): void {
    this.#grantedBytes = bytes;
    this.#onGrant();
  }

  async publish({ subject, begin, minutes, window, grantedBytes = Infinity }: PublishOrder): Promise<void> {
    const reply = window === undefined ? "" : `${REPLY} `;
    let published = 0;
    let publishedBytes = 0;
    this.#grantedBytes = grantedBytes;
    this.#acknowledged = 0;
    for (let minute = 0; minute < minutes; minute++) {
      for (const message of this.#workloads[minute % 2]) {
        publishedBytes += message.bytes.length;
        while (publishedBytes > this.#grantedBytes) await new Promise<void>((resolve) => (this.#onGrant = resolve));
        setTime(message, begin + minute * MINUTE_SECONDS);
        this.#socket.cork();
        this.#socket.write(`PUB ${subject} ${reply}${message.bytes.length}\r\n`, "latin1");
        this.#socket.write(message.bytes);
        const hasRoom = this.#socket.write(CRLF);
        this.#socket.uncork();
        published++;
        if (!hasRoom) await new Promise((resolve) => this.#socket.once("drain", resolve));
        if (window !== undefined) await this.#untilAcknowledged(published - window);
      }
    }
    if (window !== undefined) await this.#untilAcknowledged(published);
    const read = new Promise<void>((resolve) => (this.#onPong = resolve));
    this.#socket.write("PING\r\n");
    await read;
  }

  async #untilAcknowledged(count: number): Promise<void> {
    while (this.#acknowledged < count) await new Promise<void>((resolve) => (this.#onAcknowledgement = resolve));
  }

  #take(chunk: string): void {
    const text = this.#tail + chunk;
    // Words of six letters that may be cut: five are looked at again.
    this.#tail = text.slice(-5);
    if (text.includes("PING\r\n")) this.#socket.write(PONG);
    if (text.includes(PONG)) this.#onPong();
    this.#acknowledged += text.split('"seq":').length - 1;
    this.#onAcknowledgement();
  }
}

let publisher: Publisher | undefined;

process.on("message", (order: PublisherSetup | PublishOrder | Grant) => {
  if ("port" in order) {
    publisher = new Publisher(order);
    process.send?.("ready");
    return;
  }
  if (publisher === undefined) throw new Error("BUG: orders before the setup");
  if (!("subject" in order)) return publisher.grant(order.grantedBytes);
  void publisher.publish(order).then(() => process.send?.("published"));
});
process.on("disconnect", () => process.exit());
