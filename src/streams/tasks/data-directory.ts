import { join } from "node:path";
import { cacheFolder } from "../../kernels/cache-folder.js";

/**
 * The folder of the data sets, each in a folder of its own name: what was asked for, else EDDY_DATA, else
 * `eddy/data` in the user's cache folder. An empty text counts as not given.
 * @param option path from the command line (`--data`), if any
 */
export function dataDirectory(option?: string): string {
  return option || process.env.EDDY_DATA || join(cacheFolder(), "data");
}
