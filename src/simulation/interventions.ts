import { EddyError } from "../errors.js";
import type { Network } from "../model/network.js";
import type { QueuedEvent } from "../streams/tick-queue.js";
import type { Command } from "./simulation.js";

const refuse = (field: string, given: unknown, needed: string): EddyError =>
  new EddyError("INVALID_ARGUMENT", `${field}: given ${JSON.stringify(given) ?? given}, needed ${needed}`);

function inRange(field: string, value: number, least: number, most: number): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw refuse(field, Number.isFinite(value) ? value : String(value), `a number from ${least} to ${most}`);
}

const known = (names: Iterable<string>): string => `one of ${[...names].join(", ")}`;

/** Commands that change the network, in contrast to its clock. */
export type Intervention = Exclude<Command, { kind: "pause" | "resume" | "step" | "speed" }>;

const clockKinds = ["pause", "resume", "step", "speed"];
const commandKinds = [...clockKinds, "gate", "learningRate", "beta", "spectralRadius"];

/** Whether a command changes the network. */
export const isIntervention = (command: Command): command is Intervention =>
  !clockKinds.includes(command.kind);

/**
 * A command as the tick-boundary queue takes it.
 * @throws EddyError INVALID_ARGUMENT for an unknown name or a value out of range
 */
export function queuedEvent({ pathways, modules }: Network, command: Intervention): QueuedEvent {
  switch (command.kind) {
    case "gate":
      if (!pathways.has(command.pathway)) throw refuse("pathway", command.pathway, known(pathways.keys()));
      return { kind: "gate", key: command.pathway, gate: inRange("gate", command.gate, 0, 1) };
    case "learningRate":
      return { kind: "learningRate", key: "", value: inRange("learningRate", command.value, 0, 1000) };
    case "beta":
      return { kind: "beta", key: "", value: inRange("beta", command.value, 0, 1000) };
    case "spectralRadius":
      if (!modules.has(command.module)) throw refuse("module", command.module, known(modules.keys()));
      return {
        kind: "spectralRadius",
        key: command.module,
        value: inRange("spectralRadius", command.value, 1e-6, 1000),
      };
    default:
      throw refuse("kind", Reflect.get(command, "kind"), known(commandKinds));
  }
}

/** @throws EddyError INVALID_ARGUMENT unless it is a pace */
export function checkPace(field: string, ticksPerSecond: number | null): void {
  if (ticksPerSecond !== null) inRange(field, ticksPerSecond, 1e-3, 1e9);
}

/** @throws EddyError INVALID_ARGUMENT unless it is a number of ticks */
export function checkSteps(ticks: number): void {
  if (!Number.isSafeInteger(ticks) || ticks < 1) throw refuse("ticks", ticks, "a whole number from 1");
}
