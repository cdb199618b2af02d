import { createRequire } from "node:module";
import { arch, platform } from "node:process";
import type { Arena } from "./arena.js";
import type { Engine } from "./engine.js";
import { prebuilt } from "./prebuilt.js";

/** What addon.c exports. */
interface Addon {
  open(bytes: Uint8Array, variant?: string): Engine & { serve(me: number, patience: number): void };
}

/** The addon for this platform; other platforms have none. */
export const addonPath = (): string => prebuilt(`${platform}-${arch}.node`);

const require = createRequire(import.meta.url);

/**
 * The kernels in native code, with the widest vectors that this processor has.
 * @param variant "avx512", "avx2", "sse42" or "neon" instead
 * @throws Error when there is no addon for this platform, or it does not load
 */
export function nativeEngine(arena: Arena, variant?: string): Engine {
  const addon: Addon = require(addonPath());
  const bytes = new Uint8Array(arena.memory.buffer);
  return variant === undefined ? addon.open(bytes) : addon.open(bytes, variant);
}
