// MONTH_SEED gives another month, MONTH_HOURS a longer one.

import { expect, test } from "vitest";
import { Month, type MonthEvents } from "./month.ts";

const SEED = Number(process.env["MONTH_SEED"] ?? 1);
const HOURS = Number(process.env["MONTH_HOURS"] ?? 30 * 24);
const TIMEOUT_MS = 600_000;

/** What an idle month would not show. */
const happened = (events: MonthEvents, names: readonly (keyof MonthEvents)[]): boolean[] =>
  names.map((name) => Number(events[name]) > 0);

const USUAL = ["lateSamples", "restarts", "kills", "capExceeded", "cleanedFiles", "providerDown"] as const;

test(
  `with an archive, everything ever acknowledged is answered as it was last written (seed ${SEED})`,
  async () => {
    const month = new Month({ seed: SEED, hours: HOURS, cleanup: { mode: "archive", directory: "/var/archive" } });
    await month.run();
    expect(month.events.problems).toEqual([]);
    expect(happened(month.events, [...USUAL, "killsWhileArchiving"])).not.toContain(false);
  },
  TIMEOUT_MS,
);

test(
  `with deletion, nothing within the retention is ever missing, and nothing is ever wrong (seed ${SEED})`,
  async () => {
    const month = new Month({ seed: SEED, hours: HOURS / 2, cleanup: { mode: "delete" } });
    await month.run();
    expect(month.events.problems).toEqual([]);
    expect(happened(month.events, USUAL)).not.toContain(false);
  },
  TIMEOUT_MS,
);
