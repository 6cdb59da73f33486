// How long from the start of the binary to its first answer? An empty store; beside it the program on Node, from the
// files that npm installs, and the reference.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { buildProgram } from "./built-program.ts";
import { medianOf, type Checks, type Figure, type Question, type RunOptions, type Scale } from "./harness.ts";
import { startStoreServer, type Command } from "./store-server.ts";

const STARTS: Readonly<Record<Scale, number>> = { full: 15, smoke: 1 };
const MUST_MS = 100;

export const start: Question = {
  name: "start",
  title: "start of an empty store: the binary, and what npm installs on Node",
  cases: [{ name: "start", run: measureStarts }],
};

interface Measured {
  readonly what: string;
  readonly command: Command;
  readonly startMs: number[];
  readonly rssMb: number[];
}

async function measureStarts({ scale, referencePath }: RunOptions, checks: Checks): Promise<Figure[]> {
  const root = dirname(createRequire(import.meta.url).resolve("pegel/package.json"));
  const directory = await mkdtemp(join(root, "build/start-"));
  try {
    const binary = join(directory, "pegel");
    await promisify(execFile)(process.execPath, [join(root, "scripts/build-binary.mjs"), binary]);
    const programs: Measured[] = [
      measured("binary", [binary]),
      measured("Node", await buildProgram(join(directory, "dist"))),
      ...(referencePath === undefined ? [] : [measured("reference", [referencePath])]),
    ];
    // In turns: whatever else the machine does hits all of them.
    for (let i = 0; i < STARTS[scale]; i++) for (const program of programs) await startOnce(program);
    for (const { what, startMs } of programs) checks.equal(`starts of ${what}`, startMs.length, STARTS[scale]);
    return programs.flatMap(figuresOf);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const measured = (what: string, command: Command): Measured => ({ what, command, startMs: [], rssMb: [] });

async function startOnce({ command, startMs, rssMb }: Measured): Promise<void> {
  const server = await startStoreServer(command);
  startMs.push(server.startMs);
  const status = await readFile(`/proc/${server.pid}/status`, "utf8");
  rssMb.push(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
  await server.stop();
}

function figuresOf({ what, startMs, rssMb }: Measured): Figure[] {
  return [
    {
      what: `start to first answer: ${what}`,
      unit: "ms",
      value: medianOf(startMs),
      ...(what === "binary" && { target: { kind: "value", must: MUST_MS } }),
    },
    { what: `RSS after the start: ${what}`, unit: "MB", value: medianOf(rssMb) },
  ];
}
