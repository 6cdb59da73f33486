// One look at a server.

import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { ProbeAnswer } from "../ports.ts";

/** More of an answer is not read: people are to see it. */
const MAX_TEXT_CHARS = 200;

/** Asks for `url`. Rejects when there is no answer in time. */
export function probe(url: URL, timeoutMs: number): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    // It is our own server at the loopback address, for which no certificate is made out.
    const request = send(url, { agent: false, rejectUnauthorized: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => (text = (text + piece).slice(0, MAX_TEXT_CHARS)));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    request.on("close", () => clearTimeout(timer));
    request.on("error", reject);
    request.end();
  });
}
