// A Deno program with a store inside: it keeps the memory use of this very process, and serves it.
//
//     deno add npm:pegel
//     deno run --allow-net --allow-read --allow-write --allow-env --allow-sys main.ts      # PORT=8080 DATA=./data
//     curl http://127.0.0.1:8080/api/query -d '{"cluster":"local","from":'$(($(date +%s)-60))',"to":'$(date +%s)',
//       "queries":[{"metric":"rss","host":"here"}]}'

import { openStore } from "pegel";
import { createHttpApi } from "pegel/http";

const port = Number(Deno.env.get("PORT") ?? "8080");

const store = await openStore({
  metrics: { rss: { frequency: 1, aggregation: "sum" } },
  directory: Deno.env.get("DATA") ?? "./data",
  events: { problem: (what, error) => console.error(`${what}:`, error) },
});

const timer = setInterval(async () => {
  const timestamp = Math.floor(Date.now() / 1000);
  const value = Deno.memoryUsage().rss;
  // Resolves when the sample is on disk.
  const report = await store.writeSamples([{ metric: "rss", level: ["local", "here"], timestamp, value }]);
  if (report.rejected > 0) console.error(report.rejections);
}, 1000);

// Deno.serve drops the body of a GET: queries must come as POST here.
const server = Deno.serve(
  { hostname: "127.0.0.1", port, onListen: (address) => console.log(`listening on http://127.0.0.1:${address.port}`) },
  createHttpApi(store).fetch,
);

async function stop() {
  Deno.removeSignalListener("SIGINT", stop);
  clearInterval(timer);
  await server.shutdown();
  await store.close();
}
Deno.addSignalListener("SIGINT", stop);
