import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { EddyError } from "../../errors.js";

/** The tfjs backends that Eddy offers, by tfjs's own names. */
export type TfjsBackendName = "wasm" | "cpu" | "tensorflow";

/** Bring TensorFlow's own library; the first that loads is taken. */
const nativePackages = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"] as const;

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

function requireNative(): void {
  // 19-bit products, which TensorFlow takes for float32 on newer GPUs, miss Eddy's tolerances
  process.env.NVIDIA_TF32_OVERRIDE ??= "0";
  // no banner about processor features; warnings and errors stay
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "1";
  const refusals: string[] = [];
  for (const name of nativePackages) {
    const refusal = requireOptional(name);
    if (refusal === null) return;
    refusals.push(`${name} ${refusal}`);
  }
  throw new EddyError(
    "BACKEND_UNAVAILABLE",
    `backend "tensorflow" is not available: ${refusals.join(", ")}; install one of them or choose another backend`,
  );
}

/** Loads a package; @returns null, or why it does not load */
function requireOptional(name: string): string | null {
  try {
    require.resolve(name);
  } catch {
    return "is not installed";
  }
  try {
    require(name);
    return null;
  } catch (error) {
    return `does not load (${firstLine(error)})`;
  }
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
