// A real store server in this process, on a real socket, and a client that can send a body with any method.
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/service/config.ts";
import { createLogger } from "../../src/service/log.ts";
import { startStoreServer, type StoreServer } from "../../src/service/store-server.ts";
import { platform } from "./runtime.ts";

export interface RunningStore extends StoreServer {
  request(
    method: string,
    path: string,
    body?: string | Uint8Array,
    headers?: Record<string, string>,
  ): Promise<ClientAnswer>;
}

export interface ClientAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly contentType: string;
  readonly body: string;
}

/** A configuration without `main.addr`; missing sections are filled in. */
export type TestConfig = Record<string, Record<string, unknown>>;

export const defaultMetrics = {
  cpu_load: { frequency: 60, aggregation: "avg" },
  flops_any: { frequency: 60, aggregation: "sum" },
  clock: { frequency: 60, aggregation: null },
  net_bw: { frequency: 10, aggregation: "sum" },
};

/** Starts a store on a free port of the loopback interface; its files are in a directory that goes when it stops. */
export async function startStore(config: TestConfig = {}, dev = false): Promise<RunningStore> {
  const directory = await mkdtemp(join(tmpdir(), "pegel-test-"));
  const server = await startStoreIn(join(directory, "checkpoints"), config, dev);
  return {
    ...server,
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Starts a store whose checkpoints are in `directory`, which stays. */
export async function startStoreIn(directory: string, config: TestConfig = {}, dev = false): Promise<RunningStore> {
  const server = await startStoreServer({
    config: await loadConfig("test.json", async () => JSON.stringify(testDocument(directory, config))),
    platform,
    log: createLogger({ level: "crit", withDate: false, write: () => {}, now: () => new Date() }),
    version: "test",
    dev,
  });
  return { ...server, request: (method, path, body, headers) => send(server.port, method, path, body, headers) };
}

/** A whole configuration: on a free port of the loopback interface, for samples of any age. */
export function testDocument(directory: string, config: TestConfig): object {
  const metricStore = config["metric-store"];
  const checkpoints = { ...(metricStore?.["checkpoints"] as object | undefined), directory };
  return {
    metrics: defaultMetrics,
    ...config,
    main: { ...config["main"], addr: "127.0.0.1:0" },
    "metric-store": { "retention-in-memory": "876000h", "memory-cap": 0, ...metricStore, checkpoints },
  };
}

/** One request on a connection of its own. */
export function send(
  port: number,
  method: string,
  path: string,
  body?: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<ClientAnswer> {
  const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      method,
      path,
      headers: { ...length, ...headers },
      agent: false,
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          contentType: response.headers["content-type"] ?? "",
          body: Buffer.concat(pieces).toString("utf8"),
        }),
      );
    });
    request.end(body);
  });
}
