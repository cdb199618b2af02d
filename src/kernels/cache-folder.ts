import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Eddy's part of the user's cache folder, where what can be fetched or built again is kept. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME } = process.env;
  // the XDG specification wants a relative path ignored
  const cache = XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), ".cache");
  return join(cache, "eddy");
}
