import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Some tests start real processes from dist/.
    globalSetup: ["test/build-once.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
