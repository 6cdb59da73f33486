// Reads the files of a configuration as JSON, and says where one is none.

import { messageOf } from "../core/message-of.ts";
import { readJson } from "../codec/json/reader.ts";
import { JsonSyntaxError } from "../codec/json/syntax-error.ts";
import type { Findings } from "./config-problems.ts";

/** The text of a file, `undefined` if there is none; rejects if it cannot be read. */
export type ReadText = (path: string) => Promise<string | undefined>;

/** What `readFile` answers for a file that is not there. */
export const MISSING: unique symbol = Symbol("no such file");

/** `undefined`: the file cannot be read, and `findings` says why. */
export async function readFile(
  path: string,
  readText: ReadText,
  findings: Findings,
): Promise<string | typeof MISSING | undefined> {
  try {
    return (await readText(path)) ?? MISSING;
  } catch (error) {
    findings.problems.push(`${path}: cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

/**
 * The value of a JSON text, or `undefined` with a problem that names line and column.
 * JSON.parse decides; its messages differ between the runtimes and show the text around (passwords, too), so
 * the error's place comes from our own reader.
 */
export function parseJson(path: string, text: string, findings: Findings): unknown {
  try {
    return JSON.parse(text);
  } catch {
    findings.problems.push(`${path}: not JSON: ${explainSyntax(text)}`);
    return undefined;
  }
}

function explainSyntax(text: string): string {
  if (text.trim() === "") return "the file is empty";
  try {
    readJson(new TextEncoder().encode(text));
    return "there is more text after the document";
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return error.message + hint(text, error.offset);
  }
}

/** The two mistakes that those make who know JavaScript. */
function hint(text: string, offset: number): string {
  if (text[offset] === "/") return " (JSON has no comments)";
  const isClosing = text[offset] === "}" || text[offset] === "]";
  return isClosing && text.slice(0, offset).trimEnd().endsWith(",") ? " (the comma before it is one too many)" : "";
}
