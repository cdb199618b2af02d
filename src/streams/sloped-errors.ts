import type { Kernels, Tensor } from "../kernels/kernels.js";
import type { LearningRule } from "../model/learning-rule.js";
import type { Network } from "../model/network.js";
import type { NetworkState } from "./network-state.js";

/**
 * Each module's error times the slope of its units, `e f'(u)` with u at the end of the inference phase, where the rule's
 * gradient takes it; errors travel without it.
 * @returns [batch, neurons] by module, owned by the caller; empty when the rule takes none
 * @see Liu et al. 2026, eq. S8
 */
export function slopedErrors(
  kernels: Kernels,
  { modules }: Network,
  { gradient }: Pick<LearningRule, "gradient">,
  { held, errors }: NetworkState,
): Map<string, Tensor> {
  const sloped = new Map<string, Tensor>();
  if (!gradient.some(({ derivative }) => derivative)) return sloped;
  for (const [name, error] of errors) {
    const module = modules.get(name);
    const z = held.get(name);
    if (module && z) sloped.set(name, kernels.derivative(module.activation, z, error));
  }
  return sloped;
}
