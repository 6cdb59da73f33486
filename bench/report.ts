// Tables for people: one a question, with what was reached and what is to be reached.

import { arch, cpus, loadavg } from "node:os";
import type { Scale, Summary, Target, Unit } from "./harness.ts";

/** The answer to one question. */
export interface QuestionReport {
  readonly name: string;
  readonly title: string;
  /** Comparisons that were right. */
  readonly checks: number;
  /** Checks that failed, and other errors. */
  readonly errors: readonly string[];
  readonly rows: readonly Summary[];
}

/** Where the figures come from: without that they say nothing, and little when others were at work there. */
export function machineLine(): string {
  const [cpu] = cpus();
  const [load] = loadavg();
  return `Node ${process.versions.node}, ${arch()}, ${cpus().length} cores, ${cpu?.model.trim() ?? "unknown processor"}, load average ${load.toFixed(1)}`;
}

/** A question's table in Markdown, so that it can be put into the README as it is. No verdicts on smoke. */
export function formatReport({ name, title, checks, errors, rows }: QuestionReport, scale: Scale): string {
  const isCompared = rows.some(({ reference }) => reference !== undefined);
  const head = ["", "median", "best", ...(isCompared ? ["reference", "ratio"] : []), "must", "stretch", ""];
  const body = rows.map((row) => [
    row.what,
    formatValue(row.median, row.unit),
    formatValue(row.best, row.unit),
    ...(isCompared ? [formatReference(row), formatTimes(row.timesReference)] : []),
    formatTarget(row.target?.must, row.target, row.unit),
    formatTarget(row.target?.stretch, row.target, row.unit),
    scale === "smoke" || row.isReached === undefined ? "" : row.isReached ? "✓" : "✗",
  ]);
  const failures = errors.map((error) => `FAILED: ${error}\n`).join("");
  return `## ${name}: ${title}\n\n${formatTable(head, body)}\n${checks} results checked.\n${failures}`;
}

function formatTable(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...body].map((row) => row[column].length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |\n`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |\n`;
  return line(head) + rule + body.map(line).join("");
}

function formatReference({ reference, unit }: Summary): string {
  return reference === undefined ? "" : formatValue(reference, unit);
}

function formatTarget(value: number | undefined, target: Target | undefined, unit: Unit): string {
  if (value === undefined || target === undefined) return "";
  return target.kind === "value" ? `${value} ${unit}` : formatTimes(value);
}

function formatTimes(times: number | undefined): string {
  return times === undefined ? "" : `${Number(times.toPrecision(3))}×`;
}

function formatValue(value: number, unit: Unit): string {
  return `${Number(value.toPrecision(3))} ${unit}`;
}
