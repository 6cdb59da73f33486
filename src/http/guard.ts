// What every route checks before its handler runs: path, method, token; in this order, as the reference does.

import type { Authenticate } from "./auth.ts";
import { redirectToCleanPath } from "./clean-path.ts";
import { HttpError } from "./errors.ts";
import type { AppContext, RouteHandler } from "./raw-request.ts";

export type Method = "GET" | "HEAD" | "POST";

/** Wraps a handler. A plain function and no middleware: a chain of those costs a small post a tenth of its time. */
export function guard(
  methods: readonly Method[],
  authenticate: Authenticate | undefined,
  handle: RouteHandler,
): RouteHandler {
  return (c: AppContext) => {
    const redirect = redirectToCleanPath(c);
    if (redirect !== undefined) return redirect;
    if (!isOneOf(methods, c.req.method)) throw methodNotAllowed(methods);
    const pending = authenticate?.(c.req.header("authorization"));
    return pending === undefined ? handle(c) : pending.then(() => handle(c));
  };
}

function isOneOf(methods: readonly string[], method: string): boolean {
  return methods.includes(method);
}

function methodNotAllowed(methods: readonly Method[]): HttpError {
  return new HttpError(405, "Method Not Allowed", { format: "text", headers: { Allow: methods.join(", ") } });
}
