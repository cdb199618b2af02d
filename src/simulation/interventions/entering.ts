import type { Block } from "../../kernels/kernels.js";
import type { Module } from "../../model/network.js";
import type { Intervention } from "../command.js";
import type { Place } from "./place.js";
import { checkValues, inRange, named, refuse, wholeInRange } from "./ranges.js";

/** Injections that a module takes at once, so that a client that never stops cannot fill the memory. */
const injectionsMax = 64;
const injectedTicksMax = 1_000_000_000;

/**
 * From now on noise of this standard deviation enters a module; 0 ends it.
 * @throws EddyError INVALID_ARGUMENT
 */
export function setNoise(
  { net }: Place,
  { module, deviation }: Extract<Intervention, { kind: "noise" }>,
): void {
  named("module", net.network.modules, module);
  inRange("deviation", deviation, 0, 1000);
  if (deviation === 0) net.state.noise.delete(module);
  else net.state.noise.set(module, deviation);
}

function blockOf({ neurons, blocks }: Module, name: string | null): Block {
  return name === null ? [0, neurons] : named("block", blocks, name);
}

/**
 * Adds values to what drives a module, from the next tick on and for so many ticks. Injections add up.
 * @throws EddyError INVALID_ARGUMENT
 */
export function inject(
  { net }: Place,
  { module, block, values, ticks }: Extract<Intervention, { kind: "drive" }>,
): void {
  const { network, state } = net;
  const spec = named("module", network.modules, module);
  const [start, end] = blockOf(spec, block);
  checkValues("values", values, end - start);
  wholeInRange("ticks", ticks, 1, injectedTicksMax);
  const before = state.injections.get(module) ?? [];
  if (before.length >= injectionsMax) {
    throw refuse("module", module, `one into which fewer than ${injectionsMax} injections are under way`);
  }
  const whole = new Float32Array(spec.neurons);
  whole.set(values, start);
  state.injections.set(module, [...before, { values: whole, until: state.tick + ticks }]);
}
