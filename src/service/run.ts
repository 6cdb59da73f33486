// The program: command line → configuration → server, until a signal ends it.

import type { BuildInfo, Platform } from "../runtime/ports.ts";
import { formatVersion, parseCommandLine, type RunOptions } from "./command-line.ts";
import { ConfigError, loadConfig, type LoadedConfig } from "./config.ts";
import { createLogger, type Logger } from "./log.ts";
import { startStoreServer, type StoreServer } from "./store-server.ts";

/** Runs the program with the arguments that follow its name. Resolves to the exit code. */
export async function run(args: readonly string[], platform: Platform, version: BuildInfo): Promise<number> {
  const command = parseCommandLine(args);
  if (command.kind === "error") {
    platform.printError(command.message);
    return command.exitCode;
  }
  if (command.kind === "cleanup") {
    platform.printError("-cleanup-checkpoints is not in this version yet");
    return 1;
  }
  if (command.kind === "serve") return serve(command, platform, version);
  platform.print(command.kind === "help" ? command.message : formatVersion(version));
  return 0;
}

async function serve(options: RunOptions, platform: Platform, version: BuildInfo): Promise<number> {
  const log = createLogger({
    level: options.logLevel,
    withDate: options.logDate,
    write: platform.printError,
    now: () => new Date(platform.clock.now() * 1000),
  });
  const config = await readConfig(options, platform, log);
  if (config === undefined) return 1;
  try {
    const server = await startStoreServer({ config, platform, log, version: version.version, dev: options.dev });
    announce(config, server, platform);
    // Not awaited: a service manager that is slow to listen must not hold up anything.
    platform.process
      .notifyReady()
      .catch((error: unknown) => log.warn("systemd-notify failed", { error: String(error) }));
    await untilStopped(server, platform, log);
    return 0;
  } catch (error) {
    log.critical("cannot start", { error: error instanceof Error ? error.message : String(error) });
    return 1;
  }
}

async function readConfig(options: RunOptions, platform: Platform, log: Logger): Promise<LoadedConfig | undefined> {
  for (const word of options.ignoredArguments) log.warn("argument ignored", { argument: word });
  try {
    const config = await loadConfig(options.configPath, platform.readText);
    for (const warning of config.warnings) log.warn(warning);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of error.message.split("\n")) log.critical(line);
    return undefined;
  }
}

function announce(config: LoadedConfig, server: StoreServer, platform: Platform): void {
  const scheme = config.main.tls === undefined ? "http" : "https";
  const host = config.main.listen.hostname ?? "0.0.0.0";
  platform.print(server.recovery);
  platform.print(`pegel listens on ${scheme}://${host.includes(":") ? `[${host}]` : host}:${server.port}`);
}

/** Resolves when SIGINT or SIGTERM came and all is stopped; SIGHUP reads the certificate again. */
async function untilStopped(server: StoreServer, platform: Platform, log: Logger): Promise<void> {
  const { signals } = platform;
  signals.on("SIGHUP", () => void server.reloadTls());
  const signal = await new Promise<string>((resolve) => {
    signals.on("SIGINT", () => resolve("SIGINT"));
    signals.on("SIGTERM", () => resolve("SIGTERM"));
  });
  log.info("stopping", { signal });
  await server.stop();
}
