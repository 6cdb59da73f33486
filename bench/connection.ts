// One keep-alive connection of the load generator: as little HTTP as it takes, so that the client's share of the two
// cores is small and the same for both servers. Requests are given whole, as bytes; replies are read by length or chunks.

import { connect, type Socket } from "node:net";

export interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

const HEAD_END = "\r\n\r\n";
const LINE_END = "\r\n";
const NOTHING = Buffer.alloc(0);

/** The bytes of a request in front of its body. */
export function requestHead(method: "GET" | "POST", path: string, bodyBytes: number): string {
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${bodyBytes}${HEAD_END}`;
}

export class Connection {
  readonly #socket: Socket;
  #received: Buffer = NOTHING;
  #waiting: Waiting | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
    socket.on("error", (error) => this.#fail(error));
  }

  /** Connects to a port of this machine. Rejects with the socket's error. */
  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Sends one request; resolves with its reply. The next may be sent only then. */
  send(head: string, body: Uint8Array): Promise<Reply> {
    if (this.#waiting !== undefined) throw new Error("BUG: the last reply is still to come");
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.cork();
      this.#socket.write(head, "latin1");
      this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let reply: Reply | undefined;
    try {
      reply = readReply(this.#received);
    } catch (error) {
      return this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    if (reply === undefined) return;
    this.#received = NOTHING;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(reply);
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

/** The reply that `bytes` are, or undefined while the end of it is missing. */
function readReply(bytes: Buffer): Reply | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const head = bytes.toString("latin1", 0, headEnd).toLowerCase();
  const status = Number(head.slice(9, 12));
  const rest = bytes.subarray(headEnd + HEAD_END.length);
  const length = /\ncontent-length: *(\d+)/.exec(head)?.[1];
  if (length !== undefined) return rest.length < Number(length) ? undefined : { status, body: rest };
  if (!head.includes("transfer-encoding: chunked")) throw new Error(`a reply without length: ${head}`);
  const body = readChunks(rest);
  return body === undefined ? undefined : { status, body };
}

function readChunks(bytes: Buffer): Buffer | undefined {
  if (!bytes.subarray(-5).equals(Buffer.from(`0${HEAD_END}`))) return undefined;
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const sizeEnd = bytes.indexOf(LINE_END, position);
    const size = Number.parseInt(bytes.toString("latin1", position, sizeEnd), 16);
    if (sizeEnd === -1 || !Number.isInteger(size)) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    position = sizeEnd + LINE_END.length;
    if (position + size > bytes.length) return undefined;
    chunks.push(bytes.subarray(position, position + size));
    position += size + LINE_END.length;
  }
}
