// The tag section: `,key=value` any number of times, of which a few keys mean something here.

import { quoteNext, quoteToken, reject, type Rejection } from "./rejection.ts";
import {
  COMMA,
  END_OF_LINE,
  EQUALS,
  equals,
  isUtf8,
  type LineCursor,
  NAME_STOPS,
  nameText,
  peek,
  skipName,
  SPACE,
} from "./tokens.ts";

/** The values of the tags that tell where a sample belongs; undefined where the line has no such tag. */
export interface LevelTags {
  cluster: string | undefined;
  hostname: string | undefined;
  type: string | undefined;
  typeId: string | undefined;
  subtype: string | undefined;
  subtypeId: string | undefined;
}

/** Tag keys as written in a line → what they set. All other tags are checked and passed over. */
export const TAG_KEYS: Readonly<Record<string, keyof LevelTags>> = {
  cluster: "cluster",
  hostname: "hostname",
  host: "hostname",
  type: "type",
  "type-id": "typeId",
  stype: "subtype",
  "stype-id": "subtypeId",
};

const knownTags = Object.entries(TAG_KEYS).map(([key, member]) => ({ key: new TextEncoder().encode(key), member }));

/** Reads the tags from `line.at` on into `tags`, the last of equal ones staying, and moves behind them. */
export function readTags(line: LineCursor, tags: LevelTags): Rejection | undefined {
  while (peek(line) === COMMA) {
    line.at++;
    const keyStart = line.at;
    const bad = skipTagKey(line) ?? readTagValue(line, keyStart, tags);
    if (bad !== undefined) return bad;
  }
  return undefined;
}

/** Moves to the `=` of a tag key. */
function skipTagKey(line: LineCursor): Rejection | undefined {
  const start = line.at;
  const first = peek(line);
  if (first === END_OF_LINE) return reject(line, start, "expected tag key after comma; got end of input");
  if (first === SPACE) return reject(line, start, "expected tag key after comma; got white space instead");
  if (first === EQUALS) return reject(line, start, "empty tag key");
  skipName(line, NAME_STOPS);
  if (line.at === start) return reject(line, start, `expected tag key or field but found ${quoteNext(line)} instead`);
  if (!isUtf8(line.bytes, start, line.at)) return rejectEncoding(line, start);
  if (peek(line) === EQUALS) return undefined;
  const key = quoteToken(line, start, line.at);
  return reject(line, start, `expected '=' after tag key ${key}, but got ${quoteNext(line)} instead`);
}

function readTagValue(line: LineCursor, keyStart: number, tags: LevelTags): Rejection | undefined {
  const keyEnd = line.at;
  const start = keyEnd + 1;
  line.at = start;
  skipName(line, NAME_STOPS);
  if (line.at === start) {
    const key = quoteToken(line, keyStart, keyEnd);
    return reject(line, start, `expected tag value after tag key ${key}, but none found`);
  }
  const member = memberOf(line.bytes, keyStart, keyEnd);
  if (member === undefined) return isUtf8(line.bytes, start, line.at) ? undefined : rejectEncoding(line, start);
  const text = nameText(line.bytes, start, line.at, NAME_STOPS);
  if (text === undefined) return rejectEncoding(line, start);
  tags[member] = text;
  return undefined;
}

/** Known keys have no escapes, so their bytes are compared as they stand. */
function memberOf(bytes: Uint8Array, start: number, end: number): keyof LevelTags | undefined {
  for (const { key, member } of knownTags) if (equals(bytes, start, end, key)) return member;
  return undefined;
}

function rejectEncoding(line: LineCursor, start: number): Rejection {
  return reject(line, start, `invalid utf-8 sequence in token ${quoteToken(line, start, line.at)}`);
}
