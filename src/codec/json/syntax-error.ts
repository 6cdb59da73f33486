/**
 * A body that is not JSON. The message says what was found, in the words of Go's encoding/json (clients show them to
 * their users), then where.
 */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
  /** Where reading stopped: characters (UTF-16 code units) from the start of the text. */
  readonly offset: number;
  /** Counted from 1. */
  readonly line: number;
  /** Characters from the start of the line, counted from 1. */
  readonly column: number;

  constructor(problem: string, text: string, offset: number) {
    const before = text.slice(0, offset);
    const line = before.split("\n").length;
    const column = offset - before.lastIndexOf("\n");
    // In a body without any text there is no place to point at.
    super(problem === "EOF" ? problem : `${problem} at line ${line}, column ${column}`);
    this.offset = offset;
    this.line = line;
    this.column = column;
  }
}
