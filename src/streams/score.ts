import type { Kernels, Tensor } from "../kernels/kernels.js";

/** How well outputs met their targets. */
export interface Score {
  /** stimuli scored */
  readonly count: number;
  /** mean over the stimuli: cross-entropy in nats for classes, mean |output - target| for vectors */
  readonly loss: number;
  /** share of stimuli whose largest output is the target's; null for vectors */
  readonly accuracy: number | null;
}

/**
 * Scores a batch of outputs; reads back two numbers.
 * @param output [batch, size]
 * @param target [batch, size]
 */
export async function scoreOutput(
  kernels: Kernels,
  kind: "class" | "vector",
  output: Tensor,
  target: Tensor,
): Promise<Score> {
  const count = output.shape[0];
  if (kind === "class") {
    const score = kernels.score(output, target);
    const read = kernels.read(score);
    const [loss, right] = await read.finally(() => kernels.dispose(score));
    return { count, loss: loss / count, accuracy: right / count };
  }
  const difference = kernels.difference(output, target);
  const magnitude = kernels.meanMagnitude(difference);
  kernels.dispose(difference);
  const [loss] = await kernels.read(magnitude).finally(() => kernels.dispose(magnitude));
  return { count, loss, accuracy: null };
}
