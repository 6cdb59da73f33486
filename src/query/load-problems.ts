// What a load did not find, told once: of a host that has nothing at all there is one problem, and no list is endless.

import type { LoadProblem } from "./job-metric.ts";
import type { LoadGroup } from "./load-plan.ts";

/** Problems that an answer lists; the others are counted. */
export const PROBLEMS_LISTED = 100;

/** Ids that one problem names. */
const IDS_SHOWN = 5;

export class LoadProblems {
  readonly #problems: LoadProblem[];
  readonly #withoutData = new Map<string, LoadProblem[]>();
  readonly #withData = new Set<string>();

  constructor(known: readonly LoadProblem[]) {
    this.#problems = [...known];
  }

  add({ metric, scope }: LoadGroup, host: string, error: string): void {
    this.#problems.push({ metric: metric.name, scope, host, error });
    this.#withData.add(host); // it has data, which is just not to be had
  }

  found(host: string): void {
    this.#withData.add(host);
  }

  /** A host has no samples of a metric; or none of these levels, if it has others. */
  missing({ metric, scope }: LoadGroup, host: string, levels: readonly string[]): void {
    const shown = levels.slice(0, IDS_SHOWN).join(", ");
    const more = levels.length > IDS_SHOWN ? ` and ${levels.length - IDS_SHOWN} more` : "";
    const error = levels.length === 0 ? "no samples" : `no samples of ${shown}${more}`;
    const problems = this.#withoutData.get(host) ?? [];
    problems.push({ metric: metric.name, scope, host, error });
    this.#withoutData.set(host, problems);
  }

  finish(): { readonly errors: readonly LoadProblem[]; readonly errorCount: number } {
    for (const [host, problems] of this.#withoutData) {
      if (this.#withData.has(host)) this.#problems.push(...problems);
      else this.#problems.push({ host, error: "no samples of this host" });
    }
    this.#withoutData.clear();
    return { errors: this.#problems.slice(0, PROBLEMS_LISTED), errorCount: this.#problems.length };
  }
}
