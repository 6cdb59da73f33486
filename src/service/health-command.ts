// `pegel health`: is the store that runs here well? For containers and scripts, where there may be no other HTTP client.

import { messageOf } from "../core/message-of.ts";
import type { Platform } from "../runtime/ports.ts";
import { loadConfig, type MainConfig } from "./config.ts";

export interface HealthCommand {
  readonly kind: "health";
  /** Of the server; without it the address is that of the configuration. */
  readonly url: string | undefined;
  readonly configPath: string;
}

const TIMEOUT_MS = 3000;
/** Answers 503 while the samples are loaded; with tokens configured 401, which only a store that is loaded does. */
const PATH = "/api/status";

/** Prints a line and resolves to the exit code: 0 if the store answers and has loaded its samples, else 1. */
export async function runHealth({ url, configPath }: HealthCommand, platform: Platform): Promise<number> {
  try {
    const target = new URL(PATH, url ?? (await configuredUrl(configPath, platform)));
    const { status, text } = await platform.probe(target, TIMEOUT_MS);
    const isHealthy = status < 500;
    if (isHealthy) platform.print("ok");
    else platform.printError(`${target.origin} answers ${status}: ${text.trim()}`);
    return isHealthy ? 0 : 1;
  } catch (error) {
    platform.printError(messageOf(error));
    return 1;
  }
}

async function configuredUrl(path: string, { readText, files }: Platform): Promise<string> {
  const { main } = await loadConfig(path, readText, (directory) => files.list(directory));
  return localUrl(main);
}

/** Where a server with this configuration is to be found from the same machine. */
export function localUrl({ listen, tls }: Pick<MainConfig, "listen" | "tls">): string {
  const given = listen.hostname ?? "0.0.0.0";
  const host = given === "0.0.0.0" ? "127.0.0.1" : given === "::" ? "::1" : given;
  return `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${listen.port}`;
}
