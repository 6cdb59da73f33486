// The built program as its operator sees it: command line, configuration, signals, certificates, users.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { killAll, runProgram, startProgram, temporaryDirectory, writeConfig } from "../support/program.ts";
import { openConnection } from "../support/raw-connection.ts";
import { send } from "../support/store-process.ts";

let directory: string;
let remove: () => void;
beforeEach(() => {
  ({ directory, remove } = temporaryDirectory());
});
afterEach(() => remove());
afterAll(killAll);

const checkpoints = (): string => join(directory, "checkpoints");

describe("the command line", () => {
  test("-version prints three lines with tabs", async () => {
    const { code, stdout, stderr } = await runProgram(["-version"]);
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Version:\t[\d.]+\nGit hash:\t[0-9a-f]*\nBuild time:\t\d{4}-.*Z\n$/);
    expect(stdout).toContain(`Version:\t${version}\n`);
  });

  test("-h prints the flags", async () => {
    const { code, stdout } = await runProgram(["-h"]);
    expect(code).toBe(0);
    for (const flag of ["-config", "-dev", "-loglevel", "-logdate", "-version"]) expect(stdout).toContain(`  ${flag} `);
  });

  test.each([
    [["-nope"], "flag provided but not defined: -nope"],
    [["-config"], "flag needs an argument: -config"],
    [["-loglevel", "loud"], 'invalid value "loud" for -loglevel'],
  ])("%j is refused with the usage", async (args, reason) => {
    const { code, stdout, stderr } = await runProgram(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(new RegExp(`^${reason}[^]*Usage: pegel \\[flags\\]`));
  });
});

describe("a configuration that cannot be used ends the start with 1 and names", () => {
  const missing = [
    "main configuration must be present",
    "missing metrics configuration",
    "missing metricstore configuration",
  ];
  const broken: [string, string | undefined, string[]][] = [
    ["the missing file", undefined, ["there is no such file", ...missing]],
    ["the place where it is no JSON", '{"main": {},}', ["at line 1, column 13 (the comma before it is one too many)"]],
    ["each section that is missing", "{}", missing],
    [
      "every problem with its path",
      JSON.stringify({
        main: { adr: ":80", user: 7 },
        metrics: { load: { frequency: 0, aggregation: "avg" } },
        "metric-store": { "retention-in-memory": "2 days", "memory-cap": -1, checkpoints: { sync: "never" } },
      }),
      [
        'config.json: main: unknown key "adr"; did you mean "addr"?',
        "config.json: main.user: ",
        "config.json: metrics.load.frequency: ",
        "config.json: metric-store.retention-in-memory: ",
        "config.json: metric-store.memory-cap: ",
        "config.json: metric-store.checkpoints.sync: ",
      ],
    ],
  ];

  test.each(broken)("%s", async (_, text, reasons) => {
    if (text !== undefined) writeFileSync(join(directory, "config.json"), text);
    const { code, stdout, stderr } = await runProgram(["-config", "config.json"], { cwd: directory });
    expect([code, stdout]).toEqual([1, ""]);
    for (const reason of reasons) expect(stderr).toContain(reason);
    expect(stderr.trimEnd().split("\n").length).toBe(reasons.length);
  });

  test("the port that is in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const config = writeConfig(directory, { main: { addr: `127.0.0.1:${port}` } });
    const { code, stderr } = await runProgram(["-config", config]);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot start error="listen EADDRINUSE: address already in use 127.0.0.1:${port}"`);
    expect(existsSync(checkpoints())).toBe(false);
  });

  test("the certificate that is not there", async () => {
    const config = writeConfig(directory, { main: { "https-cert-file": "no.crt", "https-key-file": "no.key" } });
    const { code, stderr } = await runProgram(["-config", config]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("no.crt")]);
  });

  test("the directory of checkpoints that is a file", async () => {
    writeFileSync(checkpoints(), "");
    const { code, stderr } = await runProgram(["-config", writeConfig(directory)]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`cannot be written: mkdir ${checkpoints()}: EEXIST`)]);
  });
});

describe("signals", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s finishes the request in flight, then ends with 0", async (signal) => {
    const config = writeConfig(directory);
    const program = startProgram(["-config", config]);
    const port = await program.listening();
    const now = Math.floor(Date.now() / 10_000) * 10;
    const lines = [0, 1].map((i) => `load,cluster=c,hostname=h value=${i} ${now + 10 * i}\n`);
    const connection = await openConnection(port);
    const bodyBytes = lines.join("").length;
    connection.send(`POST /api/write HTTP/1.1\r\nHost: x\r\nContent-Length: ${bodyBytes}\r\n\r\n${lines[0]}`);
    await sleep(50);
    program.kill(signal);
    await sleep(150);
    await expect(send(port, "GET", "/api/status")).rejects.toThrow("ECONNREFUSED");
    program.kill(signal); // an impatient operator changes nothing
    connection.send(lines[1]);
    expect(await connection.receive()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(program.stderr()).toBe("");

    const again = startProgram(["-config", config]);
    const query = { cluster: "c", from: now, to: now + 60, queries: [{ metric: "load", host: "h" }] };
    const answer = await send(await again.listening(), "POST", "/api/query", JSON.stringify(query));
    expect(answer.body).toContain('"data":[0.000,1.000]');
    expect(again.stdout()).toContain("recovery: 1 hosts, 2 samples from 1 snapshots, 0 records from 0 logs");
    again.kill(signal);
    expect((await again.exited).code).toBe(0);
  });

  test("-loglevel info tells of the start and the stop, -logdate when", async () => {
    const program = startProgram(["-config", writeConfig(directory), "-loglevel=info", "-logdate"]);
    await program.listening();
    program.kill("SIGTERM");
    await program.exited;
    expect(program.stderr()).toMatch(/<6>\[INFO\] \d{4}-\S+Z recovery: 0 hosts/);
    expect(program.stderr()).toMatch(/<6>\[INFO\] \d{4}-\S+Z stopping signal=SIGTERM/);
  });
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe.skipIf(!hasOpenssl && process.env["CI"] === undefined)("HTTPS (certificates are made with openssl)", () => {
  const file = (name: string): string => join(directory, name);

  function useCertificate(name: string): void {
    const subject = ["-subj", `/CN=${name}`, "-days", "2", "-keyout", file("new.key"), "-out", file("new.crt")];
    execFileSync("openssl", ["req", "-x509", "-newkey", "ed25519", "-nodes", ...subject], { stdio: "ignore" });
    copyFileSync(file("new.key"), file("server.key"));
    copyFileSync(file("new.crt"), file("server.crt"));
  }

  function nameInCertificate(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on("error", reject);
    });
  }

  test("SIGHUP reads the certificate again; a bad one is reported and the old one stays", async () => {
    useCertificate("first");
    const tls = { "https-cert-file": file("server.crt"), "https-key-file": file("server.key") };
    const program = startProgram(["-config", writeConfig(directory, { main: tls }), "-loglevel", "info"]);
    const port = await program.listening();
    expect(program.stdout()).toContain(`pegel listens on https://127.0.0.1:${port}`);
    expect(await nameInCertificate(port)).toBe("first");

    useCertificate("second");
    program.kill("SIGHUP");
    await program.printed(/TLS certificate read again/);
    expect(await nameInCertificate(port)).toBe("second");

    writeFileSync(file("server.crt"), "nonsense");
    program.kill("SIGHUP");
    await program.printed(/the TLS certificate cannot be used, the old one stays/);
    expect(await nameInCertificate(port)).toBe("second");
    program.kill("SIGTERM");
    expect((await program.exited).code).toBe(0);
  });

  test("SIGHUP without certificates changes nothing", async () => {
    const program = startProgram(["-config", writeConfig(directory)]);
    const port = await program.listening();
    program.kill("SIGHUP");
    await sleep(100);
    expect((await send(port, "GET", "/api/status")).status).toBe(200);
    program.kill("SIGTERM");
    expect([(await program.exited).code, program.stderr()]).toEqual([0, ""]);
  });
});

