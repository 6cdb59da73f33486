import { type JsonDecimal, readNumberLiteral } from "./number-literal.ts";
import { readStringLiteral } from "./string-literal.ts";
import { TextCursor } from "./text-cursor.ts";

/** Integers are numbers, anything written with a fraction or exponent is a `JsonDecimal`. */
export type JsonValue = null | boolean | number | string | JsonDecimal | JsonValue[] | JsonObject;

/** Has no inherited members: what is found under a name was in the text. `__proto__` is a name like any other. */
export interface JsonObject {
  [name: string]: JsonValue;
}

export interface ReadOptions {
  /** Members are found under their lower-case name however they were written, as Go matches them. */
  readonly foldKeys?: boolean;
  /** Members that are null are left out, so that defaults stay. Null as an element of an array remains. */
  readonly dropNullMembers?: boolean;
}

/** Arrays and objects within each other. The deepest request has four; each level costs a frame of the stack. */
export const MAX_DEPTH = 512;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

// A byte order mark is kept (`ignoreBOM` means just that) and then refused, as Go refuses it.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** An empty prototype in place of none: objects with the prototype null are slow from birth in V8. */
const noInheritedMembers: object = Object.freeze({ __proto__: null });

/**
 * Reads the first JSON value of a body, as Go's `json.Decoder` does where `JSON.parse` differs: text behind the value
 * is ignored; of equal names the last counts; strings hold no lone surrogates, and what is not UTF-8 reads as U+FFFD.
 * @param bytes UTF-8
 * @throws JsonSyntaxError
 */
export function readJson(bytes: Uint8Array, options: ReadOptions = {}): JsonValue {
  const cursor = new TextCursor(utf8.decode(bytes));
  if (cursor.skipSpace() === -1) throw cursor.error("EOF");
  return new ValueReader(cursor, options).read();
}

class ValueReader {
  readonly #cursor: TextCursor;
  readonly #foldKeys: boolean;
  readonly #dropNulls: boolean;
  #depth = 0;

  constructor(cursor: TextCursor, options: ReadOptions) {
    this.#cursor = cursor;
    this.#foldKeys = options.foldKeys === true;
    this.#dropNulls = options.dropNullMembers === true;
  }

  read(): JsonValue {
    const code = this.#cursor.skipSpace();
    if (code === QUOTE) return readStringLiteral(this.#cursor);
    if (code === MINUS || (code >= ZERO && code <= NINE)) return readNumberLiteral(this.#cursor);
    if (code === OPENING_BRACE) return this.#readObject();
    if (code === OPENING_BRACKET) return this.#readArray();
    if (code === LOWER_T) return this.#readWord("true", true);
    if (code === LOWER_F) return this.#readWord("false", false);
    if (code === LOWER_N) return this.#readWord("null", null);
    throw this.#cursor.unexpected("looking for beginning of value");
  }

  #readObject(): JsonObject {
    this.#enter();
    const object: JsonObject = Object.create(noInheritedMembers);
    if (this.#cursor.skipSpace() !== CLOSING_BRACE) {
      do this.#readMember(object);
      while (this.#continues(CLOSING_BRACE, "after object key:value pair"));
    }
    this.#leave();
    return object;
  }

  #readMember(object: JsonObject): void {
    if (this.#cursor.skipSpace() !== QUOTE) throw this.#cursor.unexpected("looking for beginning of object key string");
    const name = readStringLiteral(this.#cursor);
    if (this.#cursor.skipSpace() !== COLON) throw this.#cursor.unexpected("after object key");
    this.#cursor.at++;
    const value = this.read();
    if (value === null && this.#dropNulls) return;
    object[this.#foldKeys ? foldCase(name) : name] = value;
  }

  #readArray(): JsonValue[] {
    this.#enter();
    const array: JsonValue[] = [];
    if (this.#cursor.skipSpace() !== CLOSING_BRACKET) {
      do array.push(this.read());
      while (this.#continues(CLOSING_BRACKET, "after array element"));
    }
    this.#leave();
    return array;
  }

  /** Steps over the comma that another element follows; stays at the closing bracket when none does. */
  #continues(closing: number, context: string): boolean {
    const code = this.#cursor.skipSpace();
    if (code !== COMMA && code !== closing) throw this.#cursor.unexpected(context);
    if (code === COMMA) this.#cursor.at++;
    return code === COMMA;
  }

  #enter(): void {
    if (this.#depth === MAX_DEPTH) throw this.#cursor.error(`exceeded max depth of ${MAX_DEPTH}`);
    this.#depth++;
    this.#cursor.at++;
  }

  #leave(): void {
    this.#depth--;
    this.#cursor.at++;
  }

  #readWord<Value extends boolean | null>(word: string, value: Value): Value {
    for (const char of word) {
      if (this.#cursor.text.charAt(this.#cursor.at) !== char) {
        throw this.#cursor.unexpected(`in literal ${word} (expecting '${char}')`);
      }
      this.#cursor.at++;
    }
    return value;
  }
}

/** Go folds by Unicode's rules, by which the long s is an s; lower-casing misses that one letter of all it folds to ASCII. */
function foldCase(name: string): string {
  return name.toLowerCase().replaceAll("\u017f", "s");
}
