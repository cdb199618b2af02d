import { fileURLToPath } from "node:url";

/** The path of what scripts/build-kernels.mjs made: beside `src` and `dist` alike. */
export const prebuilt = (file: string): string =>
  fileURLToPath(new URL(`../../../prebuilt/${file}`, import.meta.url));
