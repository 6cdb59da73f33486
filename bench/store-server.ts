// A store server in a process of its own, pegel or the reference: both take the same flags and the same configuration.
// No checkpoint comes due while it is measured, unless a question asks for one.

import { spawn, type ChildProcess } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { metricConfigs } from "./cluster.ts";
import { Connection, requestHead } from "./connection.ts";
import { newDirectory } from "./disk.ts";

/** A program and its first arguments. */
export type Command = readonly [string, ...string[]];

/** This pegel. */
export const pegelScript = fileURLToPath(new URL("pegel-server.js", import.meta.url));
export const pegelCommand: Command = [process.execPath, pegelScript];

export interface StoreServer {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the first answer that was not "loading". */
  readonly startMs: number;
  /** Ends the process at once, without a checkpoint, and removes its files; a directory that was given to it stays. */
  stop(): Promise<void>;
}

export interface ServerSettings {
  /** `wal`: binary checkpoints and a write-ahead log. `json`: what the reference has no log for. */
  readonly fileFormat?: "json" | "wal";
  /** The directory of checkpoints; else one that is thrown away. */
  readonly checkpointDirectory?: string;
  /** As in the configuration, `12h`. */
  readonly checkpointInterval?: string;
  /** How long samples stay in memory; then their checkpoint files are old. */
  readonly retention?: string;
  /** Old checkpoint files go there; else they are deleted. */
  readonly archiveDirectory?: string;
  /** What it is subscribed to, and where. */
  readonly nats?: { readonly address: string; readonly subscriptions: readonly object[] };
}

const START_TIMEOUT_MS = 60_000;
/** Short: what it takes to start is measured, too. */
const POLL_MS = 5;
/** Of what the server has written, shown when it does not start. */
const SHOWN_CHARS = 2000;

/** Starts the server and waits until it answers. Rejects, with what it wrote, when it does not. */
export async function startStoreServer(
  [program, ...args]: Command,
  settings: ServerSettings = {},
): Promise<StoreServer> {
  const directory = await newDirectory();
  const port = await freePort();
  const configPath = join(directory, "config.json");
  await writeFile(configPath, JSON.stringify(configFor(port, directory, settings)));
  const begin = performance.now();
  const server = spawn(program, [...args, "-config", configPath], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const collect = (text: string): void => {
    output = (output + text).slice(-SHOWN_CHARS);
  };
  server.stdout.on("data", (chunk: Buffer) => collect(chunk.toString()));
  server.stderr.on("data", (chunk: Buffer) => collect(chunk.toString()));
  server.once("error", (error) => collect(error.message));
  const ended = endOf(server);
  const isRunning = (): boolean => server.pid !== undefined && server.exitCode === null && server.signalCode === null;
  const stop = async (): Promise<void> => {
    server.kill("SIGKILL");
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  if (await answers(port, isRunning)) {
    return { port, pid: server.pid ?? 0, startMs: performance.now() - begin, stop };
  }
  await stop();
  throw new Error(`${program} does not answer on port ${port}; it wrote: ${output}`);
}

function configFor(port: number, directory: string, settings: ServerSettings): object {
  const {
    fileFormat = "json",
    checkpointDirectory = join(directory, "checkpoints"),
    checkpointInterval = "96h",
    retention = "96h",
    archiveDirectory,
    nats,
  } = settings;
  return {
    ...(nats !== undefined && { nats: { address: nats.address } }),
    main: { addr: `127.0.0.1:${port}` },
    metrics: metricConfigs(),
    "metric-store": {
      "retention-in-memory": retention,
      ...(archiveDirectory !== undefined && { cleanup: { mode: "archive", directory: archiveDirectory } }),
      // In GB, so that neither server frees anything.
      "memory-cap": 100,
      "checkpoint-interval": checkpointInterval,
      checkpoints: { "file-format": fileFormat, directory: checkpointDirectory },
      "nats-subscriptions": nats?.subscriptions ?? [],
    },
  };
}

/** Resolves when the process has ended, or could not be started at all. */
function endOf(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    server.once("exit", () => resolve());
    server.once("error", () => resolve());
  });
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === "string") reject(new Error("BUG: a TCP server without a port"));
        else resolve(address.port);
      });
    });
  });
}

/** Waits for the first answer; false when there is none in time, or nobody left to give it. */
async function answers(port: number, isRunning: () => boolean): Promise<boolean> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (isRunning() && performance.now() < deadline) {
    if (await answersNow(port)) return true;
    await delay(POLL_MS);
  }
  return false;
}

async function answersNow(port: number): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.open(port);
    const { status } = await connection.send(requestHead("GET", "/api/healthcheck", 2), Buffer.from("{}"));
    return status === 200;
  } catch {
    // Not yet listening: that is what is waited for.
    return false;
  } finally {
    connection?.close();
  }
}
