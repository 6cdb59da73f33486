// A client without manners: a bare TCP connection that sends what it is told, when it is told.
import { connect, type Socket } from "node:net";

export interface RawConnection {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** All that has come so far. */
  received(): string;
  /** Resolves with all that has come once `isEnough` says so or the other side has closed; rejects after 10 s. */
  receive(isEnough?: (received: string) => boolean): Promise<string>;
  /** Whether the other side has closed the connection. */
  isClosed(): boolean;
  destroy(): void;
}

const TIMEOUT_MS = 10_000;

/** @param allowHalfOpen the client's own end of sending does not end its receiving */
export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
  const pieces: Buffer[] = [];
  let isClosed = false;
  const received = (): string => Buffer.concat(pieces).toString("latin1");
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  // A reset is a way of closing: what the tests ask is what came before it.
  socket.on("error", () => {});
  for (const event of ["end", "close"]) socket.on(event, () => (isClosed = true));
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    received,
    receive: (isEnough) => receive(socket, received, () => isClosed || isEnough?.(received()) === true),
    isClosed: () => isClosed,
    destroy: () => void socket.destroy(),
  };
}

function receive(socket: Socket, received: () => string, isOver: () => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = (): void =>
      reject(new Error(`no end after ${TIMEOUT_MS} ms, ${received().length} bytes: ${received().slice(0, 300)}`));
    const timer = setTimeout(late, TIMEOUT_MS);
    const check = (): void => {
      if (!isOver()) return;
      clearTimeout(timer);
      resolve(received());
    };
    for (const event of ["data", "end", "close"]) socket.on(event, check);
    check();
  });
}

/** Sends `bytes` on a connection of its own and returns all that comes back before the server closes it. */
export async function exchange(port: number, ...bytes: readonly (string | Uint8Array)[]): Promise<string> {
  const connection = await openConnection(port);
  try {
    for (const part of bytes) connection.send(part);
    return await connection.receive();
  } finally {
    connection.destroy();
  }
}

/** The status codes of the answers in a stream of them. */
export function statusCodes(received: string): number[] {
  return Array.from(received.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, code]) => Number(code));
}
