import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative, so that the page can be served under any path.
  base: "./",
  resolve: {
    alias: {
      "eddy/client": fileURLToPath(new URL("../ts/index.ts", import.meta.url)),
      "eddy/wire": fileURLToPath(new URL("../../src/wire/index.ts", import.meta.url)),
    },
  },
  build: {
    outDir: fileURLToPath(new URL("../../dist/dashboard", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // The page has one script: there is nothing to preload, and the polyfill would be dead weight.
    modulePreload: false,
  },
});
