// The package as its users get it: installed in an empty project, with nothing but what production needs.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runtimeCommand } from "../../scripts/runtimes.mjs";
import { createEmptyProject, root, type EmptyProject } from "./empty-project.ts";

let project: EmptyProject;
beforeAll(() => {
  project = createEmptyProject();
}, 120_000);
afterAll(() => project.remove());

const tool = (name: string): string => join(root, "node_modules/.bin", name);

/** How each runtime runs a file of the project. */
const runtimes = {
  node: runtimeCommand("node"),
  bun: runtimeCommand("bun"),
  deno: [...runtimeCommand("deno"), "--node-modules-dir=manual", "--no-lock"],
} as const;

test("the package holds what is built, its README and licence, and no maps, tests or sources", () => {
  const files = readdirSync(join(project.directory, "node_modules/pegel"), { recursive: true, encoding: "utf8" });
  expect(files.filter((name) => !name.includes("/")).toSorted()).toEqual([
    "LICENSE",
    "README.md",
    "dist",
    "package.json",
  ]);
  expect(files.filter((name) => /\.map$|\.test\.|(?<!\.d)\.ts$/.test(name))).toEqual([]);
});

test("a strict TypeScript program compiles against its types, without those of any runtime but the library's own", () => {
  project.write(
    "program.ts",
    `import { openStore, StoreError, type OpenOptions, type QueryAnswer, type Sample, type Store } from "pegel";
     import { createHttpApi } from "pegel/http";
     const options: OpenOptions = { metrics: { load: { frequency: 60, aggregation: "avg" } } };
     const store: Store = await openStore(options);
     const sample: Sample = { metric: "load", level: ["alex", "a0101"], timestamp: 0, value: 1 };
     const { stored }: { stored: number } = await store.writeSamples([sample]);
     const { results }: QueryAnswer = await store.query({ cluster: "alex", from: 0, to: stored });
     const response: Response = await createHttpApi(store).fetch(new Request("http://localhost/api/status"));
     export { results, response, StoreError };
     // @ts-expect-error -- frequency is missing
     await openStore({ metrics: { load: { aggregation: "avg" } } });`,
  );
  const flags = ["--strict", "--noEmit", "--target", "es2023", "--lib", "es2023,dom,dom.iterable", "--types", ""];
  const modules = ["--module", "nodenext", "--moduleResolution", "nodenext"];
  const result = spawnSync(tool("tsc"), [...flags, ...modules, "program.ts"], {
    cwd: project.directory,
    encoding: "utf8",
  });
  expect(result.stdout).toBe("");
});

test("the program in the README runs", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, program = ""] = /```js\n(import \{ openStore \}[^`]*(?:`[^`]+`[^`]*)*?)```/.exec(readme) ?? [];
  const path = project.write(
    "readme.mjs",
    `${program}\nconsole.log(JSON.stringify([Math.max(...values), avg, min, max]));`,
  );
  const output = execFileSync(process.execPath, [path], { cwd: project.directory, encoding: "utf8" });
  expect(JSON.parse(output)).toEqual([0.6, 0.6, 0.6, 0.6].map((value) => expect.closeTo(value, 6)));
});

describe.each(["node", "bun", "deno"] as const)("on %s", (runtime) => {
  const [command, ...flags] = runtimes[runtime];

  test("a program opens a store, writes, reads, closes, and finds it all again", () => {
    const path = project.write(
      `${runtime}-program.mjs`,
      `import { openStore } from "pegel";
       const options = { metrics: { load: { frequency: 10, aggregation: "avg" } }, directory: "data-${runtime}", retentionMs: 1e13 };
       const first = await openStore(options);
       await first.write("load,cluster=c,hostname=h value=1 1700000000\\nload,cluster=c,hostname=h value=3 1700000010\\n");
       await first.close();
       const second = await openStore(options);
       const { values } = await second.read(["c", "h"], "load", 1700000000, 1700000020);
       const { avg } = await second.stats(["c"], "load", 1700000000, 1700000020);
       await second.close();
       console.log(JSON.stringify([[...values], avg, second.recovery.snapshotSamples]));`,
    );
    const output = execFileSync(command, [...flags, path], { cwd: project.directory, encoding: "utf8" });
    expect(JSON.parse(output)).toEqual([[1, 3], 2, 2]);
  });

  test("-cleanup-checkpoints archives what that program has left, in a thread of its own", () => {
    const config = project.write(
      `${runtime}-config.json`,
      JSON.stringify({
        main: {},
        metrics: { load: { frequency: 10, aggregation: "avg" } },
        "metric-store": {
          "retention-in-memory": "1h",
          "memory-cap": 0,
          checkpoints: { directory: `data-${runtime}` },
          cleanup: { mode: "archive", directory: `archive-${runtime}` },
        },
      }),
    );
    const script = join(project.directory, "node_modules/pegel/dist/service/main.js");
    const args = [...flags, script, "-cleanup-checkpoints", "-config", config];
    const output = execFileSync(command, args, { cwd: project.directory, encoding: "utf8" });
    expect(output).toBe("Cleanup done: 1 checkpoint files archived to parquet.\n");
  });

  test("the command line starts", () => {
    const script = join(project.directory, "node_modules/pegel/dist/service/main.js");
    const output = execFileSync(command, [...flags, script, "-version"], { cwd: project.directory, encoding: "utf8" });
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(output).toContain(`Version:\t${version}\n`);
  });

  test("the example samples itself, answers queries, and stops on SIGINT", async () => {
    const name = readdirSync(join(root, "examples", runtime)).find((each) => each.startsWith("main.")) ?? "";
    const path = join(project.directory, `${runtime}-example-${name}`);
    copyFileSync(join(root, "examples", runtime, name), path);
    const child = spawn(command, [...flags, path], {
      cwd: project.directory,
      env: { ...process.env, PORT: "0", DATA: join(project.directory, `example-${runtime}`) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
    const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
    try {
      const url = await firstMatch(() => /http:\/\/[\d.:]+/.exec(output)?.[0]);
      const now = Math.floor(Date.now() / 1000);
      const queries = [{ metric: "rss", host: "here" }];
      const body = { cluster: "local", from: now - 60, to: now + 60, queries };
      const rss = await firstMatch(async () => {
        const response = await fetch(`${url}/api/query`, { method: "POST", body: JSON.stringify(body) });
        const { results } = (await response.json()) as { results: { max: number }[][] };
        return results[0]?.[0]?.max;
      });
      expect(rss).toBeGreaterThan(1e6);
    } finally {
      child.kill("SIGINT");
    }
    expect([await exited, output]).toEqual([0, expect.stringMatching(/^listening on \S+\n$/)]);
  });
});

/** The first answer that is not undefined. */
async function firstMatch<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 500; tries++) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(40);
  }
  throw new Error("nothing came in 20 seconds");
}
