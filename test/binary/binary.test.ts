// The binary on a machine where nothing is installed: an empty directory, no environment, no PATH.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { NatsServer, withoutNatsServer } from "../support/nats-server.ts";
import { freePort, killAll, runProgram, startProgram, writeConfig, type Program } from "../support/program.ts";
import { send } from "../support/store-process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const HOUR = 3600;

let built: string;
let binary: string;
let directory: string;

beforeAll(() => {
  built = mkdtempSync(join(tmpdir(), "pegel-binary-"));
  binary = join(built, "pegel");
  execFileSync("node", ["scripts/build-binary.mjs", binary], {
    cwd: root,
    env: { ...process.env, GIT_HASH: "abc1234", SOURCE_DATE_EPOCH: "1700000000" },
  });
}, 120_000);
afterAll(() => {
  killAll();
  rmSync(built, { recursive: true, force: true });
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pegel-nothing-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const onItsOwn = () => ({ binary, cwd: directory, env: {}, inheritEnv: "none" }) as const;
const start = (...args: string[]): Program => startProgram(args, onItsOwn());
const runToEnd = (...args: string[]) => runProgram(args, onItsOwn());

async function valuesOf(port: number, from: number, to: number): Promise<unknown> {
  const queries = [{ metric: "load", host: "h1" }];
  const { body } = await send(port, "GET", "/api/query", JSON.stringify({ cluster: "c", from, to, queries }));
  return (JSON.parse(body) as { results: { data?: unknown }[][] }).results[0]?.[0]?.data;
}

test("-version and --help name the build", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(await runToEnd("-version")).toMatchObject({
    code: 0,
    stdout: `Version:\t${version}\nGit hash:\tabc1234\nBuild time:\t2023-11-14T22:13:20.000Z\n`,
  });
  const help = await runToEnd("--help");
  expect(help.stdout.endsWith(`\n\npegel ${version} (abc1234), built 2023-11-14T22:13:20.000Z\n`)).toBe(true);
});

test("what is written survives kill -9 and a clean stop; health, inspect and verify see it", async () => {
  const config = writeConfig(directory);
  const now = Math.floor(Date.now() / 10_000) * 10;
  const first = start("-config", config);
  const line = `load,cluster=c,hostname=h1 value=0.5 ${now}`;
  expect((await send(await first.listening(), "POST", "/api/write", line)).status).toBe(200);
  first.kill("SIGKILL");
  await first.exited;

  const second = start("-config", config);
  const port = await second.listening();
  expect(await valuesOf(port, now, now + 10)).toEqual([0.5]);
  expect(await runToEnd("health", `http://127.0.0.1:${port}`)).toMatchObject({ code: 0, stdout: "ok\n" });
  second.kill("SIGTERM");
  expect(await second.exited).toEqual({ code: 0, signal: null });
  expect(await runToEnd("health", `http://127.0.0.1:${port}`)).toMatchObject({ code: 1, stdout: "" });

  expect(await runToEnd("verify", "checkpoints")).toMatchObject({ code: 0, stderr: "" });
  const inspected = await runToEnd("inspect", "-samples", "checkpoints");
  expect(inspected.stdout).toMatch(/load.*0\.5/);
});

test("-cleanup-checkpoints archives in its thread, with the encoder that is inside, and queries read it", async () => {
  const old = Math.floor(Date.now() / 1000 / HOUR) * HOUR - 50 * HOUR;
  const first = start("-config", writeConfig(directory, { "metric-store": { "retention-in-memory": "100h" } }));
  const lines = [0, 10, 20].map((later) => `load,cluster=c,hostname=h1 value=${later} ${old + later}`).join("\n");
  expect((await send(await first.listening(), "POST", "/api/write", lines)).status).toBe(200);
  first.kill("SIGTERM");
  await first.exited;

  const cleanup = { mode: "archive", directory: join(directory, "archive") };
  const config = writeConfig(directory, { "metric-store": { "retention-in-memory": "1h", cleanup } });
  expect(await runToEnd("-cleanup-checkpoints", "-config", config)).toMatchObject({
    code: 0,
    stdout: "Cleanup done: 1 checkpoint files archived to parquet.\n",
    stderr: "",
  });
  const [name = ""] = readdirSync(join(directory, "archive/c")).filter((each) => each.endsWith(".parquet"));
  expect(readFileSync(join(directory, "archive/c", name)).toString("latin1", 0, 4)).toBe("PAR1");

  expect(await runToEnd("archive", "ls", "archive")).toMatchObject({ code: 0, stdout: expect.stringContaining(name) });
  expect(await runToEnd("archive", "verify", "archive")).toMatchObject({ code: 0, stderr: "" });

  const second = start("-config", config);
  expect(await valuesOf(await second.listening(), old, old + 30)).toEqual([0, 10, 20]);
});

test.skipIf(withoutNatsServer)("samples come from NATS, over TCP and over WebSocket (needs nats-server)", async () => {
  const server = new NatsServer(await freePort());
  const webSocketPort = await freePort();
  await server.start(`websocket: { listen: "127.0.0.1:${webSocketPort}", no_tls: true }`);
  const client = await connect({ servers: server.address });
  try {
    for (const [i, address] of [server.address, `ws://127.0.0.1:${webSocketPort}`].entries()) {
      const config = writeConfig(directory, {
        nats: { address },
        "metric-store": { "nats-subscriptions": [{ "subscribe-to": "hpc", "cluster-tag": "c" }] },
      });
      const program = start("-config", config, "-loglevel", "info");
      const port = await program.listening();
      const time = Math.floor(Date.now() / 10_000) * 10 - 10 * i;
      await expect
        .poll(
          async () => {
            client.publish("hpc", `load,hostname=h1 value=${i} ${time}`);
            return valuesOf(port, time, time + 10);
          },
          { timeout: 10_000 },
        )
        .toEqual([i]);
      program.kill("SIGTERM");
      await program.exited;
    }
  } finally {
    await client.close();
    await server.close();
  }
});

test("with -dev the documentation comes out of the binary", async () => {
  const program = start("-config", writeConfig(directory), "-dev");
  const port = await program.listening();
  const page = await send(port, "GET", "/swagger/");
  expect(page.body).toContain("SwaggerUIBundle");
  const script = await send(port, "GET", "/swagger/swagger-ui-bundle.js");
  expect([script.status, script.contentType, script.body.length > 1e6]).toEqual([
    200,
    "text/javascript; charset=utf-8",
    true,
  ]);
  const style = await send(port, "GET", "/swagger/swagger-ui.css");
  expect([style.status, style.contentType]).toEqual([200, "text/css; charset=utf-8"]);
  expect((await send(port, "GET", "/swagger/openapi.json")).body).toContain('"openapi":"3.1');
});

test("what lies about in the working directory is not taken for the program's", async () => {
  writeFileSync(join(directory, ".env"), "NO_SUCH=1");
  writeFileSync(join(directory, "bunfig.toml"), 'preload = ["./evil.ts"]');
  writeFileSync(join(directory, "evil.ts"), 'process.stdout.write("evil\\n");');
  mkdirSync(join(directory, "node_modules"));
  expect((await runToEnd("-version")).stdout).toMatch(/^Version:/);
});
