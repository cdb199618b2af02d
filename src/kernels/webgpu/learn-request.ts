import type {
  Learned,
  LearnedMatrix,
  LearnMatrixRequest,
  LearnRequest,
  Moments,
  OptimiserStep,
  Tensor,
} from "../kernels.js";
import { checkLearn, checkLearnMatrix, sizeOf } from "../shapes.js";
import type { Slot } from "./buffers.js";
import { learn } from "./learn.js";
import { connectionGradient, stepConnections } from "./learn-matrix.js";
import { copiedMatrix } from "./matrix.js";
import type { Queue } from "./queue.js";
import type { Session } from "./session.js";

/** Takes moments over, to be changed in place, and makes those that are not there yet; none for `sgd`. */
function takenMoments(
  { queue, handles }: Session,
  before: Moments | null,
  optimiser: OptimiserStep,
  size: number,
): { first: Slot; second: Slot; fresh: boolean } | null {
  const taken =
    before && [before.first, before.second].map((moment) => handles.take(moment, copying(queue, size)));
  if (optimiser.kind === "adam") {
    const [first, second] = taken ?? [queue.lend(size), queue.lend(size)];
    return { first, second, fresh: taken === null };
  }
  for (const slot of taken ?? []) queue.buffers.release(slot);
  return null;
}

const copying =
  (queue: Queue, size: number) =>
  (content: Slot): Slot => {
    const slot = queue.lend(size);
    queue.commands.copy(content, slot, 4 * size);
    return slot;
  };

/** Gradient and optimiser; consumes weights and moments. */
export function learnOne(session: Session, request: LearnRequest): Learned {
  checkLearn(request);
  const { queue, handles } = session;
  const { shape } = request.weights;
  const size = sizeOf(shape);
  const weights = handles.take(request.weights, copying(queue, size));
  const moments = takenMoments(session, request.moments, request.optimiser, size);
  const gradient = learn(queue, (tensor) => handles.contentOf(tensor), request, { weights, moments });
  const own = (slot: Slot): Tensor => handles.tensor(shape, slot);
  return {
    weights: own(weights),
    moments: moments && { first: own(moments.first), second: own(moments.second) },
    gradient: gradient && own(gradient),
  };
}

/** Gradient and optimiser for the connections of a recurrent matrix; consumes it and its moments. */
export function learnMatrixOne(session: Session, request: LearnMatrixRequest): LearnedMatrix {
  const { queue, handles } = session;
  const given = handles.matrixOf(request.matrix);
  const size = given.connections.columns.length;
  checkLearnMatrix(request, size);
  const { terms, optimiser, keepGradient } = request;
  const gradient = connectionGradient(queue, (tensor) => handles.contentOf(tensor), given, terms);
  const matrix = handles.takeMatrix(request.matrix, (other) => copiedMatrix(queue, other));
  const moments = takenMoments(session, request.moments, optimiser, size);
  stepConnections(queue, matrix, gradient, optimiser, moments);
  if (!keepGradient) queue.buffers.release(gradient);
  const own = (slot: Slot): Tensor => handles.tensor([size], slot);
  return {
    matrix: handles.matrix(matrix.neurons, matrix),
    moments: moments && { first: own(moments.first), second: own(moments.second) },
    gradient: keepGradient ? own(gradient) : null,
  };
}
