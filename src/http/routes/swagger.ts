// GET /swagger/: the documentation of the API, with -dev only. Nothing is loaded from elsewhere.

import { HttpError } from "../errors.ts";
import { openApiDocument } from "../openapi.ts";
import { targetOf, type RouteHandler } from "../raw-request.ts";
import { jsonReply, jsonText } from "../reply.ts";
import type { Services } from "../services.ts";

/** The files of swagger-ui-dist that the page uses. */
const ASSET_TYPES: ReadonlyMap<string, string> = new Map([
  ["swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
  ["swagger-ui.css", "text/css; charset=utf-8"],
]);

const PREFIX = "/swagger/";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>pegel API</title>
    <link rel="stylesheet" href="swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="swagger-ui-bundle.js"></script>
    <script>
      SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", validatorUrl: null });
    </script>
  </body>
</html>
`;

export function swaggerRoute(services: Services): RouteHandler {
  return async (c) => {
    const { path } = targetOf(c);
    if (services.swaggerAsset === undefined) throw pageNotFound();
    // The page's links are relative, so it must be read under a path that ends in a slash.
    if (!path.startsWith(PREFIX)) return new Response(null, { status: 307, headers: { Location: PREFIX } });
    const name = path.slice(PREFIX.length);
    if (name === "openapi.json") return jsonReply(c, services, jsonText(openApiDocument()));
    if (name === "" || name === "index.html") return fileReply(PAGE, "text/html; charset=utf-8");
    const type = ASSET_TYPES.get(name);
    const bytes = type === undefined ? undefined : await services.swaggerAsset(name);
    if (type === undefined || bytes === undefined) throw pageNotFound();
    return fileReply(bytes, type);
  };
}

/** The same text as that of every other unknown path. */
export function pageNotFound(): HttpError {
  return new HttpError(404, "404 page not found", { format: "text" });
}

function fileReply(body: string | Uint8Array<ArrayBuffer>, type: string): Response {
  return new Response(body, { headers: { "Content-Type": type } });
}
