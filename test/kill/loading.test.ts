// While a store loads: it listens already, says so to everybody, and can be told to stop.
import { linkSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLUSTER, linesOf } from "../support/ledger.ts";
import { firstAnswer, freePort, killAll, startProgram, writeConfig, type Program } from "../support/program.ts";
import { send, type ClientAnswer } from "../support/store-process.ts";
import { Lab, now } from "./lab.ts";

/** A load takes a second or so. */
const HOSTS = 1500;
const SERIES = 20;
const SAMPLES = 1000;

let lab: Lab;
beforeAll(async () => {
  lab = new Lab();
  await lab.start();
  const host = "n0";
  for (let hwthread = 0; hwthread < SERIES; hwthread++) {
    const samples = Array.from({ length: SAMPLES }, (_, i) => ({
      series: { host, metric: "load", hwthread },
      time: now - 20_000 + 10 * i,
      value: i,
    }));
    expect(await lab.ask("POST", "/api/write", linesOf(samples))).toMatchObject({ status: 200 });
  }
  await lab.stop();
  // All other hosts have the same file: it is only read.
  const cluster = join(lab.checkpoints, CLUSTER);
  const [snapshot] = readdirSync(join(cluster, host));
  for (let i = 1; i < HOSTS; i++) {
    mkdirSync(join(cluster, `n${i}`));
    linkSync(join(cluster, host, snapshot), join(cluster, `n${i}`, snapshot));
  }
});
afterAll(async () => {
  killAll();
  await lab.close();
});

/** A store that has just begun to load, and its answer to the first request. */
async function startLoading(): Promise<{ program: Program; port: number; answer: ClientAnswer }> {
  const port = await freePort();
  const config = writeConfig(lab.directory, { main: { addr: `127.0.0.1:${port}` } });
  const program = startProgram(["-config", config, "-loglevel", "info"]);
  return { program, port, answer: await firstAnswer(port, "/api/healthcheck", "{}") };
}

const hostsIn = ({ body }: ClientAnswer): number => Number(/loading: (\d+) hosts so far/.exec(body)?.[1]);

describe("a store that loads", () => {
  test("answers everything with 503, when to come back and how far it is, until it is there", async () => {
    const { program, port, answer } = await startLoading();
    const requests = [
      ["GET", "/api/healthcheck", '{"cluster":"kill","nodes":["n0"],"metric-names":["load"]}'],
      ["POST", "/api/query", "{}"],
      ["POST", "/api/write", `load,cluster=kill,hostname=n0 value=1 ${now}`],
      ["GET", "/api/status", undefined],
      ["POST", "/api/checkpoint", undefined],
    ] as const;
    const answers = [answer];
    for (const [method, path, body] of requests) answers.push(await send(port, method, path, body));
    for (const { status, headers, contentType, body } of answers) {
      expect([status, headers["retry-after"], contentType]).toEqual([503, "1", "application/json"]);
      expect(body).toMatch(/^\{"status":"Service Unavailable","error":"loading: \d+ hosts so far"\}\n$/);
    }
    const progress = answers.map(hostsIn);
    while (progress.length < 1000 && !Number.isNaN(progress[progress.length - 1])) {
      progress.push(hostsIn(await send(port, "GET", "/api/healthcheck", "{}")));
    }
    // The last one was answered by the store itself.
    progress.pop();
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(new Set(progress).size).toBeGreaterThan(3);

    await program.listening();
    expect(program.stdout()).toMatch(
      new RegExp(
        `^recovery: ${HOSTS} hosts, ${HOSTS * SERIES * SAMPLES} samples from ${HOSTS} snapshots, .*; \\d+ ms\n`,
      ),
    );
    expect((await send(port, "GET", "/api/status")).status).toBe(200);
    program.kill("SIGTERM");
    expect(await program.exited).toEqual({ code: 0, signal: null });
  });

  test("goes on loading when its certificate is to be read again", async () => {
    const { program, answer } = await startLoading();
    program.kill("SIGHUP");
    expect(answer.status).toBe(503);
    await program.printed(/TLS certificate read again/);
    program.kill("SIGTERM");
    expect((await program.exited).code).toBe(0);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("ends at once with 0 on %s", async (signal) => {
    const { program, answer } = await startLoading();
    program.kill(signal);
    expect(answer.status).toBe(503);
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(program.stdout()).toBe("");
    expect(lab.files(/\.journal/)).toEqual([]);
  });
});
