// What the store needs of the world outside, as narrow interfaces. node.ts, bun.ts and deno.ts implement them; memory.ts
// has the fakes. One conformance suite holds for all of them.

import type { ConnectNats } from "./nats-ports.ts";

// — Time —

export interface Clock {
  /** Unix seconds, not rounded. */
  now(): number;
  /** Milliseconds that never go back; only differences mean anything. */
  monotonicMs(): number;
}

export interface Scheduler {
  /**
   * Lets timers, network and others have the thread; resolves when it is the caller's turn again: after one turn of the
   * others, or when they had it for about `forMs`.
   */
  yieldToOthers(forMs?: number): Promise<void>;
  /** Runs `task` once, `delayMs` from now (at most 2^31 − 1). Returns what cancels it. Does not keep the process alive. */
  after(delayMs: number, task: () => void): () => void;
}

// — The process —

export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface Signals {
  /** Calls `handler` at every such signal instead of ending the process. Returns what takes the handler away. */
  on(signal: SignalName, handler: () => void): () => void;
}

/** Names as in the user database. */
export interface Identity {
  readonly user?: string;
  readonly group?: string;
}

export interface Process {
  exit(code: number): never;
  /**
   * Becomes another user for good: after binding, before the first request. Without `group` the user's own group.
   * @throws Error naming the user or group that is not known, or saying that the process may not
   */
  dropPrivileges(identity: Identity): void;
  /**
   * Tells the service manager that the start is over; does nothing when there is none.
   * Rejects when it could not; nothing else depends on it.
   */
  notifyReady(): Promise<void>;
}

// — Memory —

export interface MemoryUsage {
  /** Bytes of the process that are in physical memory: what the system and its limits see. */
  readonly rssBytes: number;
  /** Bytes of JavaScript objects; buffers of samples are not among them. */
  readonly heapBytes: number;
}

export interface Memory {
  usage(): MemoryUsage;
  /**
   * Collects garbage at once, so that memory that was dropped goes back to the system. Holds the thread for so long: tens
   * of milliseconds. Returns false where the runtime does not do that on demand.
   */
  collect(): boolean;
}

// — Threads —

/** One end of a line between two threads. Messages are structured clones and arrive in order. */
export interface WorkerPort {
  /** @param transfer memory that goes over without a copy: the sender loses it */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onMessage(handler: (message: unknown) => void): void;
}

/** A thread that runs a program of ours, seen from the one that started it. Does not keep the process alive while idle. */
export interface WorkerThread extends WorkerPort {
  /** Called once when the thread has failed or ended by itself: nothing comes from it any more. */
  onFailure(handler: (error: Error) => void): void;
  /** Ends it, whatever it does. */
  terminate(): Promise<void>;
}

// — The network —

/** The part of a Hono app that a server calls; `env.incoming` is the raw request. */
export interface FetchHandler {
  fetch(request: Request, env: object): Response | Promise<Response>;
}

export interface HttpServerOptions {
  /** Address or name to listen on; all interfaces if absent. */
  readonly hostname?: string;
  /** 0 = any free port. */
  readonly port: number;
  /** PEM files; without them the server speaks plain HTTP. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** A connection whose request headers are not complete by then is answered 408 and closed. */
  readonly headersTimeoutMs: number;
  /** The same for the whole request. A client that takes nothing of its answer for twice as long is cut off. */
  readonly bodyTimeoutMs: number;
  /** How long `close` waits for requests in flight. */
  readonly closeTimeoutMs: number;
  /** Failures of the listening socket once it listens: too many open files, and the like. */
  readonly onError: (error: Error) => void;
}

export interface HttpServer {
  /** The port listened on. */
  readonly port: number;
  /** Takes no more connections and resolves when the requests in flight are answered, or cut off after the time-out. */
  close(): Promise<void>;
  /**
   * Reads the certificate files again, for new connections. Rejects when they are unreadable or do not fit each other;
   * the old certificate then stays in use. Does nothing without TLS.
   */
  reloadTls(): Promise<void>;
}

export type StartHttpServer = (handler: FetchHandler, options: HttpServerOptions) => Promise<HttpServer>;

/** What a server has said. */
export interface ProbeAnswer {
  readonly status: number;
  /** The beginning of the body. */
  readonly text: string;
}

// — Compression —

