// Compiles the kernels (AssemblyScript) and writes each as a base64 string in src/wasm/<name>.wasm.ts: the one way of
// loading that works on every runtime and inside a compiled binary.
// `node wasm/build.mjs` writes the modules; `node wasm/build.mjs --check` fails when a committed one is out of date.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const here = fileURLToPath(new URL(".", import.meta.url));
const check = process.argv.includes("--check");

async function compile(entry) {
  const files = new Map();
  const { error } = await asc.main(
    [
      entry,
      "--baseDir",
      here,
      "--outFile",
      "out.wasm",
      "-O3",
      "--noAssert",
      "--runtime",
      "stub",
      "--enable",
      "simd",
      "--exportStart",
      "start",
    ],
    {
      readFile: (name, base) => readFile(new URL(name, `file://${base}/`), "utf8").catch(() => null),
      writeFile: (name, data) => void files.set(name, data),
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${entry}: ${error.message}`);
  return files.get("out.wasm");
}

const kernels = (await readdir(here, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
let stale = 0;
for (const name of kernels) {
  const binary = await compile(`${name}/kernel.ts`);
  const text =
    `// Generated from wasm/${name}/kernel.ts by \`npm run build:wasm\`; do not edit.\n` +
    `export const wasmBase64 =\n  "${Buffer.from(binary).toString("base64")}";\n`;
  const target = new URL(`../src/wasm/${name}.wasm.ts`, import.meta.url);
  if (check) {
    const committed = await readFile(target, "utf8").catch(() => "");
    if (committed !== text) {
      console.error(`src/wasm/${name}.wasm.ts is not what wasm/${name}/kernel.ts compiles to: run npm run build:wasm`);
      stale++;
    }
  } else {
    await writeFile(target, text);
    console.log(`src/wasm/${name}.wasm.ts: ${binary.length} bytes of wasm`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
