// A small cluster that never was: four hosts with two sockets and eight hardware threads each.

const HOSTS = ["n01", "n02", "n03", "n04"];
const SOCKETS = 2;
const HWTHREADS = 8;

const threads = Array.from({ length: HWTHREADS }, (_, id) => id);
const perSocket = [threads.slice(0, HWTHREADS / SOCKETS), threads.slice(HWTHREADS / SOCKETS)];

/** Its description, as it would stand in a cluster.json. */
export const simulatedCluster = {
  name: "demo",
  metricConfig: [
    { name: "cpu_load", unit: { base: "" }, scope: "node", aggregation: "avg", timestep: 5 },
    { name: "power", unit: { base: "W" }, scope: "node", aggregation: "sum", timestep: 5 },
    { name: "mem_bw", unit: { base: "B/s", prefix: "G" }, scope: "socket", aggregation: "sum", timestep: 5 },
    { name: "flops_any", unit: { base: "F/s", prefix: "G" }, scope: "hwthread", aggregation: "sum", timestep: 5 },
  ],
  subClusters: [
    {
      name: "main",
      nodes: "n[01-04]",
      topology: { node: threads, socket: perSocket, memoryDomain: perSocket, core: threads.map((id) => [id]) },
    },
  ],
};

/** The lines of line protocol that the cluster's collectors send at `time` (Unix seconds); the same for the same time. */
export function simulatedLines(time: number): string[] {
  return HOSTS.flatMap((host, index) => linesOfHost(host, index, time));
}

function linesOfHost(host: string, index: number, time: number): string[] {
  const head = `cluster=demo,hostname=${host}`;
  const busy = (part: number): number => busyShare(time, index * 17 + part);
  const hwthreads = Array.from({ length: HWTHREADS }, (_, id) => busy(id));
  const load = hwthreads.reduce((sum, share) => sum + share, 0);
  const lines = [
    `cpu_load,${head},type=node value=${load.toFixed(2)} ${time}`,
    `power,${head},type=node value=${(90 + 25 * load).toFixed(1)} ${time}`,
  ];
  for (let id = 0; id < SOCKETS; id++) {
    lines.push(`mem_bw,${head},type=socket,type-id=${id} value=${(40 * busy(id)).toFixed(3)} ${time}`);
  }
  for (const [id, share] of hwthreads.entries()) {
    lines.push(`flops_any,${head},type=hwthread,type-id=${id} value=${(3.2 * share).toFixed(3)} ${time}`);
  }
  return lines;
}

/** Between 0 and 1: jobs of some ten minutes, with ripples. */
function busyShare(time: number, phase: number): number {
  const job = Math.sin(time / 400 + phase) > -0.3 ? 0.8 : 0.05;
  const ripple = 0.1 * Math.sin(time / 23 + phase * 1.7) + 0.1 * Math.sin(time / 7 + phase);
  return Math.min(1, Math.max(0, job + ripple));
}
