// Loads a kernel. Kernels import nothing and export numbers-only functions and their memory.

/** What every kernel module exports beside its functions. */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Runs the module's top-level statements; to be called once, before any other function. */
  start(): void;
}

const compiled = new Map<string, WebAssembly.Module>();

/**
 * Instantiates a kernel with a memory of its own.
 * @param wasmBase64 the module's bytes, as generated into `src/wasm/<name>.wasm.ts`
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what its module exports
export function instantiateKernel<Exports extends KernelExports>(wasmBase64: string): Exports {
  let module = compiled.get(wasmBase64);
  if (module === undefined) {
    module = new WebAssembly.Module(Uint8Array.from(atob(wasmBase64), (char) => char.charCodeAt(0)));
    compiled.set(wasmBase64, module);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing at run time can check what a module exports
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  exports.start();
  return exports;
}
