// Which of the adapters is the right one here.

import type { Platform } from "./ports.ts";
import { runtimeName, type RuntimeName } from "./runtime-name.ts";

export { runtimeName, type RuntimeName };

/** The ports on the runtime that executes this; the adapters of the others are not loaded. */
export async function currentPlatform(): Promise<Platform> {
  if (runtimeName === "bun") return (await import("./bun.ts")).bunPlatform;
  if (runtimeName === "deno") return (await import("./deno.ts")).denoPlatform;
  return (await import("./node.ts")).nodePlatform;
}
