// A Node program with a store inside: it keeps the memory use of this very process, and serves it.
//
//     npm install pegel @hono/node-server
//     node main.js                     # PORT=8080 DATA=./data
//     curl http://127.0.0.1:8080/api/query -d '{"cluster":"local","from":'$(($(date +%s)-60))',"to":'$(date +%s)',
//       "queries":[{"metric":"rss","host":"here"}]}'

import { serve } from "@hono/node-server";
import { openStore } from "pegel";
import { createHttpApi } from "pegel/http";

const { PORT = "8080", DATA = "./data" } = process.env;

const store = await openStore({
  metrics: { rss: { frequency: 1, aggregation: "sum" } },
  directory: DATA,
  events: { problem: (what, error) => console.error(`${what}:`, error) },
});

const timer = setInterval(async () => {
  const timestamp = Math.floor(Date.now() / 1000);
  const value = process.memoryUsage().rss;
  // Resolves when the sample is on disk.
  const report = await store.writeSamples([{ metric: "rss", level: ["local", "here"], timestamp, value }]);
  if (report.rejected > 0) console.error(report.rejections);
}, 1000);

const server = serve({ fetch: createHttpApi(store).fetch, hostname: "127.0.0.1", port: Number(PORT) }, ({ port }) =>
  console.log(`listening on http://127.0.0.1:${port}`),
);

process.once("SIGINT", async () => {
  clearInterval(timer);
  server.close();
  await store.close();
});
