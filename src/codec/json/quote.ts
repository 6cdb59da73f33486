// Strings as Go's encoding/json writes them, HTML escaping included.

/** Everything that cannot stand in the quotes as it is. With `u` a surrogate matches only when it has no partner. */
// oxlint-disable-next-line no-control-regex -- JSON's rule is about them
const ESCAPED = /[\u0000-\u001f"\\<>&\u2028\u2029\ud800-\udfff]/gu;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/**
 * Quotes a string for JSON. `<`, `>`, `&` and the line separators U+2028 and U+2029 are escaped, so that the text can
 * stand inside HTML and JavaScript; a surrogate without its partner becomes `\ufffd`.
 */
export function quoteJson(text: string): string {
  // Names seldom have anything to escape, and looking is far cheaper than replacing.
  const escaped = text.search(ESCAPED) === -1 ? text : text.replace(ESCAPED, escape);
  return `"${escaped}"`;
}

function escape(char: string): string {
  const code = char.charCodeAt(0);
  const isLoneSurrogate = code >= 0xd800 && code <= 0xdfff;
  return SHORT_ESCAPES.get(char) ?? `\\u${(isLoneSurrogate ? 0xfffd : code).toString(16).padStart(4, "0")}`;
}
