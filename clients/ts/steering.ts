import type { Applied } from "./command-queue.js";
import type { CommandInput, Values } from "./commands.js";

type Kind<Name extends CommandInput["kind"]> = Extract<CommandInput, { kind: Name }>;
type Rest<Name extends CommandInput["kind"], Given extends string> = Omit<Kind<Name>, "kind" | Given>;

/** What is done to a run, one method a command; each resolves with the tick before which it was applied. */
export interface Steering {
  pause(): Promise<Applied>;
  resume(): Promise<Applied>;
  /** Pauses, then makes so many ticks. */
  step(ticks?: number): Promise<Applied>;
  /** Makes ticks as fast as possible until the one of this number is next, then pauses. */
  runUntil(tick: number): Promise<Applied>;
  /** @param ticksPerSecond null is as fast as possible */
  speed(ticksPerSecond: number | null): Promise<Applied>;
  /** @param gate 0 (closed) to 1 (open) */
  gate(pathway: string, gate: number): Promise<Applied>;
  setLearningRate(value: number): Promise<Applied>;
  setBeta(value: number): Promise<Applied>;
  setSpectralRadius(module: string, value: number): Promise<Applied>;
  /** A number of a task's own, as `noise`; see `status.parameters`. */
  setParameter(task: string, name: string, value: number): Promise<Applied>;
  /** @param deviation of the normal deviates that enter each unit on every tick; 0 ends it */
  setNoise(module: string, deviation: number): Promise<Applied>;
  /** Adds values, one a unit of the block (or of the module), to what drives it. */
  injectDrive(module: string, values: Values, ticks: number, block?: string): Promise<Applied>;
  /** Begins a trial: input [batch, size of the input], target [batch, size of the readout]. */
  injectStimulus(
    task: string,
    input: Values,
    options?: { target?: Values; trial?: number },
  ): Promise<Applied>;
  /** @param error [batch, size of the readout] */
  injectOutputError(readout: string, error: Values): Promise<Applied>;
  /** Takes all connections from and to these units away, for good. */
  lesion(module: string, units: readonly number[]): Promise<Applied>;
  /** Begins anew, in a new epoch. @param seed absent: the same as before */
  reset(what?: Kind<"reset">["what"], seed?: number): Promise<Applied>;
  /** Goes on from a checkpoint of this run, in a new epoch. */
  restore(checkpoint: string): Promise<Applied>;
  /** Writes a checkpoint; resolves when it is on disk, with its name in the result. */
  checkpoint(): Promise<Applied>;
  record(
    name: string,
    topics: Kind<"record">["topics"],
    options?: Rest<"record", "name" | "topics">,
  ): Promise<Applied>;
  stopRecording(): Promise<Applied>;
  alarm(name: string, when: Kind<"alarm">["when"], action?: Kind<"alarm">["action"]): Promise<Applied>;
  disarm(name: string): Promise<Applied>;
}

/** The methods, over whatever sends commands. */
export function steering(send: (command: CommandInput) => Promise<Applied>): Steering {
  return {
    pause: () => send({ kind: "pause" }),
    resume: () => send({ kind: "resume" }),
    step: (ticks = 1) => send({ kind: "step", ticks }),
    runUntil: (tick) => send({ kind: "runUntil", tick }),
    speed: (ticksPerSecond) => send({ kind: "speed", ticksPerSecond }),
    gate: (pathway, gate) => send({ kind: "gate", pathway, gate }),
    setLearningRate: (value) => send({ kind: "learningRate", value }),
    setBeta: (value) => send({ kind: "beta", value }),
    setSpectralRadius: (module, value) => send({ kind: "spectralRadius", module, value }),
    setParameter: (task, name, value) => send({ kind: "parameter", task, name, value }),
    setNoise: (module, deviation) => send({ kind: "noise", module, deviation }),
    injectDrive: (module, values, ticks, block) =>
      send({ kind: "drive", module, values, ticks, ...(block !== undefined && { block }) }),
    injectStimulus: (task, input, options = {}) => send({ kind: "stimulus", task, input, ...options }),
    injectOutputError: (readout, error) => send({ kind: "outputError", readout, error }),
    lesion: (module, units) => send({ kind: "lesion", module, units }),
    reset: (what = "state", seed) => send({ kind: "reset", what, ...(seed !== undefined && { seed }) }),
    restore: (checkpoint) => send({ kind: "restore", checkpoint }),
    checkpoint: () => send({ kind: "checkpoint" }),
    record: (name, topics, options = {}) => send({ kind: "record", name, topics, ...options }),
    stopRecording: () => send({ kind: "stopRecording" }),
    alarm: (name, when, action) => send({ kind: "alarm", name, when, ...(action && { action }) }),
    disarm: (name) => send({ kind: "disarm", name }),
  };
}
