// The program: command line → configuration → server, until a signal ends it.

import { messageOf } from "../core/message-of.ts";
import { inspect } from "../persistence/inspect.ts";
import { verify } from "../persistence/verify.ts";
import { verifyLines } from "../persistence/verify-report.ts";
import type { BuildInfo, Platform, Signals } from "../runtime/ports.ts";
import { runArchive } from "./archive-command.ts";
import { runCleanup } from "./cleanup-command.ts";
import { formatBuild, formatVersion, parseCommandLine, type RunOptions } from "./command-line.ts";
import { ConfigError, loadConfig, type LoadedConfig } from "./config.ts";
import { runHealth } from "./health-command.ts";
import { createLogger, type Logger } from "./log.ts";
import { startStoreServer, type StoreServer } from "./store-server.ts";

/** Runs the program with the arguments that follow its name. Resolves to the exit code. */
export async function run(args: readonly string[], platform: Platform, version: BuildInfo): Promise<number> {
  const command = parseCommandLine(args);
  if (command.kind === "error") {
    platform.printError(command.message);
    return command.exitCode;
  }
  const { files, print, printError } = platform;
  if (command.kind === "inspect") return inspect({ ...command, files, print, printError });
  if (command.kind === "verify") return runVerify(command.path, platform);
  if (command.kind === "archive") return runArchive(command, platform);
  if (command.kind === "cleanup") return cleanUp(command, platform);
  if (command.kind === "serve") return serve(command, platform, version);
  if (command.kind === "health") return runHealth(command, platform);
  platform.print(command.kind === "help" ? `${command.message}\n\n${formatBuild(version)}` : formatVersion(version));
  return 0;
}

async function runVerify(path: string, platform: Platform): Promise<number> {
  const report = await verify({ files: platform.files, path, now: platform.clock.now() });
  for (const line of verifyLines(report)) platform.print(line);
  return report.failures.length === 0 ? 0 : 1;
}

async function cleanUp(options: RunOptions, platform: Platform): Promise<number> {
  const log = createLog(options, platform);
  const config = await readConfig(options, platform, log);
  return config === undefined ? 1 : runCleanup(config, platform, log);
}

function createLog(options: RunOptions, platform: Platform): Logger {
  return createLogger({
    level: options.logLevel,
    withDate: options.logDate,
    write: platform.printError,
    now: () => new Date(platform.clock.now() * 1000),
  });
}

async function serve(options: RunOptions, platform: Platform, version: BuildInfo): Promise<number> {
  const log = createLog(options, platform);
  const config = await readConfig(options, platform, log);
  if (config === undefined) return 1;
  const stopSignal = nextStopSignal(platform.signals);
  let server: StoreServer;
  try {
    const starting = startStoreServer({ config, platform, log, version: version.version, dev: options.dev });
    // From the first moment on: a reload while the store loads must not end it, as the signal does by itself.
    platform.signals.on("SIGHUP", () => void starting.then((started) => started.reloadTls()).catch(() => {}));
    const first = await Promise.race([starting, stopSignal]);
    // Nothing has been accepted yet, so there is nothing to save.
    if (typeof first === "string") return platform.process.exit(0);
    server = first;
  } catch (error) {
    log.critical("cannot start", { error: messageOf(error) });
    return 1;
  }
  announce(config, server, platform);
  // Not awaited: a service manager that is slow to listen must not hold up anything.
  platform.process.notifyReady().catch((error: unknown) => log.warn("systemd-notify failed", { error: String(error) }));
  log.info("stopping", { signal: await stopSignal });
  return stop(server, log);
}

/** Resolves to the first signal that asks for the end; those that follow it are ignored. */
function nextStopSignal(signals: Signals): Promise<string> {
  return new Promise((resolve) => {
    signals.on("SIGINT", () => resolve("SIGINT"));
    signals.on("SIGTERM", () => resolve("SIGTERM"));
  });
}

/** Returns the exit code. */
async function stop(server: StoreServer, log: Logger): Promise<number> {
  try {
    await server.stop();
    return 0;
  } catch (error) {
    log.critical("the last checkpoint failed; the next start reads the logs instead", { error: messageOf(error) });
    return 1;
  }
}

async function readConfig(options: RunOptions, platform: Platform, log: Logger): Promise<LoadedConfig | undefined> {
  for (const word of options.ignoredArguments) log.warn("argument ignored", { argument: word });
  try {
    const config = await loadConfig(options.configPath, platform.readText, (directory) =>
      platform.files.list(directory),
    );
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
