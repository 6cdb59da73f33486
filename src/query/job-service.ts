// The metrics of jobs and nodes, in terms of the clusters that are described: as values for programs, as JSON for the API.

import { NumberPrinter } from "../codec/json/number-printer.ts";
import { JobAnswers } from "./job-answers.ts";
import type { JobData, JobStats, Loaded, NodeData, NodeListData, ScopedJobStats } from "./job-metric.ts";
import type {
  JobDataRequest,
  JobScopedStatsRequest,
  JobStatsRequest,
  NodeDataRequest,
  NodeListDataRequest,
} from "./job-request.ts";
import { loadData, loadNodeData, loadNodeListData } from "./load-data.ts";
import { loadScopedStats, loadStats } from "./load-stats.ts";
import type { LoadContext } from "./run-load.ts";

/**
 * Everything rejects with RequestError when a request names what is not described (cluster, subcluster, metric, scope,
 * hardware thread, accelerator) or asks for more than the limits allow. What is described and not there is told in
 * `errors` beside the data.
 */
export class JobService {
  /** The same as JSON, for bodies of requests. */
  readonly answers: JobAnswers;
  readonly #context: LoadContext;

  constructor(context: LoadContext) {
    this.#context = context;
    this.answers = new JobAnswers(context, new NumberPrinter());
  }

  /** All metrics of a job in the scopes asked for. */
  loadData(request: JobDataRequest): Promise<Loaded<JobData>> {
    return loadData(this.#context, request);
  }

  /** Statistics of the nodes of a job, each as a whole. */
  loadStats(request: JobStatsRequest): Promise<Loaded<JobStats>> {
    return loadStats(this.#context, request);
  }

  /** Statistics of a job in the scopes asked for. */
  loadScopedStats(request: JobScopedStatsRequest): Promise<Loaded<ScopedJobStats>> {
    return loadScopedStats(this.#context, request);
  }

  /** Metrics of nodes, each as a whole. */
  loadNodeData(request: NodeDataRequest): Promise<Loaded<NodeData>> {
    return loadNodeData(this.#context, request);
  }

  /** Metrics of nodes in the scopes asked for. */
  loadNodeListData(request: NodeListDataRequest): Promise<Loaded<NodeListData>> {
    return loadNodeListData(this.#context, request);
  }
}
