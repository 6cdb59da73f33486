// Requests as bytes on a socket: what HTTP clients would not let a test send.

import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** One connection to a server on loopback. */
export class SocketClient {
  readonly socket: Socket;
  /** Resolves when the server has ended the connection. */
  readonly ended: Promise<void>;
  #received = "";
  #wake = (): void => {};
  #isOver = false;
  #isReady: boolean;
  /** What waits for the end of the handshake: on Deno a client that writes before may lose its answer. */
  readonly #unsent: (string | Uint8Array)[] = [];

  /** With TLS any certificate is good enough. */
  constructor(port: number, over: "tcp" | "tls" = "tcp") {
    const address = { port, host: "127.0.0.1" };
    this.#isReady = over === "tcp";
    this.socket = over === "tcp" ? connect(address) : connectTls({ ...address, rejectUnauthorized: false });
    this.socket.on("data", (piece) => {
      this.#received += piece.toString("latin1");
      this.#wake();
    });
    this.socket.on("error", () => {});
    this.socket.on("secureConnect", () => {
      for (const text of this.#unsent.splice(0)) this.socket.write(text);
      this.#isReady = true;
    });
    this.ended = new Promise((resolve) => {
      this.socket.on("close", () => {
        this.#isOver = true;
        this.#wake();
        resolve();
      });
    });
  }

  send(text: string | Uint8Array): this {
    if (this.#isReady) this.socket.write(text);
    else this.#unsent.push(text);
    return this;
  }

  /** The next answer with a Content-Length. */
  async answer(): Promise<Answer> {
    for (;;) {
      const headEnd = this.#received.indexOf("\r\n\r\n");
      if (headEnd !== -1) {
        const head = this.#received.slice(0, headEnd);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        const bodyStart = headEnd + 4;
        if (this.#received.length >= bodyStart + length) {
          const body = this.#received.slice(bodyStart, bodyStart + length);
          this.#received = this.#received.slice(bodyStart + length);
          return { status: Number(head.split(" ")[1]), head, body };
        }
      }
      if (this.#isOver) throw new Error(`the connection ended without an answer: ${JSON.stringify(this.#received)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The head of a request, with the empty line behind it. */
export function requestHead(requestLine: string, ...headers: string[]): string {
  return [`${requestLine} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");
}
