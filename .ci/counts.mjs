// Prints "passed failed skipped" of a vitest JSON report. A run that failed without a failed test counts as one.
import { readFile } from "node:fs/promises";

const [, , path, status] = process.argv;
const report = JSON.parse(await readFile(path, "utf8"));
const skipped = report.numPendingTests + report.numTodoTests;
const failed = Number(status) !== 0 && report.numFailedTests === 0 ? 1 : report.numFailedTests;
console.log(report.numPassedTests, failed, skipped);
