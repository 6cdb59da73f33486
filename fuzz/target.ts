// What is fuzzed: something that makes inputs, and something that checks one. All state is made anew for each input, so
// that an input and its seed are all that is needed to see a failure again.
import type { Random } from "./random.ts";

export interface Target<Input> {
  readonly name: string;
  generate(random: Random): Input;
  /** Rejects, or throws, when the code under test is wrong about this input. */
  check(input: Input): Promise<void>;
  /** The input for people, as JSON; bytes as text where they are text. */
  show(input: Input): string;
}

/** A failed check; the message says what was expected and what was found. */
export class Finding extends Error {
  override readonly name = "Finding";
}

/** Complains when two values, as JSON, are not the same. */
export function expectSame(what: string, found: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Finding(`${what}:\n  found    ${left}\n  expected ${right}`);
}

/** Bytes as text if they are text without control characters, else as hex. */
export function showBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("utf8");
  const isText = !text.includes("\ufffd") && Buffer.from(text).equals(bytes);
  return isText ? text : `hex:${Buffer.from(bytes).toString("hex")}`;
}

/** A body as one text, and where it was cut. */
export function showPieces(pieces: readonly Uint8Array[]): { body: string; pieceSizesBytes: string } {
  return { body: showBytes(Buffer.concat(pieces)), pieceSizesBytes: pieces.map(({ length }) => length).join(" ") };
}
