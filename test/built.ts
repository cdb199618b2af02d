import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The root of the project. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** The command line as it is built, which `npm test` does first. */
export const commandLine = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

if (!existsSync(commandLine))
  throw new Error("this test runs what is built: npm run build (npm test does it first)");

/** The public API as it is built: a simulation's thread runs compiled code. */
export const eddy = (await import(
  new URL("../dist/index.js", import.meta.url).href
)) as typeof import("../src/index.js");
