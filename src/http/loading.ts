// While the store loads, every request is told so: an orchestrator waits, a collector tries again.

import { HttpError } from "./errors.ts";

/** How long a client should wait before it asks again. */
const RETRY_AFTER_SECONDS = "1";

/** The answer to any request before the store is loaded. */
export function loadingResponse(progress: string): Response {
  return new HttpError(503, `loading: ${progress}`, { headers: { "Retry-After": RETRY_AFTER_SECONDS } }).toResponse();
}
