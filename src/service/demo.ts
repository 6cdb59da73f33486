// `npm start`: a store with a small simulated cluster that feeds it through the same HTTP path as real collectors.

import { currentPlatform } from "../runtime/current-platform.ts";
import { readBuildInfo } from "../runtime/node.ts";
import { parseCluster } from "../topology/parse-cluster.ts";
import { loadConfig } from "./config.ts";
import { createLogger } from "./log.ts";
import { simulatedCluster, simulatedLines } from "./simulated-cluster.ts";
import { startStoreServer, type StoreServer } from "./store-server.ts";

const platform = await currentPlatform();
/** Tried in this order. */
const PORTS = [8080, 8081, 8082, 8083];
const INTERVAL_SECONDS = 5;
/** History that is written at the start, so that there is something to look at. */
const HISTORY_SECONDS = 3600;

const metrics = {
  cpu_load: { frequency: INTERVAL_SECONDS, aggregation: "avg" },
  power: { frequency: INTERVAL_SECONDS, aggregation: "sum" },
  mem_bw: { frequency: INTERVAL_SECONDS, aggregation: "sum" },
  flops_any: { frequency: INTERVAL_SECONDS, aggregation: "sum" },
};

async function startOn(port: number): Promise<StoreServer> {
  const document = {
    main: { addr: `127.0.0.1:${port}` },
    metrics,
    "metric-store": {
      "retention-in-memory": "48h",
      "memory-cap": 0,
      // One for each port: two stores must never share a directory, and the port is what tells that one is running.
      checkpoints: { directory: `./var/demo-checkpoints-${port}` },
    },
  };
  const log = createLogger({
    level: "warn",
    withDate: false,
    write: platform.printError,
    now: () => new Date(),
  });
  const config = await loadConfig("demo.json", async () => JSON.stringify(document));
  const clusters = [parseCluster(simulatedCluster).cluster];
  return startStoreServer({
    config: { ...config, clusters },
    platform,
    log,
    version: (await readBuildInfo()).version,
    dev: true,
  });
}

/** Starts on the first port that is free. */
async function startOnFreePort(): Promise<StoreServer> {
  for (const port of PORTS.slice(0, -1)) {
    try {
      return await startOn(port);
    } catch (error) {
      if (!isInUse(error)) throw error;
    }
  }
  return startOn(PORTS[PORTS.length - 1]);
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

/** Writes the samples of one time, as a collector would: one post for the cluster. */
async function feed(url: string, from: number, to: number): Promise<void> {
  const lines: string[] = [];
  for (let time = from; time < to; time += INTERVAL_SECONDS) lines.push(...simulatedLines(time));
  const response = await fetch(`${url}/api/write`, { method: "POST", body: lines.join("\n") });
  if (!response.ok) throw new Error(`POST /api/write: ${response.status} ${await response.text()}`);
}

function describe(url: string): string {
  return `
pegel listens on ${url}, and a simulated cluster of four hosts feeds it every ${INTERVAL_SECONDS} s.
Three commands to try, in another terminal:

  # the load of one host over the last minute, with statistics
  curl -s ${url}/api/query -d '{"cluster":"demo","from":'$(($(date +%s)-60))',"to":'$(date +%s)',"queries":[{"metric":"cpu_load","host":"n01"}]}'

  # the hardware threads of a host summed up to one series, and each socket's memory bandwidth
  curl -s ${url}/api/query -d '{"cluster":"demo","from":'$(($(date +%s)-60))',"to":'$(date +%s)',"queries":[{"metric":"flops_any","host":"n02"},{"metric":"mem_bw","host":"n02","type":"socket","type-ids":["0","1"]}]}'

  # a sample of your own: the reply is empty when it is stored
  curl -s ${url}/api/write --data-binary 'cpu_load,cluster=demo,hostname=mine value=0.5 '$(date +%s)

The API's documentation: ${url}/swagger/   What the store holds: ${url}/api/status   Ctrl-C ends it.
`;
}

async function main(): Promise<void> {
  const server = await startOnFreePort();
  const url = `http://127.0.0.1:${server.port}`;
  const nextTime = (): number => Math.floor(Date.now() / 1000 / INTERVAL_SECONDS) * INTERVAL_SECONDS;
  let fedUntil = nextTime() - HISTORY_SECONDS;
  const feedUpToNow = async (): Promise<void> => {
    const until = nextTime() + INTERVAL_SECONDS;
    await feed(url, fedUntil, until);
    fedUntil = until;
  };
  await feedUpToNow();
  const feeding = setInterval(() => void feedUpToNow().catch(complain), INTERVAL_SECONDS * 1000);
  let isStopping = false;
  const stop = (): void => {
    // A terminal and npm both send it.
    if (isStopping) return;
    isStopping = true;
    clearInterval(feeding);
    server.stop().catch(fail);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) platform.signals.on(signal, stop);
  platform.print(describe(url));
}

const complain = (error: unknown): void => platform.printError(String(error));

function fail(error: unknown): never {
  complain(error);
  return platform.process.exit(1);
}

main().catch(fail);
