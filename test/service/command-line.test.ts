import { describe, expect, test } from "vitest";
import { formatVersion, parseCommandLine, usage } from "../../src/service/command-line.ts";

const defaults = {
  kind: "serve",
  configPath: "./config.json",
  dev: false,
  logLevel: "warn",
  logDate: false,
  gops: false,
  ignoredArguments: [],
};

test.each<[string, string[], object]>([
  ["nothing", [], {}],
  ["a file behind a space", ["-config", "a.json"], { configPath: "a.json" }],
  ["a file behind =", ["-config=a.json"], { configPath: "a.json" }],
  ["two hyphens", ["--config", "a.json"], { configPath: "a.json" }],
  ["two hyphens and =", ["--config=a=b.json"], { configPath: "a=b.json" }],
  ["a file that looks like a flag", ["-config", "-dev"], { configPath: "-dev" }],
  ["the last of two counts", ["-config=a", "-config=b"], { configPath: "b" }],
  ["an empty file name", ["-config="], { configPath: "" }],
  ["a switch", ["-dev"], { dev: true }],
  ["a switch set true", ["-dev=T"], { dev: true }],
  ["a switch set false", ["-dev", "--dev=0"], { dev: false }],
  ["a switch takes no second word", ["-dev", "false"], { dev: true, ignoredArguments: ["false"] }],
  ["a level", ["-loglevel", "debug"], { logLevel: "debug" }],
  ["dates", ["-logdate"], { logDate: true }],
  ["gops", ["-gops"], { gops: true }],
  ["clean-up", ["-cleanup-checkpoints", "-config", "x"], { kind: "cleanup", configPath: "x" }],
  ["flags end at a word", ["a", "-dev"], { ignoredArguments: ["a", "-dev"] }],
  ["flags end at --", ["-dev", "--", "-gops"], { dev: true, ignoredArguments: ["-gops"] }],
  ["a lone hyphen is a word", ["-", "-dev"], { ignoredArguments: ["-", "-dev"] }],
])("%s", (_about, args, different) => {
  expect(parseCommandLine(args)).toEqual({ ...defaults, ...different });
});

test.each([["-h"], ["--h"], ["-help"], ["--help"]])("%s shows the usage", (flag) => {
  expect(parseCommandLine([flag])).toEqual({ kind: "help", message: usage });
});

describe("the version", () => {
  test("is asked for with -version", () => {
    expect(parseCommandLine(["-version"])).toEqual({ kind: "version" });
  });

  test("is printed with tabs", () => {
    expect(formatVersion({ version: "1.2.3", gitHash: "abc", buildTime: "2026-03-01" })).toBe(
      "Version:\t1.2.3\nGit hash:\tabc\nBuild time:\t2026-03-01",
    );
  });
});

test.each<[string[], string]>([
  [["-confg", "x"], 'flag provided but not defined: -confg; did you mean "-config"?'],
  [
    ["-x"],
    "flag provided but not defined: -x; known: -config, -dev, -loglevel, -logdate, -cleanup-checkpoints, -gops, -version, -help",
  ],
  [["-config"], "flag needs an argument: -config"],
  [["-dev=maybe"], 'invalid boolean value "maybe" for -dev; expected true or false'],
  [["-dev="], 'invalid boolean value "" for -dev; expected true or false'],
  [["-loglevel", "warning"], 'invalid value "warning" for -loglevel; did you mean "warn"?'],
  [["-loglevel", "3"], 'invalid value "3" for -loglevel; known: debug, info, warn, err, crit'],
  [["-loglevel=wran"], 'invalid value "wran" for -loglevel; did you mean "warn"?'],
  [["-loglevel", ""], 'invalid value "" for -loglevel; known: debug, info, warn, err, crit'],
  [["---dev"], "bad flag syntax: ---dev"],
  [["-=x"], "bad flag syntax: -=x"],
  [["--="], "bad flag syntax: --="],
  [["-version", "-nope=1"], "flag provided but not defined: -nope; known: -config"],
])("%j ends with exit code 2 and the usage: %s", (args, message) => {
  const result = parseCommandLine(args);
  expect(result).toMatchObject({ kind: "error", exitCode: 2 });
  const text = result.kind === "error" ? result.message : "";
  expect(text.startsWith(message)).toBe(true);
  expect(text.endsWith(`\n\n${usage}`)).toBe(true);
});

test("the usage names every flag on a line of its own", () => {
  const lines = usage.split("\n");
  for (const flag of ["config FILE", "dev", "loglevel LEVEL", "logdate", "version", "cleanup-checkpoints", "gops"]) {
    expect(lines.filter((line) => line.startsWith(`  -${flag} `))).toHaveLength(1);
  }
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});
