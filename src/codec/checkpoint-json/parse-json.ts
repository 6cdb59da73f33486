import { readJson } from "../json/reader.ts";
import { JsonSyntaxError } from "../json/syntax-error.ts";
import { CheckpointJsonError } from "./checkpoint-json-error.ts";

// A byte order mark is kept (`ignoreBOM` means just that) and then refused.
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8 = new TextEncoder();

/**
 * Reads one JSON value with the engine's own parser, which is several times as fast as `readJson` but says neither
 * where it stopped nor, in the same words on every engine, why: what it refuses is read once more.
 * @throws CheckpointJsonError
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  try {
    return JSON.parse(text);
  } catch {
    throw syntaxError(bytes, text);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw notUtf8(bytes);
  }
}

/** The first byte that is not UTF-8 is the first that does not survive decoding and encoding. */
function notUtf8(bytes: Uint8Array): CheckpointJsonError {
  const survived = utf8.encode(lenientUtf8.decode(bytes));
  const offset = bytes.findIndex((byte, i) => byte !== survived[i]);
  const line = lenientUtf8.decode(bytes.subarray(0, offset)).split("\n").length;
  return new CheckpointJsonError(`not UTF-8 at byte ${offset}, line ${line}`, { offset, line });
}

function syntaxError(bytes: Uint8Array, text: string): CheckpointJsonError {
  try {
    readJson(bytes);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const offset = utf8.encode(text.slice(0, error.offset)).length;
    return new CheckpointJsonError(`${error.message} (byte ${offset})`, { offset, line: error.line });
  }
  // readJson, like Go, stops at the end of the first value.
  return new CheckpointJsonError("text behind the end of the JSON value", {});
}
