import { EddyError } from "../errors.js";
import type { Command } from "../simulation/simulation.js";
import { float32Values } from "../wire/codec.js";
import type { WireCommand } from "../wire/commands.js";

type Intervention = Extract<WireCommand, { kind: "branch" }>["changes"][number];

/** Values that came as bytes. @throws EddyError INVALID_ARGUMENT when they are no float32 values */
function values(field: string, bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 === 0) return float32Values(bytes);
  throw new EddyError(
    "INVALID_ARGUMENT",
    `${field}: given ${bytes.length} bytes, needed 4 for each float32 value, little-endian`,
  );
}

function intervention(command: Intervention): Extract<Command, { kind: Intervention["kind"] }> {
  switch (command.kind) {
    case "drive":
      return { ...command, values: values("values", command.values) };
    case "stimulus":
      return {
        ...command,
        input: values("input", command.input),
        target: command.target && values("target", command.target),
      };
    case "outputError":
      return { ...command, error: values("error", command.error) };
    default:
      return command;
  }
}

/** A command as the simulation takes it. @throws EddyError INVALID_ARGUMENT for bytes that are no values */
export function commandOf(command: WireCommand): Command {
  switch (command.kind) {
    case "branch":
      return { ...command, changes: command.changes.map(intervention) };
    case "drive":
    case "stimulus":
    case "outputError":
      return intervention(command);
    default:
      return command;
  }
}