describe.skipIf(process.getuid?.() !== 0)("main.user and main.group (need root)", () => {
  const nobody = 65_534;
  beforeEach(() => {
    chmodSync(directory, 0o755);
    mkdirSync(checkpoints());
  });

  test("port 80 is bound as root, files are the user's", async () => {
    chownSync(checkpoints(), nobody, nobody);
    // A loopback address of its own, where port 80 is most likely free.
    const main = { addr: "127.80.80.80:80", user: "nobody", group: "nogroup" };
    const program = startProgram(["-config", writeConfig(directory, { main })]);
    expect(await program.listening()).toBe(80);
    const ids = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)\nGid:\t(\d+)\t/m.exec(
      readFileSync(`/proc/${program.pid}/status`, "utf8"),
    );
    expect(ids?.slice(1)).toEqual(Array(5).fill(String(nobody)));
    const body = `load,cluster=c,hostname=h value=1\n`;
    const answer = await fetch("http://127.80.80.80/api/write", { method: "POST", body });
    expect(answer.status).toBe(200);
    program.kill("SIGTERM");
    expect(await program.exited, program.stderr()).toEqual({ code: 0, signal: null });
    expect(statSync(join(checkpoints(), "c/h"))).toMatchObject({ uid: nobody, gid: nobody });
  });

  test("with main.user alone the group is the user's own, and those of root are gone", async () => {
    chownSync(checkpoints(), nobody, nobody);
    const program = startProgram(["-config", writeConfig(directory, { main: { user: "nobody" } })]);
    await program.listening();
    // Of all threads: a thread that stayed root could be made to write files as root.
    const threads = readdirSync(`/proc/${program.pid}/task`).map((id) => {
      const status = readFileSync(`/proc/${program.pid}/task/${id}/status`, "utf8");
      return /^Uid:\t(\d+)\t[^]*^Gid:\t(\d+)\t[^]*^Groups:\t(.*)$/m
        .exec(status)
        ?.slice(1)
        .map((ids) => ids.trim());
    });
    expect(new Set(threads.map(String))).toEqual(new Set([String([nobody, nobody, nobody])]));
    program.kill("SIGTERM");
    expect((await program.exited).code).toBe(0);
  });

  test("a user that is not there ends the start", async () => {
    const { code, stderr } = await runProgram(["-config", writeConfig(directory, { main: { user: "no-such-user" } })]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot start error="user no-such-user: ')]);
  });

  test.each([
    ["that the user may not write to", ""],
    ["that the user may not make", "/deeper"],
  ])("a directory of checkpoints %s ends the start", async (_, below) => {
    const main = { user: "nobody" };
    const metricStore = { checkpoints: { directory: checkpoints() + below } };
    const config = writeConfig(directory, { main, "metric-store": metricStore });
    const { code, stdout, stderr } = await runProgram(["-config", config]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/the directory of checkpoints cannot be written: .*EACCES: permission denied/);
  });
});
