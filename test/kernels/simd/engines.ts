import { readFileSync } from "node:fs";
import { setTimeout as pauseMs } from "node:timers/promises";
import { invariant } from "../../../src/errors.js";
import type { Kernels } from "../../../src/kernels/kernels.js";
import { Arena, poolWords } from "../../../src/kernels/simd/arena.js";
import { Contents } from "../../../src/kernels/simd/content.js";
import { type Engine, noThreads } from "../../../src/kernels/simd/engine.js";
import { addonPath, nativeEngine } from "../../../src/kernels/simd/native.js";
import { prebuilt } from "../../../src/kernels/simd/prebuilt.js";
import { simdKernels } from "../../../src/kernels/simd/simd-kernels.js";
import { workerThreads } from "../../../src/kernels/simd/threads.js";
import { webAssemblyEngine } from "../../../src/kernels/simd/webassembly.js";
import { sparseWeights } from "../../../src/kernels/sparse-weights.js";

const module = new WebAssembly.Module(readFileSync(prebuilt("eddy.wasm")));

function engineOf(variant: string, arena: Arena): Engine {
  return variant === "wasm" ? webAssemblyEngine(arena, module) : nativeEngine(arena, variant);
}

function loads(variant: string): boolean {
  try {
    engineOf(variant, new Arena());
    return true;
  } catch {
    return false;
  }
}

/** All kinds of code that this machine runs; there is always WebAssembly. */
export const variants: readonly string[] = ["wasm", "sse42", "avx2", "avx512", "neon"].filter(loads);

/** One kind of code with its arena in sight. */
export interface OpenVariant {
  readonly name: string;
  readonly kernels: Kernels;
  readonly arena: Arena;
  readonly threads: number;
}

/** Opens as open-simd.ts does. */
export function openVariant(variant: string, threads: number): OpenVariant {
  let arena: Arena | null = null;
  const kernels = simdKernels(
    (made) => {
      arena = made;
      return engineOf(variant, made);
    },
    (made, { variant: name }) =>
      workerThreads(
        made,
        variant === "wasm"
          ? { addon: null, module, variant: name }
          : { addon: addonPath(), module: null, variant: name },
        threads,
      ),
  );
  invariant(arena, "an engine opens with an arena");
  return { name: `${variant} with ${threads} threads`, kernels, arena, threads };
}

/** Makes work of many parts until all threads have come to take some. */
export async function joined({ name, kernels, arena, threads }: OpenVariant): Promise<void> {
  const neurons = 512;
  const matrix = kernels.matrix(sparseWeights(new Float32Array(neurons * neurons).fill(1e-3), neurons));
  const drive = kernels.tensor(new Float32Array(64 * neurons).fill(0.1), [64, neurons]);
  for (let waits = 0; threads > 1 && Atomics.load(arena.pool, poolWords.threads) < threads; waits++) {
    invariant(waits < 3000, `the threads of ${name} did not come`);
    const [{ state }] = kernels.settle([{ matrix, drive, activation: "tanh", from: "zero", iterations: 2 }]);
    kernels.dispose(state);
    await pauseMs(10);
  }
  kernels.dispose(matrix);
  kernels.dispose(drive);
}

/** Contents over an arena of their own, for tests of what lies under the kernels. */
export function openContents(variant: string): Contents {
  const arena = new Arena();
  return new Contents(arena, engineOf(variant, arena), noThreads.count);
}
