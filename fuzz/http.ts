// The whole API, from the request line on: never a 500, always a status that fits, JSON where it says JSON.
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { MetricStore } from "../src/core/store.ts";
import { createApp } from "../src/http/app.ts";
import { Ingest } from "../src/ingest/ingest.ts";
import { QueryService } from "../src/query/query-service.ts";
import { nodeGzip } from "../src/runtime/node.ts";
import { defaultLimits, type Limits } from "../src/library/limits.ts";
import { lineBody, NOW, RETENTION_SECONDS } from "./lines.ts";
import { cut, mutate } from "./mutate.ts";
import { queryTarget } from "./query.ts";
import type { Random } from "./random.ts";
import { Finding, showPieces, type Target } from "./target.ts";

export interface HttpInput {
  readonly isGuarded: boolean;
  readonly requests: readonly HttpRequest[];
}

interface HttpRequest {
  readonly method: string;
  /** As on the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly Uint8Array[];
  /** The client hangs up behind the last piece. */
  readonly isBroken: boolean;
}

const LIMITS: Limits = {
  ...defaultLimits,
  bodySizeBytes: 3000,
  jsonBodySizeBytes: 1000,
  lineLengthBytes: 200,
  pointsPerAnswer: 20_000,
  pointsPerResult: 20_000,
  queriesPerRequest: 50,
  seriesCount: 40,
  gzipMinSizeBytes: 200,
};

const METHODS = ["GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"];
const PATHS = [
  "/api/write",
  "/api/write/",
  "/api/query",
  "/api/free",
  "/api/debug",
  "/api/healthcheck",
  "/api/status",
  "/swagger",
  "/swagger/",
  "/swagger/openapi.json",
  "/",
  "/api",
  "/api/writes",
  "//api/write",
  "/api/../api/query",
  "/api/query/./x",
  "/api/%77rite",
  "/%",
  "/api/write/%zz",
];
const PARAMETERS = [
  "cluster=alex",
  "cluster=",
  "cluster=a%2Fb",
  "cluster=..",
  "to=0",
  "to=1700000050",
  "to=-1",
  "to=x",
  "to=",
  "to=99999999999999999999",
  "version=v2",
  "selector=alex",
  "selector=alex:a1",
  "selector=:",
  "selector=%",
  "selector=%ff",
  "=",
  "&",
  "?",
  "a=b=c",
  "cluster",
  "%00",
];
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  {},
  { "Accept-Encoding": "gzip" },
  { "Accept-Encoding": "gzip;q=0, *;q=0.5, identity;q=x" },
  { "Content-Encoding": "gzip" },
  { "Content-Encoding": "br" },
  { "Content-Length": "999999" },
  { "Content-Length": "-1" },
  { "Content-Length": "x" },
  { Authorization: "Bearer x.y.z" },
  { Authorization: "Bearer eyJhbGciOiJub25lIn0.e30." },
  { Authorization: "Bearer eyJhbGciOiJFZERTQSJ9.e30.AAAA" },
  { Authorization: "Basic eDp5" },
  { "Content-Type": "text/nonsense; charset=\u00ff" },
];
const JSON_BODIES = [
  "[]",
  "[[]]",
  '[["alex","a1"],[null]]',
  "{}",
  "null",
  '{"cluster":"alex","nodes":["a1","a1","x"],"metric-names":["cpu_load","none"]}',
  '{"nodes":1}',
  "[[[]]]",
  "[",
];
const TOKENS = ["%", "%00", "/", "//", "/..", "?", "&", "#", "\\", " ", "\u00e4", "{", "[", '"', "null"];

const STATUSES = new Set([200, 307, 400, 401, 404, 405, 413, 415]);

export const httpTarget: Target<HttpInput> = {
  name: "http",

  generate: (random) => ({ isGuarded: random.oneIn(6), requests: random.list(1, 6, () => requestOf(random)) }),

  async check({ isGuarded, requests }) {
    const failures: unknown[] = [];
    const app = newApp(isGuarded, (error) => failures.push(error));
    for (const [index, request] of requests.entries()) {
      const response = await app.fetch(webRequestOf(request), { incoming: rawRequestOf(request) });
      if (failures.length > 0) throw failures[0];
      await checkResponse(index, request, response);
    }
  },

  show: ({ isGuarded, requests }) => {
    const shown = requests.map(({ pieces, ...request }) => ({ ...request, ...showPieces(pieces) }));
    return JSON.stringify({ isGuarded, requests: shown }, undefined, 2);
  },
};

