import type { Kernels, Tensor } from "../../kernels/kernels.js";

/** Numbers of a tensor that are looked at, at most; of larger ones every n-th unit in every row of the batch. */
const lookedMax = 2048;

/** Whether all of them are numbers: 0 times anything else is none. */
function allNumbers(values: Float32Array): boolean {
  let zero = 0;
  for (let i = 0; i < values.length; i++) zero += values[i] * 0;
  return zero === 0;
}

/**
 * Whether a tensor holds numbers only. Of a large one every n-th unit is looked at, others at another tick: where
 * numbers are none in a module they are none in all units that hear of one another within two ticks or three.
 * @param tensor [batch, units], lent; what is read of it is enqueued before this returns
 * @returns at once where the backend's memory is within reach
 */
export function holdsNumbers(kernels: Kernels, tensor: Tensor, tick: number): boolean | Promise<boolean> {
  const [batch, units] = tensor.shape;
  const every = Math.max(1, Math.min(units, Math.ceil((batch * units) / lookedMax)));
  if (every === 1 && kernels.lend) return kernels.lend(tensor, allNumbers);
  // phases end at regular ticks, which must not always meet the same units
  const first = (Math.imul(tick, 0x9e3779b1) >>> 16) % every;
  const sample = kernels.sample({ tensor, row: "mean", units: [first, units], every });
  if (kernels.lend) {
    const finite = kernels.lend(sample, allNumbers);
    kernels.dispose(sample);
    return finite;
  }
  return kernels
    .read(sample)
    .then(allNumbers)
    .finally(() => kernels.dispose(sample));
}
