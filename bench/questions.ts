import { checkpoint } from "./checkpoint.ts";
import { commit } from "./commit.ts";
import type { Question } from "./harness.ts";
import { http } from "./http.ts";
import { ingest } from "./ingest.ts";
import { json } from "./json.ts";
import { memory } from "./memory.ts";
import { query } from "./query.ts";
import { restart } from "./restart.ts";
import { snapshot } from "./snapshot.ts";
import { wal } from "./wal.ts";

/** All questions, in the order of the report. */
export const questions: readonly Question[] = [
  ingest,
  query,
  json,
  memory,
  http,
  wal,
  snapshot,
  restart,
  checkpoint,
  commit,
];
