// The ports on Node.js. Thin: what is decided here is only what Node makes necessary.

import { getRequestListener } from "@hono/node-server";
import { execFile } from "node:child_process";
import {
  constants,
  lstat,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  type FileHandle,
} from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer, Server as HttpsServer } from "node:https";
import { availableParallelism, userInfo } from "node:os";
import { Readable, pipeline } from "node:stream";
import { createSecureContext } from "node:tls";
import { promisify } from "node:util";
import { createGunzip, gzip } from "node:zlib";
import { FileSystemError } from "./ports.ts";
import type {
  AppendFile,
  BuildInfo,
  Clock,
  DirectoryEntry,
  FetchHandler,
  FileSystem,
  FileSystemErrorCode,
  Gzip,
  HttpServer,
  HttpServerOptions,
  Identity,
  Platform,
  Process,
  Scheduler,
  Signals,
} from "./ports.ts";

// — Time —

export const nodeClock: Clock = {
  now: () => Date.now() / 1000,
  monotonicMs: () => performance.now(),
};

export const nodeScheduler: Scheduler = {
  yieldToOthers: () => new Promise((resolve) => setImmediate(resolve)),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

// — The process —

export const nodeSignals: Signals = {
  on(signal, handler) {
    process.on(signal, handler);
    return () => void process.off(signal, handler);
  },
};

export const nodeProcess: Process = {
  exit: (code) => process.exit(code),
  dropPrivileges,
  notifyReady,
};

function dropPrivileges({ user, group }: Identity): void {
  if (user === undefined && group === undefined) return;
  const { setuid, setgid } = process;
  const { initgroups } = process as NodeJS.Process & Initgroups;
  if (setuid === undefined || setgid === undefined || initgroups === undefined) {
    throw new Error("user, group: this system has no users to switch to");
  }
  // The user last: it may not change groups any more. Only root may set the further groups, or has any to lose.
  const isRoot = process.getuid?.() === 0;
  const groupId = group ?? (user !== undefined && isRoot ? primaryGroupOf(user) : undefined);
  if (groupId !== undefined) asking(`group ${groupId}`, () => setgid(groupId));
  if (user !== undefined && groupId !== undefined && isRoot) asking(`user ${user}`, () => initgroups(user, groupId));
  if (user !== undefined) asking(`user ${user}`, () => setuid(user));
}

/** Missing in the types of Node 20. */
interface Initgroups {
  readonly initgroups?: (user: string, extraGroup: string | number) => void;
}

/** Node asks the user database only about the user it runs as, so it runs as that user for the question. */
function primaryGroupOf(user: string): number {
  asking(`user ${user}`, () => process.seteuid?.(user));
  try {
    return userInfo().gid;
  } finally {
    process.seteuid?.(0);
  }
}

function asking(whom: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    const reason = codeOf(error) === "EPERM" ? "only root may switch to it" : messageOf(error);
    throw new Error(`${whom}: ${reason}`, { cause: error });
  }
}

/** systemd-notify waits until its message was read, for ever if need be. */
const NOTIFY_TIMEOUT_MS = 10_000;

/** systemd wants a datagram on a Unix socket, which Node cannot send. The unit needs `NotifyAccess=all`. */
async function notifyReady(): Promise<void> {
  if (process.env["NOTIFY_SOCKET"] === undefined) return;
  const notification = ["--ready", `--pid=${process.pid}`];
  await promisify(execFile)("systemd-notify", notification, { timeout: NOTIFY_TIMEOUT_MS });
}

// — The network —

/** Longer than the minute between two posts of a collector: else each of them is the first of its connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** Node looks for overdue requests only so often; at half a minute, its default, time-outs would mean little. */
const TIMEOUT_CHECK_MS = 1000;
/** While it closes, a connection is idle for at most so long before it is closed. */
const IDLE_CHECK_MS = 20;

/** Starts a server of HTTP, or HTTPS with `tls`. Rejects when it cannot listen or the certificate cannot be used. */
export async function startHttpServer(handler: FetchHandler, options: HttpServerOptions): Promise<HttpServer> {
  const { tls, headersTimeoutMs, bodyTimeoutMs } = options;
  const serverOptions = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: bodyTimeoutMs,
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, headersTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
  // An HTTP/1.0 request may come without a host; the name stands in for it.
  const answer = getRequestListener((request, env) => handler.fetch(request, env), { hostname: "localhost" });
  const listener: RequestListener = (incoming, outgoing) => void answer(incoming, outgoing);
  const server = tls
    ? createHttpsServer({ ...serverOptions, ...(await readCertificate(tls)) }, listener)
    : createHttpServer(serverOptions, listener);
  // Twice, so that the request's time-out, which tells the client what is wrong, comes first.
  server.timeout = 2 * bodyTimeoutMs;
  await listen(server, options);
  server.on("error", options.onError);
  return {
    port: portOf(server),
    close: () => close(server, options.closeTimeoutMs),
    async reloadTls() {
      if (tls && server instanceof HttpsServer) server.setSecureContext(await readCertificate(tls));
    },
  };
}

/** @throws Error if a file cannot be read or the two do not fit each other */
async function readCertificate(files: { certFile: string; keyFile: string }): Promise<{ cert: string; key: string }> {
  const [cert, key] = await Promise.all([readFile(files.certFile, "utf8"), readFile(files.keyFile, "utf8")]);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new Error(`${files.certFile}, ${files.keyFile}: ${messageOf(error)}`, { cause: error });
  }
  return { cert, key };
}

