// Configurations for tests: files that exist only here, and the smallest document that is accepted.

import { ConfigError, loadConfig } from "../../src/service/config.ts";

export type Files = Readonly<Record<string, unknown>>;

/** Files as text or as values that become JSON. */
export function load(files: Files) {
  return loadConfig("config.json", (path) => {
    const file = files[path];
    if (file instanceof Error) return Promise.reject(file);
    return Promise.resolve(typeof file === "string" || file === undefined ? file : JSON.stringify(file));
  });
}

export async function problemsOf(files: Files): Promise<readonly string[]> {
  const error: unknown = await load(files).catch((reason: unknown) => reason);
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError: ${String(error)}`);
  return error.problems;
}

export const minimalStore = { "retention-in-memory": "48h", "memory-cap": 100 };
export const minimal = {
  main: {},
  metrics: { cpu_load: { frequency: 60, aggregation: "avg" } },
  "metric-store": minimalStore,
};
export const withMain = (main: unknown): Files => ({ "config.json": { ...minimal, main } });
export const withMetrics = (metrics: unknown): Files => ({ "config.json": { ...minimal, metrics } });
export const withStore = (store: object): Files => ({
  "config.json": { ...minimal, "metric-store": { ...minimalStore, ...store } },
});
export const withNats = (nats: unknown): Files => ({ "config.json": { ...minimal, nats } });
