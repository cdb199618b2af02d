import { EddyError } from "../errors.js";
import type { Kernels } from "./kernels.js";
import { referenceKernels } from "./reference/reference-kernels.js";

/** The names by which users choose a backend. */
export const backendNames = ["reference", "wasm", "cpu", "tensorflow"] as const;

export type BackendName = (typeof backendNames)[number];

/** The backend of whoever chooses none. */
export const defaultBackend: BackendName = "wasm";

/** What `eddy doctor` says about a backend. */
export interface BackendAvailability {
  readonly name: BackendName;
  readonly available: boolean;
  /** what it is, or why it is not available and what to do */
  readonly detail: string;
}

const descriptions: Record<BackendName, string> = {
  reference: "plain loops in double precision: exact, and quick for one stimulus at a time",
  wasm: "TensorFlow.js on WebAssembly with SIMD, one core",
  cpu: "TensorFlow.js in JavaScript: slow, for checks",
  tensorflow: "TensorFlow's own library, on a GPU where it finds one",
};

const isBackendName = (name: string): name is BackendName => backendNames.some((known) => known === name);

/**
 * Opens a backend; the caller closes it. Each call gives kernels with handles of their own.
 * @param name one of {@link backendNames}
 * @throws EddyError UNKNOWN_BACKEND, BACKEND_UNAVAILABLE
 */
export async function openKernels(name: string): Promise<Kernels> {
  if (!isBackendName(name)) {
    throw new EddyError(
      "UNKNOWN_BACKEND",
      `backend "${name}" is unknown, allowed are ${backendNames.join(", ")}`,
    );
  }
  if (name === "reference") return referenceKernels();
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

async function availability(name: BackendName): Promise<BackendAvailability> {
  try {
    const kernels = await openKernels(name);
    kernels.close();
    return { name, available: true, detail: descriptions[name] };
  } catch (error) {
    if (error instanceof EddyError && error.code === "BACKEND_UNAVAILABLE") {
      return { name, available: false, detail: error.message };
    }
    throw error;
  }
}
