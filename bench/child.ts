// The process of one case: does it once and sends the outcome to its parent (see fresh-process.ts).

import type { CaseOrder, CaseOutcome } from "./fresh-process.ts";
import { Checks } from "./harness.ts";
import { questions } from "./questions.ts";

async function run({ question, caseName, options }: CaseOrder): Promise<CaseOutcome> {
  const found = questions.find(({ name }) => name === question)?.cases.find(({ name }) => name === caseName);
  if (found === undefined) throw new Error(`BUG: there is no case ${question}/${caseName}`);
  const checks = new Checks();
  try {
    return { figures: await found.run(options, checks), checks: checks.count };
  } catch (error) {
    return {
      figures: [],
      checks: checks.count,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

const [text] = process.argv.slice(2);
if (process.send === undefined || text === undefined) throw new Error("BUG: child.js is started by main.js only");
const order: CaseOrder = JSON.parse(text);
process.send(await run(order));
process.disconnect();
