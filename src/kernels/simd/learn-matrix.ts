import type { LearnedMatrix, LearnMatrixRequest } from "../kernels.js";
import { checkLearnMatrix } from "../shapes.js";
import { leastWeight } from "../sparse-weights.js";
import type { ConnectionPlaces } from "./connection-places.js";
import type { Content } from "./content.js";
import type { Device } from "./device.js";
import { learn, type OpenGradientTerm } from "./learn.js";
import { taken, zeros } from "./learn-request.js";
import { RecurrentForm } from "./recurrent-form.js";

/** Numbers of a dense gradient at a time: what is not at a connection is thrown away. */
const mostDense = 2 ** 22;

/**
 * The gradient at the connections, out of a dense one that is made some sources at a time: a dense product on all
 * threads takes less time than the connections one by one, as long as some per cent of all are there.
 * @returns [1, connections], in rows
 */
function connectionGradient(
  { contents, wake }: Device,
  terms: readonly OpenGradientTerm[],
  { rows, columns }: ConnectionPlaces,
): Content {
  const { arena } = contents;
  const gradient = contents.inRows([1, columns.length]);
  const neurons = rows.length - 1;
  const step = Math.max(1, Math.floor(mostDense / Math.max(1, neurons)));
  for (let first = 0; first < neurons; first += step) {
    const end = Math.min(neurons, first + step);
    const weights = contents.inRows([end - first, neurons]);
    contents.numbersOf(weights).fill(0);
    const part = terms.map((term) => {
      const start = term.block[0];
      return { ...term, block: [start + first, start + end] as const };
    });
    // a step of rate -1 from zero leaves the gradient itself
    const optimiser = { kind: "sgd", learningRate: -1 } as const;
    learn(contents, wake, { terms: part, weights, first: null, second: null, gradient: null, optimiser });
    const { numbers } = arena;
    const to = gradient.rows >>> 2;
    for (let from = first; from < end; from++) {
      const row = (weights.rows >>> 2) + (from - first) * neurons;
      for (let k = rows[from]; k < rows[from + 1]; k++) numbers[to + k] = numbers[row + columns[k]];
    }
    contents.free(weights);
  }
  return gradient;
}

/** The weights of all connections. @returns [connections], in rows */
function connectionWeights(
  { contents }: Device,
  { lists }: RecurrentForm,
  places: ConnectionPlaces,
): Content {
  const weights = contents.inRows([places.inLists.length]);
  const { numbers } = contents.arena;
  const [from, to] = [lists.weights >>> 2, weights.rows >>> 2];
  const { inLists } = places;
  for (let connection = 0; connection < inLists.length; connection++)
    numbers[to + connection] = numbers[from + inLists[connection]];
  return weights;
}

/** A connection whose weight became 0 would be none. */
function keepConnections(weights: Float32Array): Float32Array {
  for (let k = 0; k < weights.length; k++) if (weights[k] === 0) weights[k] = leastWeight;
  return weights;
}

/** Gradient and optimiser for the connections of a recurrent matrix; consumes it and its moments. */
export function learnMatrixOne(device: Device, request: LearnMatrixRequest): LearnedMatrix {
  const { handles, contents, wake } = device;
  const form = handles.matrixOf(request.matrix);
  const shape = [form.lists.connections];
  checkLearnMatrix(request, form.lists.connections);
  const { optimiser, moments } = request;
  const terms = request.terms.flatMap(({ source, ...term }) =>
    source === "ones"
      ? []
      : [{ ...term, source: handles.contentOf(source), error: handles.contentOf(term.error) }],
  );
  // all that may find no room comes before what is consumed
  const places = form.places();
  const error = connectionGradient(device, terms, places);
  const weights = connectionWeights(device, form, places);
  const adam = optimiser.kind === "adam";
  const fresh = adam && !moments ? { first: zeros(device, shape), second: zeros(device, shape) } : null;
  const before = moments && { first: taken(device, moments.first), second: taken(device, moments.second) };
  const after = adam ? (before ?? fresh) : null;
  if (before && !adam) for (const content of [before.first, before.second]) contents.free(content);
  // the connections are a bias whose error is their gradient
  const term = { source: null, block: [0, 1], error, errorBlock: [0, shape[0]], scale: 1 } as const;
  const [first, second] = [after?.first ?? null, after?.second ?? null];
  learn(contents, wake, { terms: [term], weights, first, second, gradient: null, optimiser });
  const changed = handles.takeMatrix(
    request.matrix,
    (other) => new RecurrentForm(contents.arena, contents.engine.lanes, other.weights()),
  );
  changed.change(keepConnections(contents.numbersOf(weights)));
  contents.free(weights);
  const gradient = request.keepGradient ? { ...error, shape } : null;
  if (!gradient) contents.free(error);
  const own = (content: Content) => handles.tensor(shape, content);
  return {
    matrix: handles.matrix(changed.lists.neurons, changed),
    moments: after && { first: own(after.first), second: own(after.second) },
    gradient: gradient && own(gradient),
  };
}
