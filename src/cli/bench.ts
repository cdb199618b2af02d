import { type Command, InvalidArgumentError } from "commander";
import { defaultBackend, openKernels } from "../kernels/backends.js";
import { runBench } from "../simulation/bench/bench.js";
import { allParts, type BenchPart, benchParts, dataParts } from "../simulation/bench/bench-options.js";
import { dataDirectory } from "../streams/tasks/data-directory.js";
import { benchText } from "./bench-text.js";
import { exitCodes } from "./exit-codes.js";
import { interruption } from "./interruption.js";
import { machine } from "./machine.js";
import { oneOf, whole } from "./options.js";
import { note, print, printJson, progress } from "./terminal.js";
import { version } from "./version.js";

interface Options {
  readonly backend: string;
  readonly modules: number;
  readonly neurons: number;
  readonly batches: readonly number[];
  readonly seconds?: number;
  readonly only: readonly BenchPart[];
  readonly epochs: number;
  readonly tolerance?: number;
  readonly epsilon?: number;
  readonly quick?: boolean;
  readonly data?: string;
  readonly json?: boolean;
}

/** A number within bounds, from the command line. */
const between =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Needed a number from ${least} to ${most}.`);
  };

/** Several values, with commas between. */
const several =
  <Value>(one: (text: string) => Value) =>
  (text: string): readonly Value[] => [...new Set(text.split(",").map((part) => one(part.trim())))];

async function bench({ backend, quick = false, json, ...given }: Options): Promise<void> {
  const { only, seconds = quick ? 0.3 : 4, tolerance = null, epsilon = null, data, ...sizes } = given;
  const options = {
    ...sizes,
    parts: only,
    quick,
    seconds,
    tolerance,
    epsilon,
    data: dataDirectory(data),
  };
  const kernels = await openKernels(backend);
  const { signal, release } = interruption();
  const bar = progress(1);
  try {
    const result = await runBench(
      kernels,
      options,
      ({ done, total, what }) => bar.update(done / total, what),
      signal,
    );
    bar.stop();
    if (signal.aborted) {
      note("stopped; nothing is printed, since not all was measured");
      process.exitCode = exitCodes.interrupted;
      return;
    }
    const { node } = process.versions;
    if (json) printJson({ eddy: version, backend: kernels.name, node, machine: machine(), ...result });
    else {
      const { cpu, cores } = machine();
      print(`Eddy ${version}, backend ${kernels.name}, Node ${node}, ${cores} cores of ${cpu}\n`);
      print(benchText(result));
    }
  } finally {
    bar.stop();
    release();
    kernels.close();
  }
}

/** Adds `eddy bench`. */
export function addBench(program: Command): void {
  program
    .command("bench")
    .description("measure a backend here: trials, ticks, what the host adds, and how all of it grows")
    .option("--backend <name>", "backend to measure", defaultBackend)
    .option("--quick", "at most half a minute: fewer cases and runs")
    .option(
      "--only <parts>",
      `of ${benchParts.join(", ")}; and ${dataParts.join(", ")}, which need Fashion-MNIST`,
      several(oneOf(allParts)),
      benchParts,
    )
    .option("--modules <n>", "modules in the chain", whole(1, 1000), 2)
    .option("--neurons <n>", "neurons of each module", whole(16, 65_536), 1024)
    .option("--batches <list>", "sizes of the batch", several(whole(1, 100_000)), [1, 64, 500])
    .option("--seconds <s>", "for each figure (default: 4, or 0.3 with --quick)", between(0.001, 3600))
    .option("--tolerance <x>", "end a module's phase when its residual falls to this", between(0, 1))
    .option("--epsilon <x>", "propagate only changes larger than this", between(0, 1000))
    .option("--epochs <n>", "to train before decisions are compared", whole(1, 1000), 1)
    .option("--data <folder>", "where data sets are (default: EDDY_DATA, else the user's cache folder)")
    .option("--json", "one JSON object, with the fields of the baselines and more")
    .action(bench);
}
