import { Handles } from "../handles.js";
import type { DriveTerm, Kernels, RecurrentMatrix, Tensor } from "../kernels.js";
import { checkData, checkSample, checkScore, checkShape, checkTerms } from "../shapes.js";
import { checkWeights } from "../sparse-weights.js";
import { Arena } from "./arena.js";
import { Contents, type RowForms } from "./content.js";
import { type Device, number, type SimdHandles } from "./device.js";
import { elementwise } from "./elementwise.js";
import { type Engine, type OpenEngine, operations, type Threads } from "./engine.js";
import { learnMatrixOne } from "./learn-matrix.js";
import { learnOne } from "./learn-request.js";
import { type OpenProjection, type OpenTerm, project } from "./projection.js";
import { RecurrentForm } from "./recurrent-form.js";
import { meanMagnitude, sample, score } from "./reductions.js";
import { activationCodes } from "./settle.js";
import { settleAll } from "./settle-requests.js";

function openTerms({ handles }: Device, terms: readonly DriveTerm[]): OpenTerm[] {
  return terms.map(({ source, block, weights, transposed, scale, target }) => ({
    source: handles.contentOf(source),
    block,
    weights: handles.contentOf(weights),
    transposed: transposed ?? false,
    scale,
    target,
  }));
}

/** Threads for an engine over an arena. */
export type OpenThreads = (arena: Arena, engine: Engine) => Threads;

/** What computes, each as one guarded operation: where room runs out, it gives back what it had taken. */
function computing(device: Device) {
  const { handles, contents, wake } = device;
  const { arena } = contents;
  const opened = (tensor: Tensor | undefined) => (tensor ? handles.contentOf(tensor) : null);
  const projected = (projection: OpenProjection): Tensor => {
    const content = arena.guarded(() => project(contents, wake, projection));
    return handles.tensor(content.shape, content);
  };
  return {
    drive({ batch, units, terms, base }) {
      checkTerms(batch, units, terms, base);
      const open = openTerms(device, terms);
      return projected({ batch, units, terms: open, base: opened(base), bias: null, nonlinearity: "none" });
    },
    settle: (requests) => arena.guarded(() => settleAll(device, requests)),
    readout({ batch, size, terms, bias, nonlinearity }) {
      checkTerms(batch, size, terms);
      if (bias) checkShape("bias of the readout", bias.shape, [size]);
      const open = openTerms(device, terms);
      return projected({ batch, units: size, terms: open, base: null, bias: opened(bias), nonlinearity });
    },
    difference(a, b) {
      checkShape("subtrahend", b.shape, a.shape);
      return arena.guarded(() => elementwise(device, operations.difference, a, b, 0));
    },
    derivative(activation, state, x) {
      checkShape("x of the derivative", x.shape, state.shape);
      const code = activationCodes[activation];
      return arena.guarded(() => elementwise(device, operations.derivative, state, x, code));
    },
    learn: (request) => arena.guarded(() => learnOne(device, request)),
    learnMatrix: (request) => arena.guarded(() => learnMatrixOne(device, request)),
  } satisfies Partial<Kernels>;
}

/** What reads a few numbers back into tensors of their own. */
function reducing(device: Device) {
  const { handles, contents } = device;
  return {
    score(output, target) {
      checkScore(output, target);
      return number(device, [2], score(contents, handles.contentOf(output), handles.contentOf(target)));
    },
    sample(request) {
      checkSample(request);
      const data = sample(contents, handles.contentOf(request.tensor), request);
      return number(device, [data.length], data);
    },
    meanMagnitude: (tensor) =>
      number(device, [1], Float32Array.of(meanMagnitude(contents, handles.contentOf(tensor)))),
  } satisfies Partial<Kernels>;
}

/**
 * The kernels in C, native or in WebAssembly, over one shared memory. Every number they give is the same, to the bit,
 * on every processor, for any number of threads and whatever form a recurrent matrix takes, as long as numbers are
 * finite: each sum has one order, nothing is contracted, and f is a fixed sequence of IEEE operations.
 */
export function simdKernels(
  openEngine: OpenEngine,
  openThreads: OpenThreads,
  rowForms: RowForms = "fastest",
): Kernels {
  const arena = new Arena();
  const engine = openEngine(arena);
  const threads = openThreads(arena, engine);
  const contents = new Contents(arena, engine, threads.count, rowForms);
  const handles: SimdHandles = new Handles({
    freeTensor: (content) => contents.free(content),
    freeMatrix: (form: RecurrentForm) => form.free(),
  });
  const device: Device = { handles, contents, wake: () => threads.wake() };
  return {
    name: "simd",
    exact: true,
    detail: `${engine.variant}, ${threads.count} ${threads.count === 1 ? "thread" : "threads"}`,
    tensor(data, shape) {
      checkData(data, shape);
      return number(device, [...shape], data);
    },
    matrix(weights): RecurrentMatrix {
      checkWeights(weights);
      const form = arena.guarded(() => new RecurrentForm(arena, engine.lanes, weights));
      return handles.matrix(weights.neurons, form);
    },
    lend: (tensor, look) => look(contents.numbersOf(handles.contentOf(tensor))),
    read: async (tensor) => contents.numbersOf(handles.contentOf(tensor)).slice(),
    weights: async (matrix) => handles.matrixOf(matrix).weights(),
    retain: (handle) => handles.retain(handle),
    dispose: (handle) => handles.dispose(handle),
    live: () => handles.live(),
    close() {
      handles.close();
      threads.close();
    },
    ...computing(device),
    ...reducing(device),
  };
}
