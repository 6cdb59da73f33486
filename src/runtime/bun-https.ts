// HTTPS on Bun. Its own server keeps the first certificate for ever, but its TLS server takes another while it listens:
// so that one listens, and hands its connections to a server of HTTP. What that server leaves out for connections which
// are handed to it, time-outs and the refusal of requests without Host, is done here.

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { CreateTlsListener } from "./node/http-server.ts";

export const createTlsListener: CreateTlsListener = (options, certificate, answer) => {
  const { headersTimeout = 0, requestTimeout = 0 } = options;
  const watches = new WeakMap<Socket, RequestWatch>();
  const requests = createServer(options, withHost(answer));
  // Before the answer is begun, which may end the request.
  requests.prependListener("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    watches.get(incoming.socket)?.onRequest(incoming, outgoing);
  });
  const sockets = createTlsServer({ ...certificate, ALPNProtocols: ["http/1.1"] }, (socket) => {
    watches.set(socket, new RequestWatch(socket, headersTimeout, requestTimeout));
    socket.setTimeout(requests.timeout, () => socket.destroy());
    requests.emit("connection", socket);
  });
  return { sockets, requests, useCertificate: (changed) => sockets.setSecureContext(changed) };
};

function withHost(answer: RequestListener): RequestListener {
  return (incoming, outgoing) => {
    if (incoming.headers.host !== undefined || incoming.httpVersion === "1.0") return answer(incoming, outgoing);
    outgoing.writeHead(400, { Connection: "close" }).end();
  };
}

const TOO_LATE = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n";

/** Cuts off a connection whose request is not there in time, as `node:http` does: headers first, then all of it. */
class RequestWatch {
  readonly #socket: Socket;
  readonly #headersTimeoutMs: number;
  readonly #requestTimeoutMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #begunAt = 0;
  #isIdle = false;

  constructor(socket: Socket, headersTimeoutMs: number, requestTimeoutMs: number) {
    this.#socket = socket;
    this.#headersTimeoutMs = headersTimeoutMs;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#begin();
    socket.on("data", () => {
      if (this.#isIdle) this.#begin();
    });
    socket.on("close", () => clearTimeout(this.#timer));
  }

  onRequest(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const passedMs = performance.now() - this.#begunAt;
    this.#endAfter(this.#requestTimeoutMs - passedMs);
    incoming.on("end", () => clearTimeout(this.#timer));
    outgoing.on("finish", () => {
      // Of an answer that came before the end of its request the rest is still due.
      this.#isIdle = incoming.complete;
    });
  }

  #begin(): void {
    this.#isIdle = false;
    this.#begunAt = performance.now();
    this.#endAfter(this.#headersTimeoutMs);
  }

  #endAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.end(TOO_LATE, () => this.#socket.destroy()), Math.max(0, ms)).unref();
  }
}
