import type { Command } from "commander";
import { availableBackends, openKernels } from "../kernels/backends.js";
import { gaborScene } from "../simulation/built-in-runs.js";
import { measureTick } from "../simulation/measure-tick.js";
import { resolveRun } from "../simulation/run-description.js";
import { dataDirectory } from "../streams/tasks/data-directory.js";
import { imageSet, imageSetNames } from "../streams/tasks/image-set.js";
import { print, printJson } from "./terminal.js";

interface Options {
  readonly data?: string;
  readonly json?: boolean;
}

/** What `eddy doctor` found. */
interface Findings {
  readonly node: string;
  readonly platform: string;
  readonly backends: readonly {
    name: string;
    available: boolean;
    detail: string;
    tickMicroseconds: number | null;
  }[];
  readonly data: readonly { name: string; found: boolean; detail: string }[];
}

function examineData(directory: string): Findings["data"] {
  return imageSetNames.map((name) => {
    try {
      const { training, test } = imageSet(name, { directory, seed: 0 });
      return {
        name,
        found: true,
        detail: `${training.length} + ${test?.length ?? 0} images in ${directory}`,
      };
    } catch (error) {
      return { name, found: false, detail: error instanceof Error ? error.message : String(error) };
    }
  });
}

async function examineBackends(): Promise<Findings["backends"]> {
  const run = resolveRun(gaborScene);
  const found = [];
  for (const backend of await availableBackends()) {
    let tickMicroseconds: number | null = null;
    if (backend.available) {
      const kernels = await openKernels(backend.name);
      tickMicroseconds = await measureTick(kernels, run);
      kernels.close();
    }
    found.push({ ...backend, tickMicroseconds });
  }
  return found;
}

function show({ node, platform, backends, data }: Findings): void {
  print(`Node ${node} on ${platform}`);
  print("");
  print("Backends (a tick: the built-in scene, 2 modules of 256 neurons, one stimulus, learning)");
  for (const { name, available, detail, tickMicroseconds } of backends) {
    const speed = tickMicroseconds === null ? "not here" : `${tickMicroseconds.toFixed(0)} us a tick`;
    print(`  ${available ? "+" : "-"} ${name.padEnd(11)} ${speed.padEnd(15)} ${detail}`);
  }
  print("");
  print("Data");
  for (const { name, found, detail } of data) print(`  ${found ? "+" : "-"} ${name.padEnd(14)} ${detail}`);
}

async function doctor({ data, json }: Options): Promise<void> {
  const findings: Findings = {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    backends: await examineBackends(),
    data: examineData(dataDirectory(data)),
  };
  if (json) printJson(findings);
  else show(findings);
}

/** Adds `eddy doctor`. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("which backends and data work here, and how fast each backend makes a tick")
    .option("--data <folder>", "where data sets are (default: EDDY_DATA, else the user's cache folder)")
    .option("--json", "one JSON object")
    .action(doctor);
}
