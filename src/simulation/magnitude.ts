import type { Kernels, Tensor } from "../kernels/kernels.js";

/**
 * The mean magnitude of a tensor: a finite number only if all of it is. Enqueued before this returns; reads back one
 * number.
 */
export async function magnitude(kernels: Kernels, tensor: Tensor): Promise<number> {
  const mean = kernels.meanMagnitude(tensor);
  const [value] = await kernels.read(mean).finally(() => kernels.dispose(mean));
  return value;
}

/**
 * How far a module is from rest: mean |h(t) - h(t-1)| over its units and the batch. Enqueued before this returns.
 * @param h [batch, neurons] its state
 * @param before [batch, neurons] its state a tick before
 */
export function residual(kernels: Kernels, h: Tensor, before: Tensor): Promise<number> {
  const change = kernels.difference(h, before);
  const mean = magnitude(kernels, change);
  kernels.dispose(change);
  return mean;
}
