import type { Network } from "../../model/network.js";
import type { QueuedEvent } from "../../streams/tick-queue.js";
import type { Intervention } from "../command.js";
import { inRange, named } from "./ranges.js";

/** Interventions that set one number of the network. */
export type Setting = Extract<Intervention, { kind: "gate" | "learningRate" | "beta" | "spectralRadius" }>;

/**
 * A setting as the tick-boundary queue takes it.
 * @throws EddyError INVALID_ARGUMENT for an unknown name or a value out of range
 */
export function settingEvent({ pathways, modules }: Network, setting: Setting): QueuedEvent {
  switch (setting.kind) {
    case "gate":
      named("pathway", pathways, setting.pathway);
      return { kind: "gate", key: setting.pathway, gate: inRange("gate", setting.gate, 0, 1) };
    case "learningRate":
      return { kind: "learningRate", key: "", value: inRange("learningRate", setting.value, 0, 1000) };
    case "beta":
      return { kind: "beta", key: "", value: inRange("beta", setting.value, 0, 1000) };
    case "spectralRadius":
      named("module", modules, setting.module);
      return {
        kind: "spectralRadius",
        key: setting.module,
        value: inRange("spectralRadius", setting.value, 1e-6, 1000),
      };
  }
}
