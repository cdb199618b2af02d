import { biasName, type Network } from "../../model/network.js";
import { silentBias } from "../../model/unit-weights.js";
import type { NetworkState } from "../../streams/network-state.js";

/**
 * A bias of zero, but for units that were lesioned: they stay silent.
 * @param name of the bias of a module or a readout
 * @param length its units
 */
export function lesionedBias(
  { modules }: Network,
  { lesions }: Pick<NetworkState, "lesions">,
  name: string,
  length: number,
): Float32Array {
  const bias = new Float32Array(length);
  for (const { name: module, activation } of modules.values()) {
    if (biasName(module) !== name) continue;
    for (const unit of lesions.get(module) ?? []) bias[unit] = silentBias(activation);
  }
  return bias;
}
