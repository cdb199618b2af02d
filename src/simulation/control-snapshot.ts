import { z } from "zod";
import { EddyError } from "../errors.js";
import type { Network } from "../model/network.js";
import type { NetworkState } from "../streams/network-state.js";
import type { StoredTensor } from "./safetensors.js";

const count = z.int().min(0);

/** What people have done to a network, as far as gates and rates do not say it; older checkpoints have none of it. */
export const controlFields = {
  /** absent: the state's own seed */
  weightsSeed: count.optional(),
  /** the tick at which the network was last at rest */
  began: count.default(0),
  /** standard deviations, by module */
  noise: z.record(z.string(), z.number().positive()).default({}),
  /** the first tick that each injection no longer enters, by module */
  injections: z.record(z.string(), z.array(count)).default({}),
  /** units, by module */
  lesions: z.record(z.string(), z.array(count)).default({}),
  /** changed numbers of the tasks' own, by task */
  taskParameters: z.record(z.string(), z.record(z.string(), z.number())).default({}),
};

type Control = z.output<z.ZodObject<typeof controlFields>>;

const injectionName = (index: number, module: string): string => `injected ${index}/${module}`;

/** The part of a state that says what people have done to it. */
export const controlOf = (state: NetworkState): Control => ({
  weightsSeed: state.weightsSeed,
  began: state.began,
  noise: Object.fromEntries(state.noise),
  injections: Object.fromEntries(
    [...state.injections].map(([module, list]) => [module, list.map(({ until }) => until)]),
  ),
  lesions: Object.fromEntries([...state.lesions].map(([module, units]) => [module, [...units]])),
  taskParameters: Object.fromEntries([...state.taskParameters].map(([task, own]) => [task, { ...own }])),
});

/** Puts the values of injections among the tensors of a snapshot. */
export function storeInjections(state: NetworkState, tensors: Map<string, StoredTensor>): void {
  for (const [module, list] of state.injections) {
    for (const [i, { values }] of list.entries())
      tensors.set(injectionName(i, module), { shape: [values.length], data: values });
  }
}

/**
 * Puts what people have done into a restored state.
 * @throws EddyError CHECKPOINT_MISMATCH when values of an injection are not there, or are another module's
 */
export function restoreControl(
  state: NetworkState,
  { modules }: Network,
  control: Control,
  tensors: ReadonlyMap<string, StoredTensor>,
): void {
  for (const [module, deviation] of Object.entries(control.noise)) state.noise.set(module, deviation);
  for (const [module, units] of Object.entries(control.lesions)) state.lesions.set(module, units);
  for (const [task, own] of Object.entries(control.taskParameters)) state.taskParameters.set(task, own);
  for (const [module, ends] of Object.entries(control.injections)) {
    const list = ends.map((until, i) => {
      const values = tensors.get(injectionName(i, module))?.data;
      if (values && values.length === modules.get(module)?.neurons) return { values, until };
      throw new EddyError(
        "CHECKPOINT_MISMATCH",
        `the checkpoint has no tensor "${injectionName(i, module)}" of ${modules.get(module)?.neurons ?? 0} units; it is another network's`,
      );
    });
    state.injections.set(module, list);
  }
}
