// node scripts/run-on.mjs RUNTIME SCRIPT [ARGUMENT…]: runs a script on Node, Bun or Deno, and ends as it ends.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { runtimeCommand } from "./runtimes.mjs";

const [, , runtime, ...script] = process.argv;
const [program, ...args] = runtimeCommand(runtime);
const child = spawn(program, [...args, ...script], { stdio: "inherit" });
// A Ctrl-C reaches both; the script decides what it does about it.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? code : 128 + constants.signals[signal];
});
