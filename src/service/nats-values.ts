// Values that only NATS knows: addresses, subjects, names. Error texts as in config-values.ts.

import { ConfigValueError, describeFound } from "./config-values.ts";

export interface NatsAddress {
  /** URLs without user and password. */
  readonly servers: readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

/**
 * One URL or several with commas between, as Go's client takes them: `nats://user:password@host:4222`, `host`,
 * `nats://token@host`.
 */
export function parseNatsAddress(text: string): NatsAddress {
  const urls = text.split(",").map((part) => parseServer(part.trim()));
  const schemes = new Set(urls.map(({ isWebSocket }) => isWebSocket));
  if (schemes.size > 1)
    throw new ConfigValueError("expected only ws:// and wss://, or only nats:// and tls://, found both");
  const identity = urls.find(({ user }) => user !== undefined);
  const servers = urls.map(({ server }) => server);
  if (identity?.user === undefined) return { servers };
  const { user, password } = identity;
  return password === undefined ? { servers, token: user } : { servers, user, password };
}

interface ServerUrl {
  readonly server: string;
  readonly isWebSocket: boolean;
  readonly user?: string;
  readonly password?: string;
}

const URL_PARTS =
  /^(?:(nats|tls|wss?):\/\/)?(?:([^@/\s:]*)(?::([^@/\s]*))?@)?((?:\[[0-9a-fA-F:.%]+\]|[^@/\s:[\]]+)(?::\d{1,5})?)(\/\S*)?$/i;

function parseServer(text: string): ServerUrl {
  const [, scheme = "nats", user, password, host, path = ""] = URL_PARTS.exec(text) ?? [];
  const isWebSocket = /^ws/i.test(scheme);
  const port = Number(/:(\d+)$/.exec(host ?? "")?.[1] ?? 1);
  if (host === undefined || port > MAX_PORT || (!isWebSocket && path.replace("/", "") !== "")) {
    // A password may be in it: it is told only where there is none.
    const found = text.includes("@") ? "something else" : describeFound(text);
    throw new ConfigValueError(
      `expected a NATS URL such as "nats://localhost:4222" or "wss://host:443", found ${found}`,
    );
  }
  return {
    server: `${scheme.toLowerCase()}://${host}${isWebSocket ? path : ""}`,
    isWebSocket,
    ...(user !== undefined && { user: decodeURIComponent(user) }),
    ...(password !== undefined && { password: decodeURIComponent(password) }),
  };
}

const MAX_PORT = 65_535;

/** Tokens with dots between them; `*` stands for one token, `>` for all that follow. */
export function parseNatsSubject(text: string): string {
  if (/\s/.test(text))
    throw new ConfigValueError(`expected a NATS subject without spaces, found ${describeFound(text)}`);
  const tokens = text.split(".");
  if (tokens.includes("") || tokens.slice(0, -1).includes(">")) {
    throw new ConfigValueError(
      `expected a NATS subject such as "hpc.*.metrics" or "hpc.>", found ${describeFound(text)}`,
    );
  }
  return text;
}

/** Names of streams, consumers, queue groups and domains become parts of subjects. */
export function parseNatsName(text: string): string {
  if (/[\s.*>/\\]/.test(text)) {
    throw new ConfigValueError(
      `expected a name without spaces, ".", "*", ">", "/" and "\\", found ${describeFound(text)}`,
    );
  }
  return text;
}
