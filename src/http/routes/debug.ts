// GET /api/debug?selector=cluster:host:…: the tree of levels and their buffers, for people.

import { JSON_TYPE } from "../errors.ts";
import type { RouteHandler } from "../raw-request.ts";
import type { Services } from "../services.ts";

/** The dump of a large store is some 10 MB: it is made and sent in parts of about this size. */
const PART_SIZE_CHARS = 64 * 1024;

const utf8 = new TextEncoder();

export function debugRoute(services: Services): RouteHandler {
  return (c) => {
    const selector = c.req.query("selector") ?? "";
    const pieces = services.store.debugDump(selector === "" ? [] : selector.split(":"));
    const body = streamOf(parts(envelope(pieces)), services.yieldToOthers);
    return new Response(body, { headers: { "Content-Type": JSON_TYPE } });
  };
}

function* envelope(pieces: Iterable<string>): Generator<string> {
  yield '{"data":{\n';
  yield* pieces;
  yield "}}\n";
}

/** Joins pieces until they are worth sending. */
function* parts(pieces: Iterable<string>): Generator<string> {
  let part = "";
  for (const piece of pieces) {
    part += piece;
    if (part.length < PART_SIZE_CHARS) continue;
    yield part;
    part = "";
  }
  yield part;
}

/** A part is made only when the client has taken the one before, and others get their turn in between. */
function streamOf(texts: Generator<string>, yieldToOthers: () => Promise<void>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await yieldToOthers();
      const { done, value } = texts.next();
      if (done) controller.close();
      else controller.enqueue(utf8.encode(value));
    },
    cancel() {
      texts.return(undefined);
    },
  });
}
