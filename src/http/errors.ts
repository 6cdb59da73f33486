// The one place where errors become answers.

import { quoteJson } from "../codec/json/quote.ts";
import { StoreError } from "../core/errors.ts";
import { StorageError } from "../ingest/sample-log.ts";
import { RequestError } from "../query/request-error.ts";

export const JSON_TYPE = "application/json";
export const TEXT_TYPE = "text/plain; charset=utf-8";

/** The words behind the numbers, as Go's http.StatusText spells them: clients may compare them. */
const STATUS_TEXTS = {
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

const utf8 = new TextEncoder();

export type ErrorStatus = keyof typeof STATUS_TEXTS;

export interface HttpErrorOptions {
  /** `json` is the API's usual form; `text` is the message and a newline, as Go's http.Error writes it. */
  readonly format?: "json" | "text";
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of a JSON answer, as JSON text by key. */
  readonly members?: Readonly<Record<string, string>>;
}

/** A request that is not served; the status and `message` are for the client. */
export class HttpError extends Error {
  readonly status: ErrorStatus;
  readonly options: HttpErrorOptions;

  constructor(status: ErrorStatus, message: string, options: HttpErrorOptions = {}) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.options = options;
  }

  toResponse(): Response {
    const { format, headers, members } = this.options;
    const isText = format === "text";
    const body = utf8.encode(isText ? `${this.message}\n` : errorJson(this.status, this.message, members));
    return new Response(body, {
      status: this.status,
      headers: {
        "Content-Type": isText ? TEXT_TYPE : JSON_TYPE,
        // Not every runtime finds it out by itself.
        "Content-Length": String(body.length),
        ...headers,
      },
    });
  }
}

/**
 * The answer to a request that failed with `error`. What is the client's fault is told in full; of everything else
 * `report` gets the details, since they may hold what no client should see.
 */
export function errorResponse(error: unknown, report: (error: unknown) => void): Response {
  if (error instanceof HttpError) return error.toResponse();
  if (error instanceof RequestError || error instanceof StoreError)
    return new HttpError(400, error.message).toResponse();
  report(error);
  // The client may try again: the disk may have room by then.
  if (error instanceof StorageError) return new HttpError(503, error.message).toResponse();
  return new HttpError(500, "internal error, see the server's log").toResponse();
}

function errorJson(status: ErrorStatus, message: string, members: Readonly<Record<string, string>> = {}): string {
  let json = `{"status":${quoteJson(STATUS_TEXTS[status])},"error":${quoteJson(message)}`;
  for (const [key, value] of Object.entries(members)) json += `,${quoteJson(key)}:${value}`;
  return `${json}}\n`;
}
