import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EddyError } from "../../errors.js";

/** What a library has shown that loads and computes. */
export interface Tried {
  /** largest difference of a product's element from plain loops in double precision */
  readonly deviation: number;
  readonly version: string;
  readonly device: "CPU" | "GPU";
}

const deviationMax = 1e-4;
const timeoutMs = 120_000;

const failed = (reason: string): EddyError =>
  new EddyError("SETUP_FAILED", `TensorFlow's library was built, but does not work here: ${reason}`);

const isTried = (value: unknown): value is Tried =>
  typeof value === "object" && value !== null && typeof (value as Partial<Tried>).deviation === "number";

/** Reads the last line of what the process printed. @throws EddyError SETUP_FAILED that shows it, if it is another */
export function readTried(stdout: string, stderr: string): Tried {
  try {
    const value: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    if (isTried(value)) return value;
  } catch {
    // told below, with all that was printed
  }
  const printed = `${stdout}\n${stderr}`
    .trim()
    .replace(/\s*\n\s*/g, " | ")
    .slice(0, 300);
  throw failed(`its process ended without a result; it printed ${printed === "" ? "nothing" : printed}`);
}

/**
 * Loads TensorFlow from a folder in a process of its own, and multiplies two matrices with it.
 * @throws EddyError SETUP_FAILED; the signal's reason
 */
export async function tryLibrary(folder: string, signal: AbortSignal): Promise<Tried> {
  const program = fileURLToPath(new URL("./smoke-test.js", import.meta.url));
  const env = { ...process.env, EDDY_TENSORFLOW: folder };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], {
    env,
    signal,
    timeout: timeoutMs,
  }).catch((error: Error & { stderr?: string; signal?: string | null; code?: number | string | null }) => {
    signal.throwIfAborted();
    const said = error.stderr
      ?.split("\n")
      .find((line) => /error/i.test(line))
      ?.trim();
    throw failed(said ?? `its process ended with ${error.signal ?? `exit code ${error.code}`}`);
  });
  const tried = readTried(stdout, stderr);
  if (tried.deviation <= deviationMax) return tried;
  throw failed(
    `a product of two matrices differs from plain loops by ${tried.deviation}, allowed is ${deviationMax}`,
  );
}
