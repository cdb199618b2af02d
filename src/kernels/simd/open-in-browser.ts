import { EddyError } from "../../errors.js";
import type { Kernels } from "../kernels.js";
import { noThreads } from "./engine.js";
import { simdKernels } from "./simd-kernels.js";
import { webAssemblyEngine } from "./webassembly.js";

async function bytesOf(wasm: BufferSource | Response): Promise<BufferSource> {
  if (!(wasm instanceof Response)) return wasm;
  if (wasm.ok) return wasm.arrayBuffer();
  throw new EddyError(
    "BACKEND_UNAVAILABLE",
    `backend "simd": ${wasm.url} answers with status ${wasm.status}`,
  );
}

async function compiled(wasm: BufferSource | Response): Promise<WebAssembly.Module> {
  const bytes = await bytesOf(wasm);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EddyError("BACKEND_UNAVAILABLE", `backend "simd": its WebAssembly does not compile (${why})`, {
      cause,
    });
  }
}

/**
 * Opens the kernels in C in a browser: WebAssembly in the thread that calls, with the bits of every other processor. The
 * page need not be isolated from other origins. The caller closes them.
 * @param wasm what prebuilt/eddy.wasm of this package holds, or the response that brings it
 * @throws EddyError BACKEND_UNAVAILABLE, as a rejection, when that is not there or does not compile
 */
export async function openSimdInBrowser(wasm: BufferSource | Response): Promise<Kernels> {
  const module = await compiled(wasm);
  return simdKernels(
    (arena) => webAssemblyEngine(arena, module),
    () => noThreads,
  );
}
