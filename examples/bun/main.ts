// A Bun program with a store inside: it keeps the memory use of this very process, and serves it.
//
//     bun add pegel
//     bun main.ts                      # PORT=8080 DATA=./data
//     curl http://127.0.0.1:8080/api/query -d '{"cluster":"local","from":'$(($(date +%s)-60))',"to":'$(date +%s)',
//       "queries":[{"metric":"rss","host":"here"}]}'

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

// Bun.serve drops the body of a GET: queries must come as POST here.
const server = Bun.serve({ fetch: createHttpApi(store).fetch, hostname: "127.0.0.1", port: Number(PORT) });
console.log(`listening on http://127.0.0.1:${server.port}`);

process.once("SIGINT", async () => {
  clearInterval(timer);
  await server.stop();
  await store.close();
});
