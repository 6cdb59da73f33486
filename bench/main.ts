// npm run bench: asks the questions and prints the answers. Exit code 1 when a result was wrong or a question failed,
// 2 for wrong arguments; never because of a time, which depends on the machine.

import { readArguments, usage, UsageError, type BenchArguments } from "./arguments.ts";
import { runInFreshProcess } from "./fresh-process.ts";
import { summarise, type Case, type Figure, type Question, type Summary } from "./harness.ts";
import { questions } from "./questions.ts";
import { formatReport, machineLine, type QuestionReport } from "./report.ts";

async function main(args: BenchArguments): Promise<void> {
  if (!args.asJson) console.log(`${machineLine()}\n`);
  const reports: QuestionReport[] = [];
  for (const question of questions) {
    if (!args.names.includes(question.name)) continue;
    const report = await ask(question, args);
    reports.push(report);
    if (!args.asJson) console.log(formatReport(report, args.scale));
  }
  if (args.asJson)
    console.log(JSON.stringify({ machine: machineLine(), scale: args.scale, questions: reports }, null, 2));
  if (reports.some(({ errors }) => errors.length > 0)) process.exitCode = 1;
}

async function ask(question: Question, args: BenchArguments): Promise<QuestionReport> {
  const rows: Summary[] = [];
  const errors: string[] = [];
  let checks = 0;
  for (const part of question.cases) {
    const outcome = await askCase(question, part, args);
    rows.push(...summarise(outcome.rounds));
    errors.push(...outcome.errors);
    checks += outcome.checks;
  }
  return { name: question.name, title: question.title, checks, errors, rows };
}

interface CaseRounds {
  readonly rounds: readonly (readonly Figure[])[];
  readonly errors: readonly string[];
  readonly checks: number;
}

async function askCase(question: Question, part: Case, { rounds, ...options }: BenchArguments): Promise<CaseRounds> {
  const figures: (readonly Figure[])[] = [];
  let checks = 0;
  for (let round = 0; round < rounds; round++) {
    const outcome = await runInFreshProcess({ question: question.name, caseName: part.name, options });
    checks += outcome.checks;
    if (outcome.error !== undefined) return { rounds: figures, checks, errors: [`${part.name}: ${outcome.error}`] };
    figures.push(outcome.figures);
  }
  return { rounds: figures, checks, errors: [] };
}

const known = questions.map(({ name }) => name);
try {
  await main(readArguments(process.argv.slice(2), known));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage(known)}`);
  process.exitCode = 2;
}
