import { JsonSyntaxError } from "./syntax-error.ts";

/** What `peek` answers behind the last character. */
const END = -1;

const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A place in a text that is being read. */
export class TextCursor {
  readonly text: string;
  /** Index of the next character. */
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The code of the next character, -1 at the end of the text. */
  peek(): number {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : END;
  }

  /** Steps over white space and answers the code of what follows it, -1 at the end of the text. */
  skipSpace(): number {
    let code = this.peek();
    while (code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB) {
      this.at++;
      code = this.peek();
    }
    return code;
  }

  /**
   * The error for the next character.
   * @param context what the reader was at: `looking for beginning of value`
   */
  unexpected(context: string): JsonSyntaxError {
    if (this.peek() === END) return this.error("unexpected EOF");
    const char = String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
    return this.error(`invalid character ${quoteChar(char)} ${context}`);
  }

  /** An error at the present place. */
  error(problem: string): JsonSyntaxError {
    return new JsonSyntaxError(problem, this.text, this.at);
  }
}

function quoteChar(char: string): string {
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  // Control characters as escapes: the text of an error may end up in a log or a terminal.
  return `'${JSON.stringify(char).slice(1, -1)}'`;
}
