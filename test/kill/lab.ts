// One store through many lives: started, written to, ended in one way or another, started again.
import { chmodSync, chownSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { Ledger, linesOf, type SentSample } from "../support/ledger.ts";
import { startProgram, temporaryDirectory, writeConfig, type Program } from "../support/program.ts";
import { send, type ClientAnswer, type TestConfig } from "../support/store-process.ts";

const NOBODY = 65_534;
export const asNobody = { main: { user: "nobody" } };
export const isRoot = process.getuid?.() === 0;

export class Lab {
  readonly directory: string;
  readonly ledger = new Ledger();
  readonly #remove: () => void;
  #program: Program | undefined;
  #port = 0;

  constructor() {
    const { directory, remove } = temporaryDirectory();
    this.directory = directory;
    this.#remove = remove;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error("BUG: no program is running");
    return this.#program;
  }

  get port(): number {
    return this.#port;
  }

  /** Where the checkpoints are. */
  get checkpoints(): string {
    return join(this.directory, "checkpoints");
  }

  /** Lets the user `nobody` keep the checkpoints, which root alone can. */
  giveToNobody(): void {
    chmodSync(this.directory, 0o755);
    mkdirSync(this.checkpoints);
    chownSync(this.checkpoints, NOBODY, NOBODY);
  }

  async start(config: TestConfig = {}): Promise<void> {
    this.#program = startProgram(["-config", writeConfig(this.directory, config)]);
    this.#port = await this.#program.listening();
  }

  /** Starts it on journals that a crash has left, and waits until their records are in the WALs of the hosts. */
  async startAndSettle(config: TestConfig = {}): Promise<void> {
    await this.start(config);
    await waitFor(async () => this.files(/\.journal\/\d+\.log$/).length === 0);
  }

  /** Writes samples that must be acknowledged. */
  async write(samples: readonly SentSample[]): Promise<void> {
    this.ledger.sent(samples);
    const answer = await send(this.#port, "POST", "/api/write", linesOf(samples));
    expect(answer.status, answer.body).toBe(200);
    this.ledger.acknowledged(samples);
  }

  async checkpoint(): Promise<void> {
    const answer = await send(this.#port, "POST", "/api/checkpoint");
    expect(answer.status, answer.body).toBe(200);
  }

  async kill(): Promise<void> {
    this.program.kill("SIGKILL");
    await this.program.exited;
  }

  async stop(): Promise<void> {
    this.program.kill("SIGTERM");
    expect(await this.program.exited, this.program.stderr()).toEqual({ code: 0, signal: null });
  }

  /** Starts once more; all that was acknowledged must be there, and nothing that was never sent. */
  async startAndCheck(config: TestConfig = {}): Promise<void> {
    await this.start(config);
    expect(await this.ledger.check(this.#port)).toEqual([]);
  }

  ask(method: string, path: string, body?: string): Promise<ClientAnswer> {
    return send(this.#port, method, path, body);
  }

  async status(): Promise<Status> {
    return JSON.parse((await this.ask("GET", "/api/status")).body) as Status;
  }

  /** Paths below the directory of checkpoints, of files and directories that match. */
  files(pattern = /./): string[] {
    const paths = readdirSync(this.checkpoints, { recursive: true, encoding: "utf8" });
    return paths.filter((path) => pattern.test(path)).toSorted();
  }

  async close(): Promise<void> {
    if (this.#program !== undefined) await this.kill();
    this.#remove();
  }
}

/** The parts of GET /api/status that tell of the disk. */
export interface Status {
  readonly disk: { readonly journalBytes: number; readonly walBytes: number; readonly lastCheckpoint: number | null };
  readonly recovery: {
    readonly hosts: number;
    readonly logRecords: number;
    readonly cutBytes: number;
    readonly damaged: readonly { path: string; reason: string; lostBytes: number; keptAs?: string }[];
    readonly foreign: readonly string[];
  };
}

/** Runs `use` with a lab, and cleans up behind it. */
export async function withLab(use: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = new Lab();
  try {
    await use(lab);
  } finally {
    await lab.close();
  }
}

export async function waitFor(isDone: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await isDone());) {
    if (Date.now() > deadline) throw new Error("it did not happen in 20 s");
    await sleep(100);
  }
}

const MINUTE = 60;
/** A round time, so that samples of 10 s lie on its grid. */
export const now = Math.floor(Date.now() / 1000 / MINUTE) * MINUTE;

/** `count` samples of `load`, 10 s apart, the first at `from`, on each of the hosts. */
export function samplesFrom(from: number, count: number, hosts: readonly string[] = ["n01"]): SentSample[] {
  return hosts.flatMap((host) =>
    Array.from({ length: count }, (_, i) => ({
      series: { host, metric: "load" },
      time: from + i * 10,
      // Different at every time, and by host.
      value: ((from / 10 + i) % 100_000) + Number(host.replaceAll(/\D/g, "")) / 4,
    })),
  );
}
