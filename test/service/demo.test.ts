// `npm start`: the demonstration, run as a newcomer would, its three commands included.
import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { demoScript, killAll, startProgram, temporaryDirectory, type Program } from "../support/program.ts";
import { send } from "../support/store-process.ts";

let directory: string;
let remove: () => void;
beforeEach(() => {
  ({ directory, remove } = temporaryDirectory());
});
afterEach(() => remove());
afterAll(killAll);

interface Demo {
  readonly program: Program;
  readonly port: number;
  /** The three commands that it has printed. */
  readonly commands: readonly string[];
}

async function startDemo(): Promise<Demo> {
  const program = startProgram([], { script: demoScript, cwd: directory });
  const port = await program.listening();
  await program.printed(/Ctrl-C ends it/);
  return { program, port, commands: Array.from(program.stdout().matchAll(/^ {2}(curl .*)$/gm), ([, line]) => line) };
}

async function stopDemo({ program }: Demo): Promise<void> {
  // A terminal sends it to the whole group, and npm passes it on: it comes twice.
  program.kill("SIGINT");
  await sleep(3);
  program.kill("SIGINT");
  expect(await program.exited).toEqual({ code: 0, signal: null });
  expect(program.stderr()).toBe("");
}

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

/** Runs a command in a shell, as it was printed; without curl, its request is made here. */
async function runCommand(command: string): Promise<string> {
  const script = hasCurl ? command : `echo ${command}`;
  const { stdout, status } = spawnSync("sh", ["-c", script], { encoding: "utf8", timeout: 10_000 });
  expect(status).toBe(0);
  if (hasCurl) return stdout;
  const [, url, body] = /^curl -s (\S+) (?:-d|--data-binary) (.*)$/m.exec(stdout) ?? [];
  const { port, pathname } = new URL(url);
  return (await send(Number(port), "POST", pathname, body)).body;
}

interface QueryAnswer {
  readonly results: readonly { readonly data: readonly number[]; readonly avg: number }[][];
}

test("each of the three commands answers with data, and a second start has the data of the first", async () => {
  const demo = await startDemo();
  expect(demo.commands.length).toBe(3);
  const [load, sums] = await Promise.all(
    demo.commands.slice(0, 2).map(async (command) => JSON.parse(await runCommand(command)) as QueryAnswer),
  );
  expect(load.results.map((list) => list.length)).toEqual([1]);
  // The sum of the hardware threads, then one result for each socket.
  expect(sums.results.map((list) => list.length)).toEqual([1, 2]);
  for (const { data, avg } of [load, sums].flatMap(({ results }) => results.flat())) {
    expect(data.length).toBeGreaterThanOrEqual(10);
    expect(avg).toBeGreaterThan(0);
  }
  expect(await runCommand(demo.commands[2])).toBe("");
  expect(await ownSample(demo)).toContain('"data":[0.500]');
  await stopDemo(demo);

  const second = await startDemo();
  expect(await ownSample(second)).toContain('"data":[0.500]');
  await stopDemo(second);
});

function ownSample({ port }: Demo): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const query = {
    cluster: "demo",
    from: now - 60,
    to: now + 60,
    "with-padding": false,
    queries: [{ metric: "cpu_load", host: "mine" }],
  };
  return send(port, "POST", "/api/query", JSON.stringify(query)).then(({ body }) => body);
}

test("it takes another port when 8080 is in use, and leaves the data of the store there alone", async () => {
  const server = createServer();
  const isMine = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false)); // someone else has it: just as well
    server.listen(8080, "127.0.0.1", () => resolve(true));
  });
  const first = await startDemo();
  const second = await startDemo();
  expect(new Set([8080, first.port, second.port]).size).toBe(3);
  await runCommand(first.commands[2]);
  expect(await ownSample(first)).toContain('"data":[0.500]');
  expect(await ownSample(second)).not.toContain('"data"');
  await stopDemo(second);
  await stopDemo(first);
  if (isMine) server.close();
});

test("the simulated cluster goes on", async () => {
  const demo = await startDemo();
  const stored = async (): Promise<number> =>
    (JSON.parse((await send(demo.port, "GET", "/api/status")).body) as { ingest: { samplesStored: number } }).ingest
      .samplesStored;
  const before = await stored();
  for (const deadline = Date.now() + 10_000; (await stored()) === before && Date.now() < deadline;) await sleep(100);
  expect(await stored()).toBeGreaterThan(before);
  await stopDemo(demo);
});
