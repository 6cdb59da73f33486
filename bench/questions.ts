import { archive } from "./archive.ts";
import { checkpoint } from "./checkpoint.ts";
import { commit } from "./commit.ts";
import type { Question } from "./harness.ts";
import { http } from "./http.ts";
import { ingest } from "./ingest.ts";
import { job } from "./job.ts";
import { json } from "./json.ts";
import { memory } from "./memory.ts";
import { hasNatsServer } from "./nats-server.ts";
import { nats } from "./nats.ts";
import { query } from "./query.ts";
import { restart } from "./restart.ts";
import { runtimes } from "./runtimes.ts";
import { snapshot } from "./snapshot.ts";
import { start } from "./start.ts";
import { wal } from "./wal.ts";

/** All questions, in the order of the report. */
export const questions: readonly Question[] = [
  ingest,
  query,
  job,
  json,
  memory,
  http,
  wal,
  snapshot,
  restart,
  start,
  checkpoint,
  archive,
  commit,
  // It needs a server that is not part of this package.
  ...(hasNatsServer() ? [nats] : []),
  runtimes,
];
