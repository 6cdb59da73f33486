// The ports on Deno: those over `node:`, which Deno serves with its own means, but for a user's further groups
// and the last words of a socket.

import { nodePlatform } from "./node.ts";
import { codeOf } from "./node/errors.ts";
import { privilegeDropper } from "./node/privileges.ts";
import type { ConnectNats } from "./nats-ports.ts";
import type { Platform } from "./ports.ts";

/** What is used of Deno's own names; its types clash with those of Node. */
declare const Deno: {
  readonly build: { readonly os: string };
  dlopen(path: string, symbols: { initgroups: object }): InitGroupsLibrary;
};

interface InitGroupsLibrary {
  readonly symbols: { initgroups(user: Uint8Array, extraGroupId: number): number };
  close(): void;
}

/** `node:process` has no initgroups here, so the C library is asked; the permission that it needs is --allow-ffi. */
function initGroups(user: string, extraGroupId: number): void {
  const path = Deno.build.os === "darwin" ? "libSystem.dylib" : "libc.so.6";
  const library = Deno.dlopen(path, { initgroups: { parameters: ["buffer", "u32"], result: "i32" } });
  try {
    const failed = library.symbols.initgroups(new TextEncoder().encode(`${user}\0`), extraGroupId) !== 0;
    if (failed) throw new Error("its further groups cannot be set");
  } finally {
    library.close();
  }
}

/**
 * A server that refuses the credentials hangs up, and the client of NATS lets go of its socket: Node then keeps the socket's
 * last error to itself, Deno ends the program with it. All other errors end the program here, too.
 */
function ignoreErrorsOfAbandonedSockets(): void {
  globalThis.addEventListener("error", (event) => {
    const error: unknown = event.error;
    const code = codeOf(error);
    const isOfSocket = error instanceof Error && /^(read|write) E/.test(error.message);
    if (isOfSocket && (code === "ECONNRESET" || code === "EPIPE")) event.preventDefault();
  });
}

let hasConnectedNats = false;

const connectNats: ConnectNats = (settings) => {
  if (!hasConnectedNats) ignoreErrorsOfAbandonedSockets();
  hasConnectedNats = true;
  return nodePlatform.connectNats(settings);
};

export const denoPlatform: Platform = {
  ...nodePlatform,
  connectNats,
  process: { ...nodePlatform.process, dropPrivileges: privilegeDropper(initGroups) },
};
