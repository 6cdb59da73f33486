// The field section: `value=<number>`, given once or more often.

import { type FieldKey, type FieldValue, readFieldValue } from "./field-value.ts";
import { quoteNext, quoteToken, reject, type Rejection, shorten } from "./rejection.ts";
import { COMMA, END_OF_LINE, EQUALS, equals, isUtf8, type LineCursor, NAME_STOPS, peek, skipName } from "./tokens.ts";

const VALUE_KEY = new TextEncoder().encode("value");

/**
 * Reads the fields from `line.at` to the end of their section and returns the number of the last. Any field that is not
 * a number named `value` rejects the line; `hostname` is named then, as the reference does.
 */
export function readFields(line: LineCursor, hostname: string | undefined): number | Rejection {
  for (;;) {
    const key = readFieldKey(line);
    if ("kind" in key) return key;
    const valueStart = line.at;
    const value = readFieldValue(line, key);
    if (typeof value === "object") return value;
    if (typeof value === "string" || !equals(line.bytes, key.start, key.end, VALUE_KEY)) {
      return rejectField(line, key, valueStart, value, hostname);
    }
    if (peek(line) !== COMMA) return value;
    line.at++;
  }
}

/** Reads a field key and moves behind its `=`. */
function readFieldKey(line: LineCursor): FieldKey | Rejection {
  const start = line.at;
  if (peek(line) === END_OF_LINE) return reject(line, start, "expected field key but none found");
  skipName(line, NAME_STOPS);
  const end = line.at;
  if (end === start) return reject(line, start, `invalid character ${quoteNext(line)} found at start of field key`);
  if (!isUtf8(line.bytes, start, end)) {
    return reject(line, start, `invalid utf-8 sequence in token ${quoteToken(line, start, end)}`);
  }
  if (peek(line) !== EQUALS) {
    return reject(line, end, `want '=' after field key ${quoteToken(line, start, end)}, found ${quoteNext(line)}`);
  }
  line.at++;
  return { start, end };
}

function rejectField(
  line: LineCursor,
  key: FieldKey,
  valueStart: number,
  value: FieldValue,
  hostname: string | undefined,
): Rejection {
  const host = `host ${shorten(hostname ?? "")}: `;
  if (equals(line.bytes, key.start, key.end, VALUE_KEY)) {
    return reject(line, valueStart, `${host}unsupported value type in message: ${value}`);
  }
  const name = quoteToken(line, key.start, key.end).slice(1, -1);
  return reject(line, key.start, `${host}unknown field: '${name}'`);
}
