import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BenchError } from "./bench-error.js";
import type { Comparison, Measured } from "./measured.js";
import { comparisonRows, type SystemRounds } from "./ratios.js";
import { baselineSystem, caseArguments, eddySystem, measure, type System } from "./systems.js";
import { comparisonTable } from "./table.js";
import { type BaselineName, baselinePython, baselines } from "./virtual-environment.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

const help = `usage: bench/compare [options]

Measures Eddy and the baselines in turn, one size of the batch at a time, over several rounds, so that whatever else the
machine does hits all of them alike; prints how many times as fast as the faster baseline Eddy is, and writes a JSON file
for bench/plot.

  --system "BACKEND [NAME=VALUE] [--option VALUE]"   a way to call eddy bench; may be given several times
                     (default: "simd", "simd EDDY_SIMD=wasm", "tensorflow"; what is not available is left out)
  --no-baselines     without them
  --baselines DIR    where jax_baseline.py and torch_baseline.py are (default: EDDY_BASELINES, else ../shared/bench);
                     their virtual environments are made in EDDY_BENCH_VENVS, else in the user's cache folder
  --device NAME      of the PyTorch baseline: cpu (default) or cuda; JAX takes its own default device
  --batches LIST     sizes of the batch (default: 1,64,500)
  --modules N        modules in the chain (default: 2)
  --neurons N        neurons of each module (default: 1024)
  --rounds N         how often each is measured (default: 3)
  --seconds S        for each figure of a round (default: 2)
  --epoch            each system also makes an epoch of Fashion-MNIST (see eddy bench --data)
  --out FILE         where the result goes (default: bench/results/MACHINE-DATE.json)
`;

const defaultSystems = ["simd", "simd EDDY_SIMD=wasm", "tensorflow"];

const options = {
  system: { type: "string", multiple: true },
  "no-baselines": { type: "boolean", default: false },
  baselines: { type: "string" },
  device: { type: "string", default: "cpu" },
  batches: { type: "string", default: "1,64,500" },
  modules: { type: "string", default: "2" },
  neurons: { type: "string", default: "1024" },
  rounds: { type: "string", default: "3" },
  seconds: { type: "string", default: "2" },
  epoch: { type: "boolean", default: false },
  out: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

function given() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new BenchError(`${error instanceof Error ? error.message : error} (bench/compare --help)`);
  }
}

type Options = ReturnType<typeof given>;

function positive(name: string, text: string, whole = true): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && Number.isFinite(value) && (!whole || Number.isInteger(value)))
    return value;
  throw new BenchError(`--${name} ${text}: needed a ${whole ? "whole " : ""}number above 0`);
}

