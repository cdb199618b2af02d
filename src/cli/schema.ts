import type { Command } from "commander";
import { z } from "zod";
import { sweepSchema } from "../experiments/sweep.js";
import { networkSchema } from "../model/network-description.js";
import { runSchema } from "../simulation/run-description.js";
import { oneOf } from "./options.js";
import { print } from "./terminal.js";

const schemas = { run: runSchema, network: networkSchema, sweep: sweepSchema };
const names = ["run", "network", "sweep"] as const;

/** Adds `eddy schema`. */
export function addSchema(program: Command): void {
  program
    .command("schema")
    .description("print the JSON Schema of run files, of network descriptions or of sweep files")
    .argument("[what]", "run, network or sweep", oneOf(names), "run")
    .action((what: (typeof names)[number]) => {
      print(JSON.stringify(z.toJSONSchema(schemas[what], { io: "input" }), null, 2));
    });
}
