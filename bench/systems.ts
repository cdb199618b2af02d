import { type ExecException, execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { BenchError } from "./bench-error.js";
import { type Measured, measuredSchema } from "./measured.js";

/** Something to measure: a program and how to call it. */
export interface System {
  readonly name: string;
  readonly baseline: boolean;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What all systems are measured with. */
export interface Case {
  readonly modules: number;
  readonly neurons: number;
  readonly batch: number;
  readonly seconds: number;
}

/**
 * A way to call `eddy bench`, as a user writes it: a backend, settings of the environment and options, with blanks
 * between; "simd", "simd EDDY_THREADS=1", "simd --tolerance 0.001".
 * @throws BenchError
 */
export function eddySystem(root: string, text: string): System {
  const [backend, ...rest] = text.trim().split(/\s+/);
  if (!/^[a-z]/.test(backend))
    throw new BenchError(`--system "${text}": needed a backend first, as "simd --tolerance 0.001"`);
  const settings = rest.filter((word) => /^[A-Z_]+=/.test(word));
  return {
    name: text.trim(),
    baseline: false,
    command: process.execPath,
    arguments: [
      join(root, "dist/cli/main.js"),
      "bench",
      "--json",
      "--backend",
      backend,
      ...rest.filter((word) => !settings.includes(word)),
    ],
    environment: Object.fromEntries(
      settings.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
    ),
  };
}

/** A baseline in its virtual environment. */
export const baselineSystem = (name: string, python: string, args: readonly string[]): System => ({
  name,
  baseline: true,
  command: python,
  arguments: args,
  environment: {},
});

const run = promisify(execFile);

/** The last line of what a program complained about, or how it ended. */
const complaint = (error: unknown): string => {
  const { stderr = "", signal = null, message = String(error) } = error as Partial<ExecException>;
  const last = stderr.trim().split("\n").at(-1);
  return last || (signal ? `ended by ${signal}` : message.split("\n")[0]);
};

/** Calls a system with more arguments. @throws BenchError with what it complained about */
export async function measure(system: System, more: readonly string[]): Promise<Measured> {
  const { command, environment } = system;
  try {
    const { stdout } = await run(command, [...system.arguments, ...more], {
      env: { ...process.env, ...environment },
      maxBuffer: 2 ** 26,
    });
    return measuredSchema.parse(JSON.parse(stdout));
  } catch (error) {
    throw new BenchError(`${system.name}: ${complaint(error)}`, { cause: error });
  }
}

/** The arguments of one case; continuous operation has a batch of 1. */
export function caseArguments(system: System, { modules, neurons, batch, seconds }: Case): string[] {
  const only = ["--only", batch === 1 ? "steps,ticks" : "steps"];
  return [
    ...["--modules", String(modules), "--neurons", String(neurons)],
    ...["--batches", String(batch), "--seconds", String(seconds)],
    ...(system.baseline ? [] : only),
  ];
}
