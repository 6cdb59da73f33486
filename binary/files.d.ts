// What `import … with { type: "file" }` gives: the path of the file in the binary.

declare module "swagger-ui-dist/swagger-ui-bundle.js" {
  const path: string;
  export default path;
}

declare module "swagger-ui-dist/swagger-ui.css" {
  const path: string;
  export default path;
}

declare module "parquet-wasm/esm/parquet_wasm_bg.wasm" {
  const path: string;
  export default path;
}
