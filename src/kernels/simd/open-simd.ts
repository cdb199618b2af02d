import { readFileSync } from "node:fs";
import { EddyError } from "../../errors.js";
import type { Kernels } from "../kernels.js";
import type { RowForms } from "./content.js";
import type { OpenEngine } from "./engine.js";
import { addonPath, nativeEngine } from "./native.js";
import { prebuilt } from "./prebuilt.js";
import { simdKernels } from "./simd-kernels.js";
import { threadCount, workerThreads } from "./threads.js";
import { webAssemblyEngine } from "./webassembly.js";

/** Which code computes: whatever is fastest here, WebAssembly, or one kind of native code. */
export const simdVariants = ["auto", "wasm", "avx512", "avx2", "sse42", "neon"] as const;

export type SimdVariant = (typeof simdVariants)[number];

/** @throws EddyError INVALID_ARGUMENT */
export function simdVariant(given: string | undefined = process.env.EDDY_SIMD): SimdVariant {
  const found = simdVariants.find((variant) => variant === (given || "auto"));
  if (!found) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `EDDY_SIMD is "${given}", allowed are ${simdVariants.join(", ")}`,
    );
  }
  return found;
}

/** @throws EddyError INVALID_ARGUMENT */
export function simdRowForms(given: string | undefined = process.env.EDDY_SIMD_FORMS): RowForms {
  if (given === undefined || given === "" || given === "fastest") return "fastest";
  if (given === "lists") return given;
  throw new EddyError("INVALID_ARGUMENT", `EDDY_SIMD_FORMS is "${given}", allowed are fastest, lists`);
}

/**
 * Opens the kernels in C: native code where it loads, else WebAssembly.
 * @param variant one kind of code in particular; default: EDDY_SIMD
 * @param threads how many compute; default: EDDY_THREADS, else all processors
 * @param rowForms of a recurrent matrix; default: EDDY_SIMD_FORMS, else the fastest
 * @throws EddyError BACKEND_UNAVAILABLE when that kind of code does not run here, INVALID_ARGUMENT
 */
export function openSimd(
  variant: SimdVariant = simdVariant(),
  threads: number = threadCount(),
  rowForms: RowForms = simdRowForms(),
): Kernels {
  if (variant !== "wasm") {
    try {
      const openEngine: OpenEngine = (arena) =>
        variant === "auto" ? nativeEngine(arena) : nativeEngine(arena, variant);
      return simdKernels(
        openEngine,
        (arena, engine) =>
          workerThreads(arena, { addon: addonPath(), module: null, variant: engine.variant }, threads),
        rowForms,
      );
    } catch (error) {
      if (variant !== "auto") {
        throw new EddyError(
          "BACKEND_UNAVAILABLE",
          `backend "simd": ${variant} does not run here (${error instanceof Error ? error.message : error})`,
        );
      }
    }
  }
  const module = new WebAssembly.Module(readFileSync(prebuilt("eddy.wasm")));
  return simdKernels(
    (arena) => webAssemblyEngine(arena, module),
    (arena) => workerThreads(arena, { addon: null, module, variant: "wasm" }, threads),
    rowForms,
  );
}
