// NATS over the clients of nats.io: TCP and TLS by transport-node, WebSocket by nats-core over `ws`, which all three runtimes
// can run (Node 20 has no WebSocket of its own) and which, other than the browser's, can leave its socket unread.

import {
  credsAuthenticator,
  createInbox,
  errors,
  wsconnect,
  type ConnectionOptions,
  type NatsConnection,
  type TlsOptions,
} from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { readFile } from "node:fs/promises";
import { WebSocket } from "ws";
import {
  NoRespondersError,
  type NatsSession,
  type NatsSettings,
  type NatsSubscription,
  type NatsTls,
} from "../nats-ports.ts";
import { messageOf } from "./errors.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** A peer that has vanished without a word is noticed after three of these. */
const PING_INTERVAL_MS = 30_000;

/** Of `nats.ws`, known to nats-core but missing in its types. */
interface WebSocketOptions extends ConnectionOptions {
  readonly wsFactory: (url: string) => Promise<{ socket: WebSocket; encrypted: boolean }>;
}

/** Connects once; see ConnectNats. */
export async function connectNats(settings: NatsSettings): Promise<NatsSession> {
  const { servers, tls } = settings;
  const options: ConnectionOptions = {
    servers: [...servers],
    name: "pegel",
    // Whoever holds the session makes a new one; so each failure has its reason, and files are read anew.
    reconnect: false,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    ...(await authentication(settings)),
  };
  try {
    if (servers.some((server) => /^wss?:/i.test(server))) {
      const wsOptions: WebSocketOptions = { ...options, wsFactory: await webSocketFactory(tls) };
      return sessionOf(await wsconnect(wsOptions));
    }
    const tlsOptions = tlsOf(servers, tls);
    return sessionOf(await connect(tlsOptions === undefined ? options : { ...options, tls: tlsOptions }));
  } catch (error) {
    throw new Error(`${servers.join(", ")}: ${connectReason(error)}`, { cause: error });
  }
}

async function authentication({ user, password, token, credsFile }: NatsSettings): Promise<ConnectionOptions> {
  if (credsFile !== undefined) return { authenticator: credsAuthenticator(await readFile(credsFile)) };
  if (token !== undefined) return { token };
  return user === undefined ? {} : { user, ...(password !== undefined && { pass: password }) };
}

function tlsOf(servers: readonly string[], tls: NatsTls | undefined): TlsOptions | undefined {
  return tls ?? (servers.some((server) => /^tls:/i.test(server)) ? {} : undefined);
}

async function webSocketFactory(tls: NatsTls | undefined): Promise<WebSocketOptions["wsFactory"]> {
  const [ca, cert, key] = await Promise.all([tls?.caFile, tls?.certFile, tls?.keyFile].map(readOptional));
  const files = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return async (url) => ({ socket: new WebSocket(url, files), encrypted: /^wss:/i.test(url) });
}

async function readOptional(path: string | undefined): Promise<Buffer | undefined> {
  return path === undefined ? undefined : readFile(path);
}

function connectReason(error: unknown): string {
  const message = messageOf(error);
  if (error instanceof errors.AuthorizationError) return `the server refuses the credentials (${message})`;
  return message === "" ? "the server does not answer" : message;
}

function sessionOf(connection: NatsConnection): NatsSession {
  let lastError: Error | undefined;
  void (async () => {
    // What the server says before it hangs up is the reason; but it says what is not allowed without hanging up.
    for await (const status of connection.status()) {
      if (status.type === "error" && !(status.error instanceof errors.PermissionViolationError))
        lastError = status.error;
    }
  })();
  return {
    server: connection.getServer(),
    serverId: connection.info?.server_id ?? "",
    maxPayloadBytes: connection.info?.max_payload ?? 0,
    ended: connection.closed().then((error) => (error instanceof Error ? error : lastError)),
    subscribe(subject, { queueGroup, take, onRefused }) {
      if (connection.isClosed()) return ENDED;
      return connection.subscribe(subject, {
        ...(queueGroup !== undefined && { queue: queueGroup }),
        callback: (error, message) => (error === null ? take(message) : onRefused(error)),
      });
    },
    publish(subject, payload, reply) {
      if (!connection.isClosed()) connection.publish(subject, payload, reply === undefined ? {} : { reply });
    },
    async request(subject, payload, timeoutMs) {
      try {
        return await connection.request(subject, payload, { timeout: timeoutMs });
      } catch (error) {
        throw isNoResponders(error) ? new NoRespondersError(subject) : error;
      }
    },
    newInbox: () => createInbox(),
    flush: () => connection.flush(),
    pauseReading: () => socketOf(connection)?.pause(),
    resumeReading: () => socketOf(connection)?.resume(),
    close: () => connection.close(),
  };
}

/** Of a connection that has ended while it was handed on. */
const ENDED: NatsSubscription = { drain: async () => {}, unsubscribe: () => {} };

function isNoResponders(error: unknown): boolean {
  return error instanceof errors.NoRespondersError || (error instanceof errors.RequestError && error.isNoResponders());
}

/** A TCP, TLS or WebSocket. */
interface Pausable {
  readonly pause: () => unknown;
  readonly resume: () => unknown;
}

/** The clients have no way to leave the socket unread, as back-pressure wants it. */
function socketOf(connection: NatsConnection): Pausable | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- inside of nats-core; the tests of back-pressure hold it
  const { protocol } = connection as unknown as { protocol?: { transport?: { socket?: Pausable } } };
  return protocol?.transport?.socket;
}
