import type { Command } from "commander";
import { EddyError } from "../errors.js";
import { defaultBackend, openKernels } from "../kernels/backends.js";
import { isReferenceCase, readReferenceCase } from "../simulation/reference-case.js";
import { parseSafetensors } from "../simulation/safetensors.js";
import { tolerances, type Verification, verifyCase } from "../simulation/verify-case.js";
import { exitCodes } from "./exit-codes.js";
import { readBytes, readJson } from "./read-json.js";
import { print, printJson } from "./terminal.js";

interface Options {
  readonly backend: string;
  readonly json?: boolean;
}

const shown = ({ name, backend, deviations, worst, compared, ignored, passed }: Verification): string => {
  const kinds = ["states", "gradients", "weights"] as const;
  const parts = kinds.map((kind) => {
    const over = deviations[kind] > tolerances[kind];
    return `${kind} ${deviations[kind].toExponential(1)}${over ? ` > ${tolerances[kind]} at ${worst[kind]}` : ""}`;
  });
  const rest = ignored.length > 0 ? `; not compared: ${ignored.join(", ")}` : "";
  return `${passed ? "ok  " : "FAIL"} ${name} on ${backend}: ${parts.join(", ")} (${compared} tensors${rest})`;
};

async function verify(files: readonly string[], { backend, json }: Options): Promise<void> {
  const cases = files.map((file) => {
    const description = readJson(file);
    if (!isReferenceCase(description)) {
      throw new EddyError(
        "FILE_INVALID",
        `${file}: not a reference case: its format is not "reference-case/1"`,
      );
    }
    const tensors = `${file.replace(/\.json$/, "")}.safetensors`;
    return readReferenceCase(description, parseSafetensors(readBytes(tensors), tensors), file);
  });
  const kernels = await openKernels(backend);
  let failures = 0;
  for (const reference of cases) {
    const verification = await verifyCase(kernels, reference);
    if (!verification.passed) failures += 1;
    if (json) printJson(verification);
    else print(shown(verification));
  }
  kernels.close();
  if (failures > 0) process.exitCode = exitCodes.failed;
}

/** Adds `eddy verify`. */
export function addVerify(program: Command): void {
  program
    .command("verify")
    .description("replay reference cases and compare every number; exits 1 when one is over tolerance")
    .argument("<case.json...>", "reference cases; the numbers are read from CASE.safetensors beside each")
    .option("--backend <name>", "backend to compute on", defaultBackend)
    .option("--json", "one JSON object a case")
    .action(verify);
}
