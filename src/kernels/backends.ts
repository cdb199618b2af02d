import { EddyError } from "../errors.js";
import type { Kernels } from "./kernels.js";
import { referenceKernels } from "./reference/reference-kernels.js";
import type { NativeLibrary } from "./tfjs/backend-loading.js";
import type { WebgpuAdapter } from "./webgpu/adapter.js";

/** The names by which users choose a backend. */
export const backendNames = ["simd", "reference", "wasm", "cpu", "tensorflow", "webgpu"] as const;

export type BackendName = (typeof backendNames)[number];

/** The backend of whoever chooses none. */
export const defaultBackend: BackendName = "simd";

/** What `eddy doctor` says about a backend. */
export interface BackendAvailability {
  readonly name: BackendName;
  readonly available: boolean;
  /** what it is, or why it is not available and what to do */
  readonly detail: string;
}

const descriptions: Record<Exclude<BackendName, "tensorflow">, string> = {
  simd: "one C source, native or in WebAssembly, all processors: exact, and the fastest without a GPU",
  reference: "plain loops in double precision: exact, and quick for one stimulus at a time",
  wasm: "TensorFlow.js on WebAssembly with SIMD, one core",
  cpu: "TensorFlow.js in JavaScript: slow, for checks",
  webgpu: "WebGPU on any GPU with a driver for Vulkan, Metal or Direct3D 12, or in the browser",
};

/** @param besides what else is allowed where the name was given */
export const unknownBackend = (name: string, ...besides: readonly string[]): EddyError =>
  new EddyError(
    "UNKNOWN_BACKEND",
    `backend "${name}" is unknown, allowed are ${[...backendNames, ...besides].join(", ")}`,
  );

export const isBackendName = (name: string): name is BackendName =>
  backendNames.some((known) => known === name);

/**
 * Opens a backend; the caller closes it. Each call gives kernels with handles of their own.
 * @param name one of {@link backendNames}
 * @throws EddyError UNKNOWN_BACKEND, BACKEND_UNAVAILABLE
 */
export async function openKernels(name: string): Promise<Kernels> {
  if (name === "auto") {
    throw new EddyError(
      "UNKNOWN_BACKEND",
      `backend "auto" is chosen by measuring a run (eddy run, eddy train); here needed is one of ${backendNames.join(", ")}`,
    );
  }
  if (!isBackendName(name)) throw unknownBackend(name);
  if (name === "reference") return referenceKernels();
  if (name === "simd") {
    const { openSimd } = await import("./simd/open-simd.js");
    return openSimd();
  }
  if (name === "webgpu") {
    const { webgpuKernels } = await import("./webgpu/webgpu-kernels.js");
    return webgpuKernels();
  }
  // loaded when it is chosen: the library takes a third of a second to start
  const { tfjsKernels } = await import("./tfjs/tfjs-kernels.js");
  return tfjsKernels(name);
}

/** Which backends open here, in the order of {@link backendNames}. */
export async function availableBackends(): Promise<BackendAvailability[]> {
  const found: BackendAvailability[] = [];
  for (const name of backendNames) found.push(await availability(name));
  return found;
}

/** The library behind the backend `tensorflow`, which has to be open already. */
export async function tensorflowLibrary(): Promise<NativeLibrary> {
  const { nativeLibrary } = await import("./tfjs/backend-loading.js");
  return nativeLibrary();
}

/**
 * The adapter behind the backend `webgpu`, which may be software.
 * @throws EddyError BACKEND_UNAVAILABLE
 */
export async function gpuAdapter(): Promise<WebgpuAdapter> {
  const { webgpuAdapter } = await import("./webgpu/adapter.js");
  return webgpuAdapter();
}

async function describe(name: BackendName): Promise<string> {
  if (name !== "tensorflow") return descriptions[name];
  const { version, device, library, place } = await tensorflowLibrary();
  const built = library === null ? "" : ` (${library.split(" ")[0]})`;
  return `TensorFlow ${version}${built} on the ${device}, from ${place}`;
}

async function availability(name: BackendName): Promise<BackendAvailability> {
  try {
    const kernels = await openKernels(name);
    const { detail } = kernels;
    kernels.close();
    return { name, available: true, detail: `${await describe(name)}${detail ? `; here ${detail}` : ""}` };
  } catch (error) {
    if (error instanceof EddyError && error.code === "BACKEND_UNAVAILABLE") {
      return { name, available: false, detail: error.message };
    }
    throw error;
  }
}
