import type { Command } from "commander";
import { z } from "zod";
import { sweepSchema } from "../experiments/sweep.js";
import { networkSchema } from "../model/network-description.js";
import { runSchema } from "../simulation/run-description.js";
import { asyncApi } from "../wire/async-api.js";
import { oneOf } from "./options.js";
import { print } from "./terminal.js";
import { version } from "./version.js";

const jsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { io: "input" });

const documents = {
  run: () => jsonSchema(runSchema),
  network: () => jsonSchema(networkSchema),
  sweep: () => jsonSchema(sweepSchema),
  protocol: () => asyncApi(version),
};
const names = ["run", "network", "sweep", "protocol"] as const;

/** Adds `eddy schema`. */
export function addSchema(program: Command): void {
  program
    .command("schema")
    .description(
      "print the JSON Schema of run files, network descriptions or sweep files, or the protocol as AsyncAPI",
    )
    .argument("[what]", names.join(", "), oneOf(names), "run")
    .action((what: (typeof names)[number]) => {
      print(JSON.stringify(documents[what](), null, 2));
    });
}
