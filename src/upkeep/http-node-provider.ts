// Asks cc-backend which hosts run jobs: GET <backend-url>/api/jobs/used_nodes?ts=<unix> → {"cluster": ["host", …]}.

import * as v from "valibot";
import type { NodeProvider, UsedNodes } from "./node-provider.ts";

export interface HttpNodeProviderOptions {
  /** Without a slash at its end. */
  readonly backendUrl: string;
  /** The whole exchange must be over by then; default 10 s. */
  readonly timeoutMs?: number;
  /** A larger answer is refused; default 16 MiB, a million hosts. */
  readonly maxSizeBytes?: number;
}

const TIMEOUT_MS = 10_000;
const MAX_SIZE_BYTES = 16 * 1024 * 1024;
/** Of an answer that is none, so much is shown. */
const SHOWN_CHARACTERS = 60;

/** Go writes an empty map or list as null. */
const usedNodesSchema = v.nullable(
  v.pipe(
    v.unknown(),
    // Valibot takes a list for a record.
    v.check((value) => !Array.isArray(value)),
    v.record(v.string(), v.nullable(v.array(v.string()), [])),
  ),
  {},
);

export class HttpNodeProvider implements NodeProvider {
  readonly #backendUrl: string;
  readonly #timeoutMs: number;
  readonly #maxSizeBytes: number;

  constructor({ backendUrl, timeoutMs = TIMEOUT_MS, maxSizeBytes = MAX_SIZE_BYTES }: HttpNodeProviderOptions) {
    this.#backendUrl = backendUrl;
    this.#timeoutMs = timeoutMs;
    this.#maxSizeBytes = maxSizeBytes;
  }

  async usedNodes(time: number): Promise<UsedNodes> {
    const url = `${this.#backendUrl}/api/jobs/used_nodes?ts=${Math.floor(time)}`;
    try {
      const response = await fetch(url, {
        headers: { accept: "application/json" },
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      const text = await readLimited(response, this.#maxSizeBytes);
      if (!response.ok) throw new Error(`expected status 200, found ${response.status}`);
      return parse(text);
    } catch (error) {
      throw new Error(`${url}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/** The body as text. Also of an answer that is of no use: an unread one would hold its connection. */
async function readLimited(response: Response, maxSizeBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  const reader = response.body?.getReader();
  for (let piece = await reader?.read(); piece?.value !== undefined; piece = await reader?.read()) {
    sizeBytes += piece.value.length;
    if (sizeBytes > maxSizeBytes) {
      await reader?.cancel();
      throw new Error(`expected at most ${maxSizeBytes} bytes, found more`);
    }
    text += decoder.decode(piece.value, { stream: true });
  }
  return text + decoder.decode();
}

function parse(text: string): UsedNodes {
  const result = v.safeParse(usedNodesSchema, parseJson(text));
  if (result.success) return result.output;
  const [{ path, received }] = result.issues;
  const where = path === undefined ? "" : ` at ${path.map(({ key }) => String(key)).join(".")}`;
  throw new Error(`expected {"cluster": ["host", …]}, found ${received}${where}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`expected JSON, found ${JSON.stringify(text.slice(0, SHOWN_CHARACTERS))}`);
  }
}

/** What `fetch` throws says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
