// The synthetic clusters: `alex` with accelerators, `fritz` without. At full size 142 hosts and 165,094 series, one
// sample a minute each, as a computing centre of medium size has them.

import type { MetricConfig } from "../src/core/metrics.ts";

/** One series, in the words of the line protocol. */
export interface SeriesName {
  readonly cluster: string;
  readonly host: string;
  readonly metric: string;
  readonly type: string;
  /** Absent for metrics of the host itself. */
  readonly typeId?: string;
}

/** How collectors print a metric's numbers; the mix decides how fast they are read. */
export type NumberStyle =
  /** `35.0` */
  | "whole"
  /** `35.27` */
  | "percent"
  /** `35.271` */
  | "milli"
  /** `1234.5678901234567`: the shortest text of a float64 */
  | "float64"
  /** `123.45600128173828`: a float32 widened first */
  | "float32"
  /** `123456i` */
  | "integer"
  /** `1234.5166666666667`: a counter's difference over 60 s */
  | "rate"
  /** `1.234567e+09`: large numbers as Go prints them */
  | "exponent"
  /** `0`: of devices that idle */
  | "idle";

type Metrics = Readonly<Record<string, NumberStyle>>;

const HWTHREAD: Metrics = {
  cpu_user: "percent",
  flops_any: "float64",
  clock: "float64",
  core_power: "milli",
  ipc: "float64",
  flops_sp: "idle",
  flops_dp: "float64",
  vectorization_ratio: "float64",
  cpu_load_core: "whole",
  branch_miss: "rate",
};

const SOCKET: Metrics = {
  mem_bw: "float64",
  cpu_power: "percent",
  mem_power: "percent",
  pkg_temp: "whole",
  upi_bw: "rate",
  l3_bw: "exponent",
  l3_miss: "integer",
  rapl_dram: "milli",
  uncore_clock: "whole",
  energy: "float32",
};

const MEMORY_DOMAIN: Metrics = {
  md_bw: "whole",
  md_used: "percent",
  md_free: "integer",
  numa_hit: "whole",
  numa_miss: "idle",
  numa_foreign: "rate",
  numa_local: "percent",
  numa_other: "exponent",
  md_rd: "whole",
  md_wr: "percent",
};

const ACCELERATOR: Metrics = {
  acc_utilization: "integer",
  acc_mem_used: "whole",
  acc_power: "idle",
  nv_mem_util: "rate",
  nv_temp: "percent",
  nv_sm_clock: "exponent",
  nv_fb: "whole",
  nv_pcie_rx: "percent",
  nv_pcie_tx: "integer",
  nv_ecc: "whole",
};

const NODE: Metrics = {
  cpu_load: "idle",
  mem_used: "rate",
  net_bytes_in: "percent",
  net_bytes_out: "exponent",
  ib_recv: "whole",
  ib_xmit: "percent",
  ib_recv_pkts: "integer",
  ib_xmit_pkts: "whole",
  nfs4_read: "idle",
  nfs4_write: "rate",
  nfs4_total: "percent",
  file_open: "exponent",
  rx_pkts: "whole",
  tx_pkts: "percent",
  disk_free: "integer",
  proc_run: "whole",
  proc_total: "idle",
};

const METRICS: Metrics = { ...HWTHREAD, ...SOCKET, ...MEMORY_DOMAIN, ...ACCELERATOR, ...NODE };

export const hwthreadMetrics: readonly string[] = Object.keys(HWTHREAD);
export const nodeMetrics: readonly string[] = Object.keys(NODE);

/** The names of all metrics, in the order in which a metric-wise collector sends them. */
export const metricNames: readonly string[] = Object.keys(METRICS);

export function numberStyleOf(metric: string): NumberStyle {
  const style = METRICS[metric];
  if (style === undefined) throw new Error(`BUG: no such metric in the synthetic clusters: ${metric}`);
  return style;
}

/** The metrics as the store is configured for them. */
export function metricConfigs(): Record<string, MetricConfig> {
  return Object.fromEntries(metricNames.map((name) => [name, { frequency: 60, aggregation: "sum" as const }]));
}

/** Full size; smaller numbers make smaller clusters of the same shape. */
export const ALL_HOSTS: HostCounts = { alex: 80, fritz: 62 };

export interface HostCounts {
  readonly alex: number;
  readonly fritz: number;
}

/** All series, host by host. */
export function clusterSeries(hosts: HostCounts): SeriesName[] {
  const series: SeriesName[] = [];
  for (let i = 0; i < hosts.alex; i++) series.push(...alexHost(`a${String(100 + i * 11).padStart(4, "0")}`));
  for (let i = 0; i < hosts.fritz; i++) series.push(...fritzHost(`f${String(201 + i).padStart(4, "0")}`));
  return series;
}

const ACCELERATOR_IDS = ["49", "0E", "D1", "90", "13", "96", "CC", "4F"].map((bus) => `00000000:${bus}:00.0`);

function alexHost(host: string): SeriesName[] {
  return [
    ...seriesOf("alex", host, "hwthread", HWTHREAD, countedIds(128)),
    ...seriesOf("alex", host, "socket", SOCKET, countedIds(2)),
    ...seriesOf("alex", host, "memoryDomain", MEMORY_DOMAIN, countedIds(8)),
    ...seriesOf("alex", host, "accelerator", ACCELERATOR, ACCELERATOR_IDS),
    ...seriesOf("alex", host, "node", NODE, [undefined]),
  ];
}

function fritzHost(host: string): SeriesName[] {
  return [
    ...seriesOf("fritz", host, "hwthread", HWTHREAD, countedIds(72)),
    ...seriesOf("fritz", host, "socket", SOCKET, countedIds(2)),
    ...seriesOf("fritz", host, "node", NODE, [undefined]),
  ];
}

function seriesOf(
  cluster: string,
  host: string,
  type: string,
  metrics: Metrics,
  typeIds: readonly (string | undefined)[],
): SeriesName[] {
  return Object.keys(metrics).flatMap((metric) =>
    typeIds.map((typeId) => ({ cluster, host, metric, type, ...(typeId === undefined ? {} : { typeId }) })),
  );
}

function countedIds(count: number): string[] {
  return Array.from({ length: count }, (_, id) => String(id));
}
