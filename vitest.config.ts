import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** The tests run on the runtime that runs vitest; see `test:bun` and `test:deno` in package.json. */
const isOnNode = !("Bun" in globalThis || "Deno" in globalThis);
/** Node asks a store that runs on another runtime: as collectors do, who do not share its peculiarities. */
const isStoreElsewhere = process.env["STORE_RUNTIME"] !== undefined;

/** Of processes, which are started, asked, and killed. */
const OF_PROCESSES = [
  "test/kill/**/*.test.ts",
  "test/service/program.test.ts",
  "test/service/demo.test.ts",
  "test/nats/{core,connection,encryption,disk-full,jetstream,jetstream-kill,set-ups}.test.ts",
];
const GOLDEN = ["test/conformance/golden-*.test.ts"];

/** What is left out on Bun and Deno, each for its reason. */
const NOT_INSIDE = {
  "they are run from outside": OF_PROCESSES,
  "the tools run on Node": ["test/bench/**", "test/fuzz/**"],
  "they try all runtimes by themselves": ["test/package/**", "test/binary/**"],
  "all around the store is simulated, the runtime too": ["test/crash/**", "test/archive/power-cuts.test.ts"],
};

if (!isOnNode) {
  for (const [reason, files] of Object.entries(NOT_INSIDE)) console.log(`left out: ${files.join(", ")}: ${reason}`);
}

export default defineConfig({
  test: {
    include: isStoreElsewhere ? [...OF_PROCESSES, ...GOLDEN] : ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", ...(isOnNode ? [] : Object.values(NOT_INSIDE).flat())],
    // Some tests start real processes from dist/.
    globalSetup: ["test/build-once.ts"],
    // On two cores, too: many tests mostly wait.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // A store elsewhere is a process more for each test.
    testTimeout: isOnNode && !isStoreElsewhere ? 30_000 : 60_000,
    hookTimeout: 60_000,
  },
});
