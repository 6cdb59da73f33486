// What operators copy: the sample configuration, the unit of systemd, the recipe of the container.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/service/config.ts";
import { root } from "./empty-project.ts";

const read = (name: string): string => readFileSync(join(root, name), "utf8");
const withoutSystemd = spawnSync("systemd-analyze", ["--version"]).error !== undefined;

const loadSample = () =>
  loadConfig(
    "config.json",
    async () => read("deploy/config.json"),
    async () => [],
  );

test("the sample configuration is taken without a warning", async () => {
  const { warnings, metrics } = await loadSample();
  expect(warnings).toEqual([]);
  expect(Object.keys(metrics).length).toBeGreaterThan(10);
});

test("configuration, container and unit agree on port and directories", async () => {
  const { main, metricStore } = await loadSample();
  const dockerfile = read("Dockerfile");
  expect(dockerfile).toContain(`\nEXPOSE ${main.listen.port}\n`);
  const [, volume = ""] = /^VOLUME (\S+)$/m.exec(dockerfile) ?? [];
  for (const directory of [metricStore.checkpoints.directory, metricStore.cleanup.directory ?? ""]) {
    expect(directory.startsWith(`${volume}/`)).toBe(true);
  }
  const unit = read("deploy/pegel.service");
  expect(unit).toContain(`\nWorkingDirectory=${volume}\n`);
  expect(unit).toContain("\nStateDirectory=pegel\n");
});

test.skipIf(withoutSystemd)("systemd takes the unit (needs systemd-analyze)", () => {
  const directory = mkdtempSync(join(tmpdir(), "pegel-unit-"));
  try {
    // The program is not installed here, and systemd wants to see it.
    const program = join(directory, "pegel");
    writeFileSync(program, "");
    chmodSync(program, 0o755);
    const path = join(directory, "pegel.service");
    writeFileSync(path, read("deploy/pegel.service").replaceAll("/usr/bin/pegel", program));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", path], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