function listen(server: Server | HttpsServer, { hostname, port }: HttpServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(hostname !== undefined && { host: hostname }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function portOf(server: Server | HttpsServer): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("BUG: the server listens on no port");
  return address.port;
}

async function close(server: Server | HttpsServer, timeoutMs: number): Promise<void> {
  // `close` itself ends only the connections that are idle at that moment.
  const idleCheck = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const deadline = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(idleCheck);
  clearTimeout(deadline);
}

// — Compression —

/** The fastest level: the others cost the one thread more time than they save on the wire. */
const GZIP_LEVEL = 1;

export const nodeGzip: Gzip = {
  async compress(bytes) {
    return new Uint8Array(await promisify(gzip)(bytes, { level: GZIP_LEVEL }));
  },
  decompress(chunks) {
    const gunzip = createGunzip();
    // Failures of the source and of the format both come out of `gunzip`, which the caller reads.
    pipeline(Readable.from(chunks), gunzip, () => {});
    return gunzip;
  },
};

// — The program's own files —

/** What `-version` prints, as the build has written it. */
export async function readBuildInfo(): Promise<BuildInfo> {
  const text = await readFile(new URL("../build-info.json", import.meta.url), "utf8");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- scripts/build.mjs wrote it
  return JSON.parse(text) as BuildInfo;
}

/** Reads the files of the API documentation; undefined for one that was not built in. */
export async function readSwaggerAsset(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = new URL(`../http/swagger-ui/${name}`, import.meta.url);
  return readFile(path).then(
    (bytes) => new Uint8Array(bytes),
    () => undefined,
  );
}

// — Files —

/** Or a file given by mistake would be synced, and the names that the caller cares for would not. */
const ONLY_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;

export const nodeFileSystem: FileSystem = {
  openForAppend: (path, which) =>
    tried("open", path, async () => {
      const create = which === "new" ? constants.O_CREAT | constants.O_EXCL : 0;
      const handle = await open(path, constants.O_WRONLY | constants.O_APPEND | create);
      return new NodeAppendFile(path, handle, (await handle.stat()).size);
    }),
  sizeOf: (path) => tried("stat", path, async () => (await stat(path)).size),
  readRange: (path, offset, sizeBytes) =>
    tried("read", path, () => withFile(path, "r", (handle) => readFully(handle, offset, sizeBytes))),
  truncate: (path, sizeBytes) =>
    tried("truncate", path, () =>
      withFile(path, "r+", async (handle) => {
        await handle.truncate(sizeBytes);
        await handle.sync();
      }),
    ),
  rename: (from, to) => tried("rename", from, () => rename(from, to)),
  remove: (path) => tried("remove", path, async () => ((await lstat(path)).isDirectory() ? rmdir(path) : rm(path))),
  makeDirectory: (path) => tried("mkdir", path, async () => void (await mkdir(path, { recursive: true }))),
  list: (path) => tried("list", path, () => listSorted(path)),
  syncDirectory: (path) => tried("fsync", path, () => withFile(path, ONLY_DIRECTORY, (handle) => handle.sync())),
};

class NodeAppendFile implements AppendFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #sizeBytes: number;

  constructor(path: string, handle: FileHandle, sizeBytes: number) {
    this.#path = path;
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async append(pieces: readonly Uint8Array[]): Promise<void> {
    await tried("write", this.#path, async () => {
      // All at once: a host's records of some seconds are thousands of small pieces, and each call is a task for a thread.
      for (let rest = behind(pieces, 0); rest.length > 0;) {
        const { bytesWritten } = await this.#handle.writev(rest);
        this.#sizeBytes += bytesWritten;
        rest = behind(rest, bytesWritten);
      }
    });
  }

  datasync(): Promise<void> {
    return tried("fdatasync", this.#path, () => this.#handle.datasync());
  }

  close(): Promise<void> {
    return tried("close", this.#path, () => this.#handle.close());
  }
}

/** What of the pieces is left when so many bytes are written; empty ones never are. */
function behind(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array[] {
  let toSkip = sizeBytes;
  return pieces.flatMap((piece) => {
    const skipped = Math.min(toSkip, piece.length);
    toSkip -= skipped;
    return skipped === piece.length ? [] : piece.subarray(skipped);
  });
}

async function withFile<T>(path: string, flags: string | number, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, flags);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

async function readFully(handle: FileHandle, offset: number, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const available = Math.max(0, Math.min(sizeBytes, (await handle.stat()).size - offset));
  const bytes = new Uint8Array(available);
  let filled = 0;
  while (filled < available) {
    const { bytesRead } = await handle.read(bytes, filled, available - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function listSorted(path: string): Promise<DirectoryEntry[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .map((entry): DirectoryEntry => {
      const kind = entry.isFile() ? "file" : entry.isDirectory() ? "directory" : "other";
      return { name: entry.name, kind };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const ERROR_CODES: ReadonlyMap<unknown, FileSystemErrorCode> = new Map([
  ["ENOENT", "not-found"],
  ["EEXIST", "exists"],
  ["EACCES", "not-allowed"],
  ["EPERM", "not-allowed"],
  ["ENOSPC", "no-space"],
  ["EDQUOT", "no-space"],
  ["ENOTEMPTY", "not-empty"],
]);

async function tried<T>(operation: string, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new FileSystemError(ERROR_CODES.get(codeOf(error)) ?? "other", operation, path, error);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// — All of it —

export const nodePlatform: Platform = {
  clock: nodeClock,
  scheduler: nodeScheduler,
  signals: nodeSignals,
  process: nodeProcess,
  gzip: nodeGzip,
  startHttpServer,
  files: nodeFileSystem,
  cores: availableParallelism(),
  readSwaggerAsset,
  async readText(path) {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  },
  print: (line) => void process.stdout.write(`${line}\n`),
  printError: (line) => void process.stderr.write(`${line}\n`),
};
