import { EddyError } from "../../errors.js";

/** What the adapter is that kernels would run on. */
export interface WebgpuAdapter {
  /** as its driver names it */
  readonly description: string;
  /** computes on the CPU (lavapipe, SwiftShader, WARP): right, and slower than the CPU backends */
  readonly software: boolean;
}

/** Where WebGPU comes from: the browser, or the package `webgpu` with these options (`backend=null`). */
export type WebgpuOptions = readonly string[];

/** Kept on the global object, as the process crashes once what `create` returned is collected. */
const keeping = Symbol.for("eddy.webgpu");
const kept = globalThis as { [keeping]?: Map<string, GPU> };

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split("\n")[0];

/**
 * The entry to WebGPU: `navigator.gpu` where that is, else the package `webgpu`, of which an instance stays for the
 * life of the process.
 * @throws EddyError BACKEND_UNAVAILABLE
 */
async function entryToGpu(options: WebgpuOptions): Promise<GPU> {
  const browser = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (browser && options.length === 0) return browser;
  const key = options.join(" ");
  kept[keeping] ??= new Map();
  const present = kept[keeping].get(key);
  if (present) return present;
  try {
    const { create } = await import("webgpu");
    const made = kept[keeping].get(key) ?? create([...options]);
    kept[keeping].set(key, made);
    return made;
  } catch (error) {
    throw new EddyError(
      "BACKEND_UNAVAILABLE",
      `backend "webgpu" is not available: the package webgpu does not load (${firstLine(error)}); install it or ` +
        "choose another backend",
      { cause: error },
    );
  }
}

/**
 * Finds the adapter that is likely the fastest.
 * @throws EddyError BACKEND_UNAVAILABLE
 */
export async function findAdapter(options: WebgpuOptions = []): Promise<GPUAdapter> {
  const gpu = await entryToGpu(options);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter) return adapter;
  throw new EddyError(
    "BACKEND_UNAVAILABLE",
    'backend "webgpu" is not available: no GPU was found, or no driver for it; on Linux install the Vulkan driver ' +
      "of your GPU and libvulkan1 (without a GPU Mesa's lavapipe, version 23 or later, will do for checks), or " +
      "choose another backend",
  );
}

/** What is known of an adapter. */
export function described({ info }: GPUAdapter): WebgpuAdapter {
  const parts = [info.description, info.device, info.architecture, info.vendor].filter((part) => part !== "");
  const software =
    info.isFallbackAdapter ||
    /llvmpipe|lavapipe|swiftshader|\bwarp\b|software|basic render|null-backend|\bcpu\b/i.test(
      parts.join(" "),
    );
  return { description: parts[0] ?? "unnamed adapter", software };
}

/**
 * What webgpu would run on, without opening it.
 * @throws EddyError BACKEND_UNAVAILABLE
 */
export const webgpuAdapter = async (): Promise<WebgpuAdapter> => described(await findAdapter());
