// A small cluster that never was: four hosts with two sockets and eight hardware threads each.

const HOSTS = ["n01", "n02", "n03", "n04"];
const SOCKETS = 2;
const HWTHREADS = 8;

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