function newApp(isGuarded: boolean, reportError: (error: unknown) => void) {
  const store = new MetricStore({
    metrics: { cpu_load: { frequency: 60, aggregation: "avg" }, flops_any: { frequency: 10, aggregation: "sum" } },
    maxSeries: LIMITS.seriesCount,
  });
  const now = (): number => NOW + 0.5;
  const yieldToOthers = (): Promise<void> => Promise.resolve();
  return createApp({
    store,
    ingest: new Ingest({ store, limits: LIMITS, retentionSeconds: RETENTION_SECONDS, now }),
    query: new QueryService({ store, limits: LIMITS, yieldToOthers, monotonicMs: () => performance.now() }),
    limits: LIMITS,
    gzip: nodeGzip,
    now,
    yieldToOthers,
    status: () => ({ store: store.sizes() }),
    reportError,
    swaggerAsset: async () => undefined,
    ...(isGuarded && { jwtPublicKey: new Uint8Array(32).fill(7) }),
  });
}

function requestOf(random: Random): HttpRequest {
  const headers = random.pick(HEADERS);
  const body = bodyOf(random);
  const isGzip = headers["Content-Encoding"] === "gzip" && !random.oneIn(4);
  const sent = isGzip ? damaged(random, gzipSync(body)) : body;
  return {
    method: random.pick(METHODS),
    target: targetOf(random),
    headers,
    pieces: cut(random, sent),
    isBroken: random.oneIn(20),
  };
}

function bodyOf(random: Random): Uint8Array {
  if (random.oneIn(8)) return new Uint8Array(0);
  if (random.oneIn(3)) return queryTarget.generate(random);
  return random.oneIn(3) ? damaged(random, Buffer.from(random.pick(JSON_BODIES))) : lineBody(random);
}

function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  return random.oneIn(4) ? mutate(random, bytes, TOKENS) : bytes;
}

/** What node:http lets through: no control characters, no spaces. */
function targetOf(random: Random): string {
  const query = random.list(0, 2, () => random.pick(PARAMETERS)).join("&");
  const target = random.pick(PATHS) + (query === "" ? "" : `?${query}`);
  const bytes = random.oneIn(5) ? mutate(random, Buffer.from(target), TOKENS) : Buffer.from(target);
  return `/${Buffer.from(bytes)
    .toString("latin1")
    .slice(1)
    .replaceAll(/[^\x21-\xff]|\x7f/g, "")}`;
}

/** The request as node-server makes it: the web platform knows no body with GET, and cleans the path. */
function webRequestOf({ method, target, headers }: HttpRequest): Request {
  return new Request(`http://store${target}`, { method, headers });
}

function rawRequestOf({ target, pieces, isBroken }: HttpRequest) {
  const body = Readable.from(piecesOf(pieces, isBroken), { objectMode: false });
  return Object.assign(body, { url: target });
}

async function* piecesOf(pieces: readonly Uint8Array[], isBroken: boolean): AsyncGenerator<Uint8Array> {
  yield* pieces;
  if (isBroken) throw new Error("aborted");
}

async function checkResponse(index: number, request: HttpRequest, response: Response): Promise<void> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isGzip = response.headers.get("content-encoding") === "gzip";
  // The answer to HEAD has the headers of the one to GET, but no body.
  const text = isGzip && bytes.length > 0 ? await gunzipped(bytes) : Buffer.from(bytes).toString("utf8");
  const where = `request ${index}, ${request.method} ${request.target}: status ${response.status}`;
  // Go's own answer to a time that is no number.
  const isGoError = response.status === 500 && text.includes("strconv.ParseInt");
  if (!STATUSES.has(response.status) && !isGoError) throw new Finding(`${where} was not expected: ${text}`);
  if (text !== "" && response.headers.get("content-type") === "application/json") expectJson(where, text);
}

async function gunzipped(bytes: Uint8Array): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of nodeGzip.decompress(Readable.from([bytes]))) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

function expectJson(where: string, text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Finding(`${where}: expected JSON, found ${text.slice(0, 500)}: ${String(error)}`);
  }
}
