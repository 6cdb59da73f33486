// The OpenAPI document. Its request bodies are the schemas that validate them, so the two cannot disagree.

import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import { queryRequestSchema } from "../query/request.ts";
import {
  jobDataRequestSchema,
  jobScopedStatsRequestSchema,
  jobStatsRequestSchema,
  nodeDataRequestSchema,
  nodeListDataRequestSchema,
} from "../query/job-request.ts";
import {
  JOB_DATA_ANSWER,
  JOB_SCOPED_STATS_ANSWER,
  JOB_STATS_ANSWER,
  NODE_DATA_ANSWER,
  NODE_LIST_DATA_ANSWER,
} from "./openapi-jobs.ts";
import { freeRequestSchema } from "./routes/free.ts";
import { healthRequestSchema } from "./routes/healthcheck.ts";

const NUMBER_OR_NULL = { type: ["number", "null"] };
const ERROR_SCHEMA = {
  type: "object",
  properties: { status: { type: "string" }, error: { type: "string" } },
  required: ["status", "error"],
};

/** What /api/query answers per selector; written by hand since it is written by hand, see query/result.ts. */
const RESULT_SCHEMA = {
  type: "object",
  properties: {
    error: { type: "string", description: "why there is no data; beside data, which files could not be read" },
    data: { type: "array", items: NUMBER_OR_NULL },
    from: { type: "integer", description: "Unix seconds of the first value" },
    to: { type: "integer", description: "Unix seconds, exclusive" },
    resolution: { type: "integer", description: "seconds between values" },
    avg: NUMBER_OR_NULL,
    min: NUMBER_OR_NULL,
    max: NUMBER_OR_NULL,
    scope: { type: "string", description: "of queries with a scope: that of the result" },
    id: { type: "string", description: "of queries with a scope: which socket, core …" },
  },
};

const QUERY_ANSWER_SCHEMA = {
  type: "object",
  properties: {
    queries: { type: "array", items: { type: "object" }, description: "those made by for-all-nodes" },
    results: { type: "array", items: { type: "array", items: RESULT_SCHEMA } },
  },
  required: ["results"],
};

const HEALTH_ANSWER_SCHEMA = {
  type: "object",
  additionalProperties: {
    type: "object",
    properties: {
      State: { enum: ["full", "partial", "failed"] },
      HealthMetrics: { type: "string", description: 'JSON: {"degraded":[…],"missing":[…]}' },
    },
  },
};

/** The document as plain data. */
export function openApiDocument(): Record<string, unknown> {
  return {
    openapi: "3.1.0",
    info: {
      title: "pegel",
      version: "1",
      description: "Metric store for HPC clusters. GET requests with a JSON body may be sent with POST as well.",
    },
    paths: {
      "/api/query": { post: operation("Values of metrics", jsonBody(queryRequestSchema), json(QUERY_ANSWER_SCHEMA)) },
      ...jobPaths(),
      "/api/write": { post: WRITE },
      "/api/free": { post: { ...FREE, requestBody: jsonBody(freeRequestSchema) } },
      "/api/healthcheck": {
        post: operation("Which hosts send what is expected", jsonBody(healthRequestSchema), json(HEALTH_ANSWER_SCHEMA)),
      },
      "/api/debug": { get: DEBUG },
      "/api/status": { get: operation("What the server did and holds", undefined, json({ type: "object" })) },
    },
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT (EdDSA)" } } },
    security: [{ bearer: [] }, {}],
  };
}

function jobPaths(): Record<string, unknown> {
  const post = (summary: string, request: GenericSchema, answer: object) => ({
    post: operation(summary, jsonBody(request), json(answer)),
  });
  return {
    "/api/job/data": post("Metrics of a job in some scopes", jobDataRequestSchema, JOB_DATA_ANSWER),
    "/api/job/stats": post("Statistics of the nodes of a job", jobStatsRequestSchema, JOB_STATS_ANSWER),
    "/api/job/scoped-stats": post(
      "Statistics of a job in some scopes",
      jobScopedStatsRequestSchema,
      JOB_SCOPED_STATS_ANSWER,
    ),
    "/api/node/data": post("Metrics of whole nodes", nodeDataRequestSchema, NODE_DATA_ANSWER),
    "/api/node-list/data": post("Metrics of nodes in some scopes", nodeListDataRequestSchema, NODE_LIST_DATA_ANSWER),
  };
}

const WRITE = {
  ...operation(
    "Stores samples in line protocol",
    {
      content: {
        "text/plain": { schema: { type: "string" }, example: "cpu_load,hostname=a0124 value=1.5 1720879260" },
      },
    },
    { description: "Everything is stored" },
  ),
  parameters: [parameter("cluster", "string", "cluster of the lines that have no cluster tag")],
};

const FREE = {
  ...operation("Frees buffers that end before a time", undefined, {
    description: "buffers freed: N",
    content: { "text/plain": { schema: { type: "string" } } },
  }),
  parameters: [{ ...parameter("to", "integer", "Unix seconds"), required: true }],
};

const DEBUG = {
  ...operation("The tree of levels and their buffers", undefined, json({ type: "object" })),
  parameters: [parameter("selector", "string", "cluster:host:…; everything if absent")],
};

function operation(summary: string, requestBody: object | undefined, ok: object): Record<string, unknown> {
  return { summary, ...(requestBody && { requestBody }), responses: { 200: ok, 400: json(ERROR_SCHEMA) } };
}

function json(schema: object): object {
  return { description: "", content: { "application/json": { schema } } };
}

function jsonBody(schema: GenericSchema): object {
  // Numbers that are no integers arrive as JsonDecimal, a class that JSON Schema has no word for.
  const jsonSchema = toJsonSchema(schema, {
    target: "draft-2020-12",
    typeMode: "input",
    errorMode: "ignore",
    overrideSchema: ({ valibotSchema }) => (valibotSchema.type === "instance" ? { type: "number" } : undefined),
  });
  return { required: true, content: { "application/json": { schema: jsonSchema } } };
}

function parameter(name: string, type: string, description: string): object {
  return { name, in: "query", description, schema: { type } };
}
