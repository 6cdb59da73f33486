// Request bodies: piece by piece, decompressed, and never larger than their limit.

import { HttpError } from "./errors.ts";
import { rawRequestOf, type AppContext, type RawRequest } from "./raw-request.ts";
import type { Gzip } from "../runtime/ports.ts";
import type { Services } from "./services.ts";

/** Takes the pieces of a body in order; may throw to stop the reading. */
export type TakePiece = (piece: Uint8Array) => void;

export interface BodyLimit {
  /** The key in the configuration, for the client's operator to find. */
  readonly name: string;
  /** Counted after decompression. */
  readonly sizeBytes: number;
}

/**
 * Reads the body and hands over each piece as it comes.
 * @throws HttpError 413 too large, 415 unknown encoding, 400 broken gzip or body cut off; and what `take` throws
 */
export async function readBody(c: AppContext, gzip: Gzip, limit: BodyLimit, take: TakePiece): Promise<void> {
  const isCompressed = hasGzipBody(c);
  if (Number(c.req.header("content-length") ?? 0) > limit.sizeBytes) throw tooLarge(limit);
  const takeLimited = limited(limit, take);
  const incoming = rawRequestOf(c);
  if (incoming !== undefined && !isCompressed) return readEvents(incoming, takeLimited);
  const pieces = incoming === undefined ? webPieces(c.req.raw.body) : rawPieces(incoming);
  for await (const piece of isCompressed ? decompressed(gzip, pieces) : pieces) takeLimited(piece);
}

/** Reads a body of the size of a JSON request as a whole. Errors as `readBody`. */
export async function readJsonBody(c: AppContext, { gzip, limits }: Services): Promise<Uint8Array> {
  const limit = { name: "json-body-size-bytes", sizeBytes: limits.jsonBodySizeBytes };
  const pieces: Uint8Array[] = [];
  await readBody(c, gzip, limit, (piece) => pieces.push(piece));
  return joined(pieces);
}

function hasGzipBody(c: AppContext): boolean {
  const encoding = c.req.header("content-encoding")?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity") return false;
  if (encoding === "gzip" || encoding === "x-gzip") return true;
  throw new HttpError(415, `Content-Encoding: expected gzip or identity, found ${encoding}`, {
    headers: { "Accept-Encoding": "gzip" },
  });
}

function limited(limit: BodyLimit, take: TakePiece): TakePiece {
  let sizeBytes = 0;
  return (piece) => {
    sizeBytes += piece.length;
    if (sizeBytes > limit.sizeBytes) throw tooLarge(limit);
    take(piece);
  };
}

/** The fast way: no promise per piece. After a failure the rest flows by unread, so that the client gets its answer. */
function readEvents(incoming: RawRequest, take: TakePiece): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const onBreak = (): void => {
      if (!isOver) reject(cutOff());
      isOver = true;
    };
    incoming.on("data", (piece) => {
      if (isOver) return;
      try {
        take(piece);
      } catch (error) {
        isOver = true;
        reject(error);
      }
    });
    incoming.on("end", () => {
      isOver = true;
      resolve();
    });
    incoming.on("error", onBreak);
    incoming.on("close", onBreak); // after `end`, too; alone on runtimes that see no error in a lost connection
    if (incoming.destroyed && !incoming.readableEnded) onBreak();
  });
}

async function* rawPieces(incoming: RawRequest): AsyncGenerator<Uint8Array> {
  try {
    // Not `yield*`: it would pass a failure of the consumer on to the iterator, which then ends the connection.
    for await (const piece of incoming.iterator({ destroyOnReturn: false })) yield piece;
  } catch {
    throw cutOff();
  } finally {
    incoming.resume();
  }
}

async function* webPieces(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw cutOff();
      });
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

async function* decompressed(gzip: Gzip, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* gzip.decompress(pieces);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, `body: expected gzip (Content-Encoding), found: ${String(error)}`);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

function tooLarge({ name, sizeBytes }: BodyLimit): HttpError {
  return new HttpError(413, `body: expected at most ${sizeBytes} bytes (limit ${name}), found more`);
}

function cutOff(): HttpError {
  return new HttpError(400, "body: cut off before its end");
}
