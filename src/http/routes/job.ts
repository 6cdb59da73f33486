// POST /api/job/data, /api/job/stats, /api/job/scoped-stats: the metrics of a job, in terms of its cluster's topology.

import type { JobAnswers } from "../../query/job-answers.ts";
import { readJsonBody } from "../body.ts";
import { HttpError } from "../errors.ts";
import type { RouteHandler } from "../raw-request.ts";
import { jsonReply } from "../reply.ts";
import type { Services } from "../services.ts";

/** What is asked for: a method of the service. */
export type JobQuestion = "jobData" | "jobStats" | "jobScopedStats" | "nodeData" | "nodeListData";

export function jobRoute(services: Services, question: JobQuestion): RouteHandler {
  return async (c) => {
    const answers = answersOf(services);
    const body = await readJsonBody(c, services);
    return jsonReply(c, services, await answers[question](body));
  };
}

function answersOf({ jobs }: Services): JobAnswers {
  if (jobs === undefined)
    throw new HttpError(404, "this store knows no clusters: expected one that was opened with them");
  return jobs;
}
