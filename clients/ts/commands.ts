import { float32Bytes, type WireCommandInput } from "eddy/wire";

/** Float32 values of a command: rows of the batch one after the other, all finite. */
export type Values = Float32Array | readonly number[];

type WithValues<Command> = Command extends unknown
  ? {
      [Field in keyof Command]: Extract<Command[Field], Uint8Array> extends never
        ? Command[Field]
        : Exclude<Command[Field], Uint8Array> | Values;
    }
  : never;

type WireBranch = Extract<WireCommandInput, { kind: "branch" }>;
type WireIntervention = NonNullable<WireBranch["changes"]>[number];

/** What changes a network, as a client writes it. */
export type InterventionInput = WithValues<WireIntervention>;

/** What may be asked of a run, as a client writes it: numbers for values, and defaults left out. */
export type CommandInput =
  | WithValues<Exclude<WireCommandInput, { kind: "branch" }>>
  | (Omit<WireBranch, "changes"> & { readonly changes?: readonly InterventionInput[] });

const bytesOf = (values: Values): Uint8Array<ArrayBuffer> =>
  new Uint8Array(float32Bytes(values instanceof Float32Array ? values : Float32Array.from(values)));

function wireIntervention(command: InterventionInput): WireIntervention {
  switch (command.kind) {
    case "drive":
      return { ...command, values: bytesOf(command.values) };
    case "stimulus": {
      const { target, ...rest } = command;
      return { ...rest, input: bytesOf(command.input), ...(target && { target: bytesOf(target) }) };
    }
    case "outputError":
      return { ...command, error: bytesOf(command.error) };
    default:
      return command;
  }
}

/** A command as it goes over the wire. */
export function wireCommand(command: CommandInput): WireCommandInput {
  switch (command.kind) {
    case "branch": {
      const { changes, ...rest } = command;
      return { ...rest, ...(changes && { changes: changes.map(wireIntervention) }) };
    }
    case "drive":
    case "stimulus":
    case "outputError":
      return wireIntervention(command);
    default:
      return command;
  }
}
