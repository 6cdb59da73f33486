// Paths are cleaned as Go's ServeMux does: a request for any other spelling of a path is sent to the clean one. Clients
// that join an address ending in `/` with a path beginning with it live on that.

import { targetOf, type AppContext } from "./raw-request.ts";

/** An empty, `.` or `..` segment. */
const UNCLEAN = /\/(?:\/|\.{1,2}(?:\/|$))/;

/** Every request asks; the plain search spares nearly all of them the expression. */
function isClean(path: string): boolean {
  return !(path.includes("//") || path.includes("/.")) || !UNCLEAN.test(path);
}

/** The shortest path that means the same; a slash at the end stays. */
export function cleanPath(path: string): string {
  const names: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") names.pop();
    else if (segment !== "" && segment !== ".") names.push(segment);
  }
  const end = path.endsWith("/") && names.length > 0 ? "/" : "";
  return `/${names.join("/")}${end}`;
}

/** A redirect if the request's path is not clean. 307 keeps method and body. */
export function redirectToCleanPath(c: AppContext): Response | undefined {
  const { path, query } = targetOf(c);
  if (isClean(path)) return undefined;
  const location = query === "" ? cleanPath(path) : `${cleanPath(path)}?${query}`;
  return new Response(null, { status: 307, headers: { Location: location, "Content-Length": "0" } });
}