function deviceOf({ device }: Options): string {
  if (device === "cpu" || device === "cuda") return device;
  throw new BenchError(`--device ${device}: needed cpu or cuda`);
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

async function openBaselines(folder: string, device: string): Promise<System[]> {
  const opened: System[] = [];
  for (const name of Object.keys(baselines) as BaselineName[]) {
    const script = join(folder, baselines[name].script);
    if (!existsSync(script))
      throw new BenchError(
        `${script}: there is no such file; say where the baselines are by --baselines or EDDY_BASELINES, or leave them out by --no-baselines`,
      );
    const more = name === "torch" ? ["--device", device] : [];
    opened.push(baselineSystem(name, await baselinePython(name), [script, ...more]));
  }
  return opened;
}

/** Systems that work here: each makes one small step. */
async function available(systems: readonly System[], leftOut: string[]): Promise<System[]> {
  const found: System[] = [];
  for (const system of systems) {
    try {
      await measure(system, ["--only", "steps", "--neurons", "16", "--batches", "1", "--seconds", "0.001"]);
      found.push(system);
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      note(`left out: ${error.message}`);
      leftOut.push(error.message);
    }
  }
  if (found.length === 0) throw new BenchError("none of the systems is available");
  return found;
}

interface Plan {
  readonly modules: number;
  readonly neurons: number;
  readonly batches: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
}

/** Measures; a system of ours that fails is left out, as if it had never been there. */
async function measureAll(
  systems: readonly System[],
  plan: Plan,
  leftOut: string[],
): Promise<Map<System, Measured[]>> {
  const measured = new Map<System, Measured[]>(systems.map((system) => [system, []]));
  for (let round = 0; round < plan.rounds; round++) {
    for (const batch of plan.batches) {
      // nobody is always the first on a machine that has just rested
      const first = round % systems.length;
      for (const system of [...systems.slice(first), ...systems.slice(0, first)]) {
        if (!measured.has(system)) continue;
        note(`round ${round + 1} of ${plan.rounds}, batch ${batch}: ${system.name}`);
        try {
          measured.get(system)?.push(await measure(system, caseArguments(system, { ...plan, batch })));
        } catch (error) {
          if (!(error instanceof BenchError) || system.baseline) throw error;
          note(`left out: ${error.message}`);
          leftOut.push(error.message);
          measured.delete(system);
        }
      }
    }
  }
  return measured;
}

async function measureEpochs(measured: Map<System, Measured[]>, plan: Plan): Promise<void> {
  for (const [system, results] of measured) {
    if (system.baseline) continue;
    note(`an epoch of Fashion-MNIST: ${system.name}`);
    const size = ["--modules", String(plan.modules), "--neurons", String(plan.neurons)];
    results.push(await measure(system, ["--only", "epoch", ...size]));
  }
}

function versions(results: readonly Measured[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const result of results) {
    for (const name of ["eddy", "node", "jax", "torch"] as const) {
      const version = result[name];
      if (version !== undefined) found[name] = version;
    }
  }
  return found;
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

function resultFile({ out }: Options, { machine, date }: Comparison): string {
  if (out !== undefined) return resolve(out);
  const { cpu = "machine", cores = 0 } = machine;
  return join(root, "bench/results", `${slug(`${cpu} ${cores} cores`)}-${date.slice(0, 10)}.json`);
}

async function compare(): Promise<void> {
  const values = given();
  if (values.help) return void process.stdout.write(help);
  const plan: Plan = {
    modules: positive("modules", values.modules),
    neurons: positive("neurons", values.neurons),
    batches: values.batches.split(",").map((batch) => positive("batches", batch)),
    rounds: positive("rounds", values.rounds),
    seconds: positive("seconds", values.seconds, false),
  };
  const asked = (values.system ?? defaultSystems).map((text) => eddySystem(root, text));
  const leftOut: string[] = [];
  const folder = values.baselines ?? process.env.EDDY_BASELINES ?? join(root, "../shared/bench");
  const systems = [
    ...(values["no-baselines"] ? [] : await openBaselines(folder, deviceOf(values))),
    ...(await available(asked, leftOut)),
  ];
  const measured = await measureAll(systems, plan, leftOut);
  if (values.epoch) await measureEpochs(measured, plan);

  const rounds: SystemRounds[] = systems.map((system) => ({
    system: system.name,
    baseline: system.baseline,
    rounds: measured.get(system) ?? [],
  }));
  const all = rounds.flatMap((one) => one.rounds);
  const { batches: _, ...settings } = plan;
  const result: Comparison = {
    date: new Date().toISOString(),
    command: [
      "bench/compare",
      ...process.argv.slice(2).map((text) => (/\s/.test(text) ? `"${text}"` : text)),
    ].join(" "),
    machine: all.find(({ machine }) => machine)?.machine ?? {},
    versions: versions(all),
    ...settings,
    rows: comparisonRows(rounds, plan.batches),
    left_out: leftOut,
  };
  const file = resultFile(values, result);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`${comparisonTable(result)}\n\n${relative(process.cwd(), file)}\n`);
}

try {
  await compare();
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  note(`bench/compare: ${error.message}`);
  process.exitCode = 2;
}
