// The built program as a process of its own: started, asked over HTTP, and ended in whatever way a test wants.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { runtimeCommand } from "./runtime.ts";
import { send, type ClientAnswer, type TestConfig } from "./store-process.ts";

export const mainScript = fileURLToPath(new URL("../../dist/service/main.js", import.meta.url));
export const demoScript = fileURLToPath(new URL("../../dist/service/demo.js", import.meta.url));

/** How a process ended; one of the two is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** Sends a signal at once; content if the process has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Resolves once it has printed something that matches; rejects if it ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the port once it says that it listens, which is when it is loaded. */
  listening(): Promise<number>;
}

export interface ProgramOptions {
  readonly script?: string;
  /** A program to run instead of the script on this runtime. */
  readonly binary?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** "all" (default): `env` on top of that of the tests; "none": `env` alone. */
  readonly inheritEnv?: "all" | "none";
}

const START_TIMEOUT_MS = 20_000;
const running = new Set<ChildProcess>();
process.once("exit", killAll);

/** Ends whatever tests have left running. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Starts the program with the arguments that follow its name. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const { script = mainScript, binary, cwd, env, inheritEnv = "all" } = options;
  const [program, ...programArgs] = binary === undefined ? [...runtimeCommand, script] : [binary];
  const child = spawn(program, [...programArgs, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd !== undefined && { cwd }),
    env: { ...(inheritEnv === "all" && process.env), ...env },
  });
  running.add(child);
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => (output[stream] += text));
  }
  // "close" comes when the output has been read to its end, too.
  const exited = new Promise<Exit>((resolve) => {
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new Error(`${why} without printing ${String(pattern)}:\n${output.stdout}\n${output.stderr}`));
      const timer = setTimeout(() => fail(`${START_TIMEOUT_MS} ms passed`), START_TIMEOUT_MS);
      const look = (): void => {
        const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
        if (match === null) return;
        clearTimeout(timer);
        resolve(match);
      };
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      look();
      child.once("close", (code, signal) => {
        clearTimeout(timer);
        look();
        fail(`it ended (code ${code}, signal ${signal})`);
      });
    });
  return {
    pid: child.pid ?? 0,
    exited,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    kill: (signal) => sendSignal(child, signal),
    printed,
    listening: async () => Number((await printed(/listens on https?:\/\/.*:(\d+)/))[1]),
  };
}

/** Not by `child.kill`: on Deno that would make the signal what the child ended by, whatever it did. */
function sendSignal({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(pid, signal);
}

/** Runs the program to its end. */
export async function runProgram(
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const program = startProgram(args, options);
  const exit = await program.exited;
  return { ...exit, stdout: program.stdout(), stderr: program.stderr() };
}

// — Configurations and directories —

/** A directory for one test, and a function that removes it. */
export function temporaryDirectory(): { directory: string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), "pegel-program-"));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Writes a configuration whose checkpoints are in `directory`/checkpoints. Returns the path of the file. */
export function writeConfig(directory: string, config: TestConfig = {}): string {
  const { main, metrics, "metric-store": metricStore, ...others } = config;
  const document = {
    ...others,
    metrics: metrics ?? { load: { frequency: 10, aggregation: "avg" }, power: { frequency: 10, aggregation: "sum" } },
    main: { addr: "127.0.0.1:0", ...main },
    "metric-store": {
      "retention-in-memory": "48h",
      "memory-cap": 0,
      ...metricStore,
      checkpoints: {
        directory: join(directory, "checkpoints"),
        ...(metricStore?.["checkpoints"] as object | undefined),
      },
    },
  };
  const path = join(directory, "config.json");
  writeFileSync(path, JSON.stringify(document));
  return path;
}

/** Below those that the system gives to clients: one of these may be taken between here and its use. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/** A port that was free a moment ago; by chance, since tests run side by side. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** The first answer of a server that is only just starting: tries until there is one. */
export async function firstAnswer(port: number, path: string, body?: string): Promise<ClientAnswer> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      return await send(port, body === undefined ? "GET" : "POST", path, body);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(2);
    }
  }
}
