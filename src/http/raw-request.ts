// The request as it came over the wire. The Web `Request` does not have all of it: no body with GET, no path that was
// not cleaned. The adapters of all runtimes listen with node:http and pass its request on as `c.env.incoming`.

import type { Context } from "hono";

/** What the routes use of node:http's IncomingMessage. */
export interface RawRequest {
  /** Path and query as sent. */
  readonly url?: string | undefined;
  readonly destroyed: boolean;
  readonly readableEnded: boolean;
  on(event: "data", listener: (piece: Uint8Array) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Reads on; pieces that nobody listens for are thrown away. */
  resume(): unknown;
  /** The pieces of the body. With `destroyOnReturn: false` the connection survives a reader that stops early. */
  iterator(options: { destroyOnReturn: boolean }): AsyncIterable<Uint8Array>;
}

export interface Bindings {
  readonly incoming?: RawRequest;
}

export type AppContext = Context<{ Bindings: Bindings }>;
export type RouteHandler = (c: AppContext) => Response | Promise<Response>;

/** The raw request; undefined where no node:http server is in front (tests, edge hosts). */
export function rawRequestOf(c: AppContext): RawRequest | undefined {
  const env: Bindings | undefined = c.env;
  return env?.incoming;
}

/** Path and query of a request. */
export interface Target {
  readonly path: string;
  /** Behind the `?`, not percent-decoded; empty if there is none. */
  readonly query: string;
}

/** Path and query as sent, or as near to it as the host lets us see. */
export function targetOf(c: AppContext): Target {
  const sent = rawRequestOf(c)?.url;
  const target = sent?.startsWith("/") ? sent : withoutOrigin(c.req.url);
  const question = target.indexOf("?");
  if (question === -1) return { path: target, query: "" };
  return { path: target.slice(0, question), query: target.slice(question + 1) };
}

function withoutOrigin(url: string): string {
  const pathStart = url.indexOf("/", url.indexOf("//") + 2);
  return pathStart === -1 ? "/" : url.slice(pathStart);
}
