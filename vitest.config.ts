import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // the package's own parts, as they are written: without these it would be what was built last
  resolve: {
    alias: { "eddy/client": source("clients/ts/index.ts"), "eddy/wire": source("src/wire/index.ts") },
  },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
