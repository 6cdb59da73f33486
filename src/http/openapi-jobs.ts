// The part of the OpenAPI document about jobs and nodes: what the answers look like. They are written by hand in
// query/group-writer.ts and query/job-answers.ts, so these are, too.

const NUMBER_OR_NULL = { type: ["number", "null"] };
const TEXT = { type: "string" };

const STATISTICS = {
  type: "object",
  description: "all three are 0 where there are no values",
  properties: { avg: { type: "number" }, min: { type: "number" }, max: { type: "number" } },
};

const SERIES = {
  type: "object",
  properties: {
    hostname: TEXT,
    id: { ...TEXT, description: "of the socket, core, hardware thread …; absent for the node" },
    statistics: STATISTICS,
    timestep: { type: "integer", description: "seconds, where it is not the metric's: short series stay as they are" },
    data: {
      type: "array",
      items: NUMBER_OR_NULL,
      description: "value i belongs to the i-th step from the time asked for",
    },
  },
};

const METRIC = {
  type: "object",
  properties: {
    unit: { type: "object", properties: { base: TEXT, prefix: TEXT } },
    timestep: { type: "integer", description: "seconds between values" },
    series: { type: "array", items: SERIES },
  },
};

const PROBLEM = {
  type: "object",
  properties: { metric: TEXT, scope: TEXT, host: TEXT, error: TEXT },
  required: ["error"],
};

/** An object whose keys are what the description says. */
function keyed(description: string, value: object): object {
  return { type: "object", description, additionalProperties: value };
}

function loaded(data: object): object {
  return {
    type: "object",
    properties: {
      data,
      errors: {
        type: "array",
        items: PROBLEM,
        description: "what was asked for and is not in data; the first hundred",
      },
      errorCount: { type: "integer", description: "how many there are in all" },
    },
    required: ["data", "errors", "errorCount"],
  };
}

const BY_SCOPE = keyed("by scope", METRIC);
const SCOPED_STATISTICS = { type: "object", properties: { hostname: TEXT, id: TEXT, data: STATISTICS } };

export const JOB_DATA_ANSWER = loaded(keyed("by metric", BY_SCOPE));
export const JOB_STATS_ANSWER = loaded(keyed("by metric", keyed("by host", STATISTICS)));
export const JOB_SCOPED_STATS_ANSWER = loaded(
  keyed("by metric", keyed("by scope", { type: "array", items: SCOPED_STATISTICS })),
);
export const NODE_DATA_ANSWER = loaded(keyed("by host", keyed("by metric", { type: "array", items: METRIC })));
export const NODE_LIST_DATA_ANSWER = loaded(keyed("by host", keyed("by metric", BY_SCOPE)));
