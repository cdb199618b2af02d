import type { Kernels, Tensor } from "../kernels/kernels.js";
import type { Network, Task } from "../model/network.js";

/** How well outputs met their targets. */
export interface Score {
  /** stimuli scored */
  readonly count: number;
  /** mean over the stimuli: cross-entropy in nats for classes, mean |output - target| where outputs are no probabilities */
  readonly loss: number;
  /** share of stimuli whose largest output is the target's, 0 where outputs are no numbers; null for vectors */
  readonly accuracy: number | null;
}

/** Whether what a task's readout answers are probabilities, as all outputs but those of a linear readout are. */
export const answersProbabilities = ({ readouts }: Network, { readout }: Task): boolean =>
  readouts.get(readout)?.nonlinearity !== "linear";

/**
 * Scores a batch of outputs; reads back two or three numbers.
 * @param output [batch, size]
 * @param target [batch, size]
 * @param probabilities whether outputs are probabilities: {@link answersProbabilities}
 */
export async function scoreOutput(
  kernels: Kernels,
  kind: "class" | "vector",
  output: Tensor,
  target: Tensor,
  probabilities: boolean,
): Promise<Score> {
  const count = output.shape[0];
  const readAndFree = (tensor: Tensor) => kernels.read(tensor).finally(() => kernels.dispose(tensor));
  const classes = kind === "class" ? readAndFree(kernels.score(output, target)) : null;
  if (classes && probabilities) {
    const [loss, right] = await classes;
    return { count, loss: loss / count, accuracy: Number.isNaN(loss) ? 0 : right / count };
  }
  const difference = kernels.difference(output, target);
  const magnitude = readAndFree(kernels.meanMagnitude(difference));
  kernels.dispose(difference);
  const [[loss], counted] = await Promise.all([magnitude, classes]);
  return { count, loss, accuracy: counted && (Number.isNaN(loss) ? 0 : counted[1] / count) };
}
