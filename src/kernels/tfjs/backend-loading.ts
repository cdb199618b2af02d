import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { EddyError } from "../../errors.js";
import {
  namedTensorflowFolder,
  nativePackages,
  readInstallation,
  tensorflowFolder,
} from "../tensorflow-folder.js";

/** The tfjs backends that Eddy offers, by tfjs's own names. */
export type TfjsBackendName = "wasm" | "cpu" | "tensorflow";

const require = createRequire(import.meta.url);

const loading = new Map<TfjsBackendName, Promise<void>>();

/**
 * Makes a backend ready in tfjs's engine, of which a process has one; once loaded, it stays.
 * @throws EddyError BACKEND_UNAVAILABLE
 */
export function loadBackend(name: TfjsBackendName): Promise<void> {
  let loaded = loading.get(name);
  if (!loaded) {
    loaded = load(name);
    loading.set(name, loaded);
  }
  return loaded;
}

async function load(name: TfjsBackendName): Promise<void> {
  // else tfjs greets on the console
  tf.enableProdMode();
  if (name === "wasm") await importWasm();
  else if (name === "cpu") await import("@tensorflow/tfjs-backend-cpu");
  else requireNative();
  const factory = tf.findBackendFactory(name);
  if (!factory) throw new EddyError("BACKEND_UNAVAILABLE", `backend "${name}": tfjs did not register it`);
  // not by tf.setBackend: it makes the backend current when it has started, whatever runs by then
  tf.engine().registry[name] ??= await withoutRethrowing(async () => await factory());
}

async function importWasm(): Promise<void> {
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  // the .wasm files lie beside the entry of the installed package: nothing is fetched
  const entry = require.resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(dirname(entry) + sep);
}

/** A package with TensorFlow's library, and from where it is required. */
interface NativePlace {
  readonly name: string;
  readonly from: NodeJS.Require;
  /** the folder that `eddy setup tensorflow` fills; null: beside Eddy */
  readonly folder: string | null;
}

let nativePlace: NativePlace | null = null;

/** Where to look, in this order; whoever names a folder gets what is in it, or nothing. */
function nativePlaces(): NativePlace[] {
  const folder = tensorflowFolder();
  const setUp = { name: "@tensorflow/tfjs-node", from: createRequire(join(folder, "package.json")), folder };
  if (namedTensorflowFolder() !== null) return [setUp];
  return [...nativePackages.map((name) => ({ name, from: require, folder: null })), setUp];
}

function requireNative(): void {
  // 19-bit products, which TensorFlow takes for float32 on newer GPUs, miss Eddy's tolerances
  process.env.NVIDIA_TF32_OVERRIDE ??= "0";
  // no banner about processor features; warnings and errors stay
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "1";
  // with oneDNN's operations a learning step at batch 1 takes 1.7 times as long, at batch 500 as long as without;
  // and they are announced on standard error, whatever the level
  process.env.TF_ENABLE_ONEDNN_OPTS ??= "0";
  const refusals: string[] = [];
  for (const place of nativePlaces()) {
    const refusal = requireOptional(place);
    if (refusal === null) {
      nativePlace = place;
      return;
    }
    refusals.push(`${place.name} ${refusal}`);
  }
  throw new EddyError(
    "BACKEND_UNAVAILABLE",
    `backend "tensorflow" is not available: ${refusals.join(", ")}; to install it, run eddy setup tensorflow (Linux x64), or choose another backend`,
  );
}

/** Loads a package; @returns null, or why it does not load */
function requireOptional({ name, from, folder }: NativePlace): string | null {
  const where = folder === null ? "" : ` in ${folder}`;
  try {
    from.resolve(name);
  } catch {
    return `is not installed${where}`;
  }
  try {
    from(name);
    return null;
  } catch (error) {
    return `does not load${where} (${firstLine(error)})`;
  }
}

/** What tfjs-node's backend offers beside kernels. */
interface NativeBackend {
  readonly isUsingGpuDevice?: boolean;
  readonly binding?: { readonly TF_Version?: string };
}

/** TensorFlow's library, once it is loaded. */
export interface NativeLibrary {
  readonly version: string;
  /** what it computes on */
  readonly device: "CPU" | "GPU";
  /** what it was built from, where Eddy did it: "tensorflow-cpu 2.21.0" */
  readonly library: string | null;
  /** a folder, or a package beside Eddy */
  readonly place: string;
}

export function nativeLibrary(): NativeLibrary {
  const { binding, isUsingGpuDevice } = tf.engine().registry.tensorflow as NativeBackend;
  const folder = nativePlace?.folder ?? null;
  return {
    version: binding?.TF_Version ?? "of unknown version",
    device: isUsingGpuDevice ? "GPU" : "CPU",
    library: folder === null ? null : (readInstallation(folder)?.library ?? null),
    place: folder ?? `${nativePlace?.name}, beside Eddy`,
  };
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split("\n")[0];

/**
 * Emscripten's start-up adds process-wide handlers that throw again what they are given; a library must not decide
 * that for the program that it is in.
 */
async function withoutRethrowing<T>(start: () => Promise<T>): Promise<T> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set(process.rawListeners(event)));
  try {
    return await start();
  } finally {
    for (const [index, event] of events.entries()) {
      for (const listener of process.rawListeners(event)) {
        // by its text too: the program may have added one of its own meanwhile
        const rethrows = /\bthrow (ex|reason)\b/.test(String(listener));
        if (rethrows && !before[index].has(listener)) process.removeListener(event, listener as () => void);
      }
    }
  }
}
