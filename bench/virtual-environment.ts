import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { BenchError } from "./bench-error.js";

/** What each baseline is made of. */
export const baselines = {
  jax: { packages: ["jax==0.10.*"], script: "jax_baseline.py", size: "300 MB" },
  torch: { packages: ["torch>=2.15", "numpy"], script: "torch_baseline.py", size: "several GB" },
} as const;

export type BaselineName = keyof typeof baselines;

/** Where virtual environments are kept: EDDY_BENCH_VENVS, else the user's cache folder. */
export function environmentsFolder(): string {
  const { EDDY_BENCH_VENVS, XDG_CACHE_HOME } = process.env;
  return EDDY_BENCH_VENVS || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "eddy", "bench");
}

const windows = process.platform === "win32";

/** Runs a program; what it says goes to standard error, where it does not mix with results. */
async function succeeds(command: string, args: readonly string[], quiet = false): Promise<boolean> {
  const output = quiet ? "ignore" : process.stderr;
  const child = spawn(command, args, { stdio: ["ignore", output, output] });
  const [code] = (await Promise.race([once(child, "close"), once(child, "error").then(() => [null])])) as [
    number | null,
  ];
  return code === 0;
}

async function make(name: BaselineName, home: string, python: string): Promise<string | null> {
  const { packages } = baselines[name];
  if (!existsSync(python) && !(await succeeds(windows ? "python" : "python3", ["-m", "venv", home])))
    return "needed python3 with its module venv (on Debian: apt-get install python3-venv)";
  if (!(await succeeds(python, ["-m", "pip", "install", ...packages])))
    return `pip could not install ${packages.join(" ")}`;
  const imported = await succeeds(python, ["-c", `import ${name}`]);
  return imported ? null : "it is installed, but cannot be imported";
}

/**
 * The Python of a baseline's virtual environment, which is made when it is missing; one that could not be made whole is
 * taken away again.
 * @throws BenchError that says what is missing
 */
export async function baselinePython(name: BaselineName, folder = environmentsFolder()): Promise<string> {
  const home = join(folder, name);
  const python = join(home, ...(windows ? ["Scripts", "python.exe"] : ["bin", "python"]));
  if (existsSync(python) && (await succeeds(python, ["-c", `import ${name}`], true))) return python;
  const existed = existsSync(home);
  if (existed && !existsSync(join(home, "pyvenv.cfg")))
    throw new BenchError(`${home} is no virtual environment; choose another folder by EDDY_BENCH_VENVS`);
  process.stderr.write(
    `making a virtual environment for ${name} in ${home} (downloads ${baselines[name].size})\n`,
  );
  const refusal = await make(name, home, python);
  if (refusal === null) return python;
  // what was there before is the user's
  if (!existed) rmSync(home, { recursive: true, force: true });
  throw new BenchError(`${name}: ${refusal}`);
}
