// Scopes: the parts of a node that a metric is measured for, or summed up to. (spec §6)

/** From fine to coarse. */
export const SCOPES = ["accelerator", "hwthread", "core", "memoryDomain", "socket", "node"] as const;

export type Scope = (typeof SCOPES)[number];

/** The coarser of two scopes. */
export function coarserScope(a: Scope, b: Scope): Scope {
  return SCOPES.indexOf(a) > SCOPES.indexOf(b) ? a : b;
}

/** The scope of this name, undefined if there is none. */
export function scopeNamed(name: string): Scope | undefined {
  return SCOPES.find((scope) => scope === name);
}
