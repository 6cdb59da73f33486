// The HTTP server. `node:http` on all runtimes: clients of the original send GET with a body, which the native servers of
// Bun and Deno drop.

import { getRequestListener } from "@hono/node-server";
import { createServer, type RequestListener, type Server as HttpServer, type ServerOptions } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Server } from "node:net";
import type { FetchHandler, HttpServerOptions, StartHttpServer } from "../ports.ts";
import { readCertificate, type Certificate } from "./certificate.ts";
import { codeOf, messageOf } from "./errors.ts";

/** Longer than the minute between two posts of a collector: else each of them is the first of its connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** Overdue requests are looked for only so often; at half a minute, the default, time-outs would mean little. */
const TIMEOUT_CHECK_MS = 1000;
/** While it closes, a connection is idle for at most so long before it is closed. */
const IDLE_CHECK_MS = 20;

/** What takes the connections, and what answers the requests that come over them. Mostly the same object. */
export interface Listener {
  readonly sockets: Server;
  readonly requests: HttpServer;
  /** For connections from now on. */
  readonly useCertificate: (certificate: Certificate) => void;
}

/** How a runtime serves HTTP over TLS, with a certificate that changes while it listens. */
export type CreateTlsListener = (options: ServerOptions, certificate: Certificate, answer: RequestListener) => Listener;

/** Servers of HTTP, or HTTPS with `tls`. Starting rejects when they cannot listen or cannot use their certificate. */
export function httpServerStarter(createTlsListener: CreateTlsListener): StartHttpServer {
  return async (handler, options) => {
    const { tls, bodyTimeoutMs } = options;
    const answer = listenerOf(handler);
    const listener = tls
      ? createTlsListener(serverOptions(options), await readCertificate(tls), answer)
      : createPlainListener(serverOptions(options), answer);
    const { sockets, requests, useCertificate } = listener;
    // Twice, so that the request's time-out, which tells the client what is wrong, comes first.
    requests.timeout = 2 * bodyTimeoutMs;
    await listen(sockets, options);
    sockets.on("error", options.onError);
    return {
      port: portOf(sockets),
      close: () => close(listener, options.closeTimeoutMs),
      async reloadTls() {
        if (tls) useCertificate(await readCertificate(tls));
      },
    };
  };
}

export const startHttpServer = httpServerStarter((options, certificate, answer) => {
  const server = createHttpsServer({ ...options, ...certificate }, answer);
  return { sockets: server, requests: server, useCertificate: (changed) => server.setSecureContext(changed) };
});

function createPlainListener(options: ServerOptions, answer: RequestListener): Listener {
  const server = createServer(options, answer);
  return { sockets: server, requests: server, useCertificate() {} };
}

function serverOptions({ headersTimeoutMs, bodyTimeoutMs }: HttpServerOptions): ServerOptions {
  return {
    headersTimeout: headersTimeoutMs,
    requestTimeout: bodyTimeoutMs,
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, headersTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
}

function listenerOf(handler: FetchHandler): RequestListener {
  // An HTTP/1.0 request may come without a host; the name stands in for it.
  const answer = getRequestListener((request, env) => handler.fetch(request, env), { hostname: "localhost" });
  return (incoming, outgoing) => void answer(incoming, outgoing);
}

function listen(server: Server, { hostname, port }: HttpServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(listenError(error, `${hostname ?? "*"}:${port}`));
    server.once("error", fail);
    server.listen({ port, ...(hostname !== undefined && { host: hostname }) }, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

/** The operator looks for the address and the code, which Bun leaves out ("Is port 8080 in use?"). */
function listenError(error: Error, address: string): Error {
  const code = codeOf(error);
  if (code !== "EADDRINUSE" || messageOf(error).includes(code)) return error;
  const message = `listen ${code}: address already in use ${address}`;
  return Object.assign(new Error(message, { cause: error }), { code });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("BUG: the server listens on no port");
  return address.port;
}

async function close({ sockets, requests }: Listener, timeoutMs: number): Promise<void> {
  // `close` itself ends only the connections that are idle at that moment.
  const idleCheck = setInterval(() => requests.closeIdleConnections(), IDLE_CHECK_MS);
  const deadline = setTimeout(() => requests.closeAllConnections(), timeoutMs);
  await new Promise((resolve) => sockets.close(resolve));
  clearInterval(idleCheck);
  clearTimeout(deadline);
}
