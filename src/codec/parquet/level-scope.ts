// The three columns that say where a row belongs, and the way back from them to a path of levels. (spec §5, "Parquet")

/** Types of levels that the reference knows, and the scope that each counts as. */
const SCOPE_OF_TYPE: Readonly<Record<string, string>> = {
  socket: "socket",
  cpu: "hwthread",
  hwthread: "hwthread",
  core: "core",
  memoryDomain: "memoryDomain",
  accelerator: "accelerator",
};

/** Scope of the host's own level. */
export const HOST_SCOPE = "node";

export interface LevelScope {
  readonly scope: string;
  readonly scopeId: string;
}

/**
 * Scope and id of a path below the host: those of its last name, split where the id's first digit follows the type at
 * once (`socket0`, `accelerator00000000:3F:00.0`). A name that does not split so is a scope without id.
 */
export function scopeOf(pathBelowHost: readonly string[]): LevelScope {
  const name = pathBelowHost.at(-1);
  if (name === undefined) return { scope: HOST_SCOPE, scopeId: "" };
  const [, type = "", id = ""] = /^([A-Za-z]+)(\d.*)$/s.exec(name) ?? [];
  const scope = Object.hasOwn(SCOPE_OF_TYPE, type) ? SCOPE_OF_TYPE[type] : undefined;
  return scope === undefined ? { scope: name, scopeId: "" } : { scope, scopeId: id };
}

/** The path that a row without selector belongs to, as far as that is known: the names above the last are lost. */
export function pathOfScope({ scope, scopeId }: LevelScope): string[] {
  return scope === HOST_SCOPE && scopeId === "" ? [] : [scope + scopeId];
}

/**
 * The path below the host as one text: `socket0/memctrl1`, empty for the host itself. Within a name `/` is `%2F` and
 * `%` is `%25`; a name without characters is `%`.
 */
export function selectorOf(pathBelowHost: readonly string[]): string {
  return pathBelowHost.map(escapeName).join("/");
}

/** The path that a selector stands for. */
export function pathOfSelector(selector: string): string[] {
  return selector === "" ? [] : selector.split("/").map(unescapeName);
}

function escapeName(name: string): string {
  if (name === "") return "%";
  return /[%/]/.test(name) ? name.replaceAll("%", "%25").replaceAll("/", "%2F") : name;
}

function unescapeName(text: string): string {
  if (text === "%") return "";
  return text.includes("%") ? text.replaceAll("%2F", "/").replaceAll("%25", "%") : text;
}
