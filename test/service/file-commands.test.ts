// `pegel inspect` and `pegel verify` on the command line.

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { platform } from "../support/runtime.ts";
import { parseCommandLine, usage } from "../../src/service/command-line.ts";
import { run } from "../../src/service/run.ts";

const inspect = { kind: "inspect", path: "x", show: "summary", format: "text" };

test.each<[string[], object]>([
  [["inspect", "x"], inspect],
  [["inspect", "-samples", "x"], { ...inspect, show: "samples" }],
  [["inspect", "x", "--json"], { ...inspect, format: "json" }],
  [["inspect", "--samples", "x", "-json"], { ...inspect, show: "samples", format: "json" }],
  [["inspect", "--", "-x"], { ...inspect, path: "-x" }],
  [["inspect", "-json", "--", "x"], { ...inspect, format: "json" }],
  [["inspect", "-h"], { kind: "help", message: usage }],
  [["verify", "x"], { kind: "verify", path: "x" }],
  [["verify", "--help"], { kind: "help", message: usage }],
  // A flag's value is no command, and the store's flags come before it as ever.
  [["-config", "inspect"], expect.objectContaining({ kind: "serve", configPath: "inspect" })],
])("%j", (args, expected) => {
  expect(parseCommandLine(args)).toEqual(expected);
});

test.each<[string[], string]>([
  [["inspect"], "inspect needs one path"],
  [["verify", ""], "verify needs one path"],
  [["verify", "a", "b"], "verify needs one path, not 2"],
  [["inspect", "-smaples", "x"], 'flag provided but not defined for inspect: -smaples; did you mean "-samples"?'],
  [["verify", "-json", "x"], "flag provided but not defined for verify: -json"],
  [["inspect", "-config", "x"], "flag provided but not defined for inspect: -config"],
])("%j ends with exit code 2 and the usage: %s", (args, message) => {
  const result = parseCommandLine(args);
  expect(result).toMatchObject({ kind: "error", exitCode: 2 });
  const text = result.kind === "error" ? result.message : "";
  expect(text.startsWith(message)).toBe(true);
  expect(text.endsWith(`\n\n${usage}`)).toBe(true);
});

test("the usage names both", () => {
  expect(usage).toMatch(/pegel inspect .*-samples.*-json.*PATH/);
  expect(usage).toMatch(/pegel verify DIR/);
});

describe("the program", () => {
  const golden = fileURLToPath(new URL("../golden/files/", import.meta.url));
  const build = { version: "0", gitHash: "", buildTime: "" };

  async function runWith(...args: string[]): Promise<{ exitCode: number; out: string; errors: string }> {
    let [out, errors] = ["", ""];
    const print = (line: string): void => void (out += `${line}\n`);
    const printError = (line: string): void => void (errors += `${line}\n`);
    const exitCode = await run(args, { ...platform, print, printError }, build);
    return { exitCode, out, errors };
  }

  test("verifies a directory", async () => {
    const sound = await runWith("verify", `${golden}checkpoints-wal`);
    expect(sound).toEqual({ exitCode: 0, out: expect.stringMatching(/^all sound: .*\n$/), errors: "" });
    const torn = await runWith("verify", `${golden}damaged/wal-torn-tail`);
    expect(torn.exitCode).toBe(1);
    expect(torn.out).toMatch(/^.*current\.wal: 1091: the file ends within a record \(26 bytes\)\n1 fault in /);
  });

  test("inspects a file", async () => {
    const { exitCode, out } = await runWith("inspect", `${golden}checkpoints-wal/alpha/n002/current.wal`, "-json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ kind: "wal", values: 32 });
  });

  test("says what it cannot find", async () => {
    const { exitCode, errors } = await runWith("inspect", "/nowhere/at/all");
    expect(exitCode).toBe(1);
    expect(errors).toBe("pegel inspect: /nowhere/at/all: no such file or directory\n");
  });
});
