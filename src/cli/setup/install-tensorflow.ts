import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EddyError } from "../../errors.js";
import {
  damagedFiles,
  installationFile,
  readInstallation,
  type TensorflowInstallation,
} from "../../kernels/tensorflow-folder.js";
import { addonFile, buildSteps, librariesFolder, type Step } from "./build-steps.js";
import { stage } from "./staging.js";
import { checkPlatform, checkTools } from "./tools.js";
import { type Tried, tryLibrary } from "./try-library.js";
import { cpuWheels, cudaWheels } from "./wheels.js";

/** Goes up when what is built changes, so that an older folder is built anew. */
const recipe = 1;

/** Free bytes that a build needs, wheels and unpacked libraries at once. */
const bytesNeeded = { cpu: 1.5e9, cuda: 8e9 };

/** What to set up, and how it is followed and ended. */
export interface InstallOptions {
  readonly folder: string;
  /** with the libraries for NVIDIA GPUs */
  readonly cuda: boolean;
  /** build anew even if all is there */
  readonly force: boolean;
  readonly signal: AbortSignal;
  /** `done` of `total` parts are over, and `what` is under way */
  readonly onProgress: (done: number, total: number, what: string) => void;
}

/** What the setup has come to. */
export interface Installed extends Tried {
  /** present: it was there already, and works */
  readonly outcome: "built" | "present";
  readonly folder: string;
  readonly library: string;
  readonly cuda: boolean;
}

/** What is there and works as it is asked for; null: it has to be built. */
async function present({ folder, cuda, force, signal }: InstallOptions): Promise<Installed | null> {
  const found = readInstallation(folder);
  if (force || found === null || found.recipe !== recipe || damagedFiles(folder, found).length > 0)
    return null;
  // a library for GPUs computes on a CPU too
  if (cuda && !found.cuda) return null;
  const tried = await tryLibrary(folder, signal).catch(() => {
    signal.throwIfAborted();
    return null;
  });
  return tried && { outcome: "present", folder, library: found.library, cuda: found.cuda, ...tried };
}

/** Libraries and addon with their sizes. */
function filesOf(folder: string): Record<string, number> {
  const libraries = readdirSync(join(folder, librariesFolder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.so(\.[\d.]+)?$/.test(path))
    .map((path) => join(librariesFolder, path));
  return Object.fromEntries(
    [addonFile, ...libraries].map((path) => [path, statSync(join(folder, path)).size]),
  );
}

/** Bytes of the files in a folder; what comes and goes meanwhile counts or not. */
function bytesIn(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce(
      (sum, path) => sum + (statSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  } catch {
    return 0;
  }
}

async function runSteps(steps: readonly Step[], onProgress: InstallOptions["onProgress"]): Promise<void> {
  const total = steps.reduce((sum, { weight }) => sum + weight, 0);
  let done = 0;
  for (const { what, weight, grows, run } of steps) {
    onProgress(done, total, what);
    const look = () => {
      const share = grows ? Math.min(1, bytesIn(grows.folder) / grows.bytes) : 0;
      // from the first few bytes nobody can tell how long it takes
      if (share > 0.02) onProgress(done + share * weight, total, what);
    };
    const timer = setInterval(look, 500);
    await run().finally(() => clearInterval(timer));
    done += weight;
  }
}

/** Builds in the staging folder, and tries what came of it. */
async function build(
  { cuda, signal, onProgress }: InstallOptions,
  folder: string,
  log: string,
): Promise<Tried & Pick<Installed, "library">> {
  const wheels = cuda ? cudaWheels : cpuWheels;
  const library = `${wheels[0].name} ${wheels[0].version}`;
  await runSteps(buildSteps({ folder, log, signal }, wheels), onProgress);
  const tried = await tryLibrary(folder, signal);
  const installation: TensorflowInstallation = { recipe, library, cuda, files: filesOf(folder) };
  writeFileSync(join(folder, installationFile), `${JSON.stringify(installation, null, 1)}\n`);
  return { ...tried, library };
}

/**
 * Makes the backend `tensorflow` work on Linux x64: tfjs-node's addon, compiled against the library of TensorFlow's
 * wheel on PyPI. It is built beside the folder and takes its place when it has been tried; otherwise all stays as it
 * was.
 * @throws EddyError UNSUPPORTED_PLATFORM, TOOL_MISSING, NO_SPACE, FILE_EXISTS, CHECKSUM_MISMATCH, SETUP_FAILED; the
 *   signal's reason
 */
export async function installTensorflow(options: InstallOptions): Promise<Installed> {
  const { folder, cuda, signal } = options;
  checkPlatform();
  const there = await present(options);
  if (there) return there;
  checkTools();
  const staging = stage(folder, cuda ? bytesNeeded.cuda : bytesNeeded.cpu);
  // each setup its own
  const log = `${folder}.log-${process.pid}`;
  // for whoever is told to look into it
  let kept = false;
  try {
    writeFileSync(log, "");
    const built = await build(options, staging.path, log);
    signal.throwIfAborted();
    staging.commit();
    return { outcome: "built", folder, cuda, ...built };
  } catch (error) {
    kept = error instanceof EddyError && error.message.includes(log);
    throw error;
  } finally {
    staging.discard();
    if (!kept) rmSync(log, { force: true });
  }
}
