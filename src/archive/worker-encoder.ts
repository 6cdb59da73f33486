// The encoder in a thread of its own, so that samples are taken while it works: both ends of the line between the threads.

import type { WorkerPort, WorkerThread } from "../runtime/ports.ts";
import { messageOf } from "../core/message-of.ts";
import type { ArchiveEncoder, EncodedEnd, EncodedHost, EncoderFile, EncoderHost } from "./ports.ts";

type Request =
  | { readonly kind: "begin"; readonly file: EncoderFile }
  | { readonly kind: "add-host"; readonly host: EncoderHost }
  | { readonly kind: "finish" };

type Reply = { readonly result: unknown } | { readonly failure: string };

/** What each kind of request is answered with. */
interface Results {
  readonly begin: Uint8Array<ArrayBuffer>;
  readonly "add-host": EncodedHost;
  readonly finish: EncodedEnd | undefined;
}

/** The end of the line that asks. */
export class WorkerEncoder implements ArchiveEncoder {
  readonly #thread: WorkerThread;
  #waiting: { resolve(result: unknown): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(thread: WorkerThread) {
    this.#thread = thread;
    thread.onMessage((message) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- serveEncoder wrote it
      const reply = message as Reply;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if ("failure" in reply) waiting?.reject(new Error(reply.failure));
      else waiting?.resolve(reply.result);
    });
    thread.onFailure((error) => {
      this.#failure = error;
      this.#waiting?.reject(error);
      this.#waiting = undefined;
    });
  }

  begin(file: EncoderFile): Promise<Uint8Array<ArrayBuffer>> {
    return this.#ask({ kind: "begin", file }, []);
  }

  addHost(host: EncoderHost): Promise<EncodedHost> {
    return this.#ask(
      { kind: "add-host", host },
      host.snapshots.map(({ bytes }) => bytes.buffer),
    );
  }

  finish(): Promise<EncodedEnd | undefined> {
    return this.#ask({ kind: "finish" }, []);
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask<K extends Request["kind"]>(
    request: Extract<Request, { kind: K }>,
    transfer: readonly ArrayBuffer[],
  ): Promise<Results[K]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#waiting !== undefined) return Promise.reject(new Error("BUG: the encoder takes one call at a time"));
    return new Promise((resolve, reject) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- serveEncoder answers each kind with its result
      this.#waiting = { resolve: (result) => resolve(result as Results[K]), reject };
      this.#thread.post(request, transfer);
    });
  }
}

/** The end that works: answers what comes in at `port` with the help of `encoder`, for as long as the thread lives. */
export function serveEncoder(port: WorkerPort, encoder: ArchiveEncoder): void {
  port.onMessage((message) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- WorkerEncoder wrote it
    answer(encoder, message as Request).then(
      ({ result, transfer }) => port.post({ result } satisfies Reply, transfer),
      (error: unknown) => port.post({ failure: messageOf(error) } satisfies Reply),
    );
  });
}

async function answer(
  encoder: ArchiveEncoder,
  request: Request,
): Promise<{ result: unknown; transfer: readonly ArrayBuffer[] }> {
  switch (request.kind) {
    case "begin": {
      const result = await encoder.begin(request.file);
      return { result, transfer: [result.buffer] };
    }
    case "add-host": {
      const result = await encoder.addHost(request.host);
      // The empty array is shared.
      return { result, transfer: result.rows === 0 ? [] : [result.bytes.buffer] };
    }
    default: {
      const result = await encoder.finish();
      return { result, transfer: result === undefined ? [] : [result.bytes.buffer] };
    }
  }
}
