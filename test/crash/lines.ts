// Short words for the tests that tell one story each.

import { contentsOf, type Slots } from "./contents.ts";
import { idle, type Machine, type MetricName } from "./machine.ts";

/** On the grid of all metrics. */
export const T0 = 1_699_999_800;

export interface Sample {
  readonly host?: string;
  readonly metric?: MetricName;
  readonly time?: number;
  readonly value: number;
}

/** A sample as a line; of alpha/h1 every10 at T0 unless said otherwise. */
export function line({ host = "h1", metric = "every10", time = T0, value }: Sample): Uint8Array {
  return Buffer.from(`${metric},cluster=alpha,hostname=${host} value=${value} ${time}\n`);
}

/** One request; rejects as it is answered. */
export async function send(machine: Machine, ...samples: readonly Sample[]): Promise<void> {
  const batch = machine.ingest.begin("");
  for (const sample of samples) batch.add(line(sample));
  const { rejected } = await batch.finish();
  if (rejected > 0) throw new Error(`${rejected} of ${samples.length} lines were rejected`);
}

export function samplesOf({ store }: Machine, host = "h1", metric: MetricName = "every10"): Slots {
  return contentsOf(store).get(`alpha/${host} ${metric}`) ?? new Map();
}

/** Lets the journal be emptied into the WALs. */
export async function settle({ scheduler }: Machine): Promise<void> {
  scheduler.pass(5000);
  await idle();
}

/** Names of the files of a host, or of the journal. */
export function filesOf({ files }: Pick<Machine, "files">, directory: string): string[] {
  const prefix = `/var/checkpoints/${directory}/`;
  return [...files.files().keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
}
