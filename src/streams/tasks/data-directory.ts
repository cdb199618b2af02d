import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * The folder of the data sets, each in a folder of its own name: what was asked for, else EDDY_DATA, else
 * `eddy/data` in the user's cache folder. An empty text counts as not given.
 * @param option path from the command line (`--data`), if any
 */
export function dataDirectory(option?: string): string {
  if (option) return option;
  const { EDDY_DATA, XDG_CACHE_HOME } = process.env;
  if (EDDY_DATA) return EDDY_DATA;
  // the XDG specification wants a relative path ignored
  const cache = XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), ".cache");
  return join(cache, "eddy", "data");
}
