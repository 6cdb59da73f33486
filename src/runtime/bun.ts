// The ports on Bun: those over `node:`, which Bun serves with its own means, and what it does in its own way.

import { createTlsListener } from "./bun-https.ts";
import { bunMemory } from "./bun-memory.ts";
import { nodePlatform } from "./node.ts";
import { httpServerStarter } from "./node/http-server.ts";
import type { Platform } from "./ports.ts";

export const bunPlatform: Platform = {
  ...nodePlatform,
  memory: bunMemory,
  startHttpServer: httpServerStarter(createTlsListener),
};