export interface Gzip {
  compress(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  /** Decompresses piece by piece. Rejects with an Error on bytes that are no gzip stream. */
  decompress(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

// — Files —

/**
 * Files that survive a power cut once they are synced. Until then all of it may be lost, or any part: bytes are durable
 * after `datasync` of their file; a file's name (created, renamed, removed) after `syncDirectory` of its directory.
 * Paths are absolute or relative to the working directory, with `/`. Everything rejects with FileSystemError.
 */
export interface FileSystem {
  /** Opens a file to append to; `new` creates it and rejects if it exists, `existing` rejects if it does not. */
  openForAppend(path: string, which: "new" | "existing"): Promise<AppendFile>;
  /** Size of a file in bytes. */
  sizeOf(path: string): Promise<number>;
  /**
   * The bytes of [offset, offset + sizeBytes); fewer where the file ends before.
   * @param memory of `sizeBytes` at least: they may be put there, and what is returned be a view of it
   */
  readRange(
    path: string,
    offset: number,
    sizeBytes: number,
    memory?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Cuts a file to `sizeBytes` and syncs it. */
  truncate(path: string, sizeBytes: number): Promise<void>;
  /** Gives a file or directory another name, in one step; a file of that name is replaced. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a directory that is empty. */
  remove(path: string): Promise<void>;
  /** Makes a directory and those above it; content with those that exist. */
  makeDirectory(path: string): Promise<void>;
  /** What is in a directory, sorted by name. */
  list(path: string): Promise<DirectoryEntry[]>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Takes a directory for one store, until it gives it back or the program ends, in whatever way. Rejects with code
   * "locked" when a store has it, of this program or another, and the cause says which; with any other code when the
   * system cannot tell.
   * @param file a path below the directory, at which it may show that it is taken; a crash may leave something there
   */
  lock(directory: string, file: string): Promise<DirectoryLock>;
}

/** A directory that nobody else has meanwhile. */
export interface DirectoryLock {
  /** Gives it back, and leaves nothing. */
  release(): Promise<void>;
}

/** A file open for appending; one call at a time. */
export interface AppendFile {
  /** Bytes in the file: those found when it was opened and those appended since. */
  readonly sizeBytes: number;
  /** Writes the pieces one after the other at the end. After a failure the end of the file is not defined. */
  append(pieces: readonly Uint8Array[]): Promise<void>;
  /** Makes what was appended durable. After a failure nothing is known of it, and another try proves nothing. */
  datasync(): Promise<void>;
  /** Closes without syncing. */
  close(): Promise<void>;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "other";
}

export type FileSystemErrorCode =
  | "not-found"
  | "exists"
  | "not-allowed"
  | "no-space"
  | "not-empty"
  | "locked"
  | "other";

/** A file operation that failed: which, on what, and why. */
export class FileSystemError extends Error {
  readonly code: FileSystemErrorCode;
  readonly path: string;

  constructor(code: FileSystemErrorCode, operation: string, path: string, cause: unknown) {
    super(`${operation} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "FileSystemError";
    this.code = code;
    this.path = path;
  }
}

// — All of it —

/** What the build knows of itself. */
export interface BuildInfo {
  readonly version: string;
  readonly gitHash: string;
  readonly buildTime: string;
}

/** Everything that a runtime must bring for a store server to run on it. */
export interface Platform {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly memory: Memory;
  readonly signals: Signals;
  readonly process: Process;
  readonly gzip: Gzip;
  readonly startHttpServer: StartHttpServer;
  /** Asks a server on this machine, whatever its certificate says. Rejects when there is no answer in time. */
  readonly probe: (url: URL, timeoutMs: number) => Promise<ProbeAnswer>;
  /** Starts the thread that encodes archive files; it answers as `serveEncoder` does. */
  readonly startArchiveWorker: () => WorkerThread;
  readonly connectNats: ConnectNats;
  readonly files: FileSystem;
  /** Processor cores. */
  readonly cores: number;
  /** Text of a file; undefined if there is none. */
  readonly readText: (path: string) => Promise<string | undefined>;
  /** A file of the API documentation; undefined for one that was not built in. */
  readonly readSwaggerAsset: (name: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** One line for people to stdout. */
  readonly print: (line: string) => void;
  /** One line of the log to stderr. */
  readonly printError: (line: string) => void;
}
