import { Handles } from "../handles.js";
import type { DriveTerm, Kernels, RecurrentMatrix, Tensor } from "../kernels.js";
import { checkData, checkSample, checkScore, checkShape, checkTerms } from "../shapes.js";
import { checkWeights } from "../sparse-weights.js";
import { Arena } from "./arena.js";
import { Contents } from "./content.js";
import { type Device, number, type SimdHandles } from "./device.js";
import { elementwise } from "./elementwise.js";
import { type Engine, type OpenEngine, operations, type Threads } from "./engine.js";
import { learnOne } from "./learn-request.js";
import { type OpenTerm, project } from "./projection.js";
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

/**
 * The kernels in C, native or in WebAssembly, over one shared memory. Every number they give is the same, to the bit,
 * on every processor, for any number of threads and whatever form a recurrent matrix takes, as long as numbers are
 * finite: each sum has one order, nothing is contracted, and f is a fixed polynomial.
 */
export function simdKernels(openEngine: OpenEngine, openThreads: OpenThreads): Kernels {
  const arena = new Arena();
  const engine = openEngine(arena);
  const threads = openThreads(arena, engine);
  const contents = new Contents(arena, engine, threads.count);
  const handles: SimdHandles = new Handles({
    freeTensor: (content) => contents.free(content),
    freeMatrix: (form: RecurrentForm) => form.free(),
  });
  const device: Device = { handles, contents, wake: () => threads.wake() };
  const tensor = (data: Float32Array, shape: readonly number[]): Tensor => {
    checkData(data, shape);
    return number(device, [...shape], data);
  };
  return {
    name: "simd",
    exact: true,
    tensor,
    matrix(weights): RecurrentMatrix {
      checkWeights(weights);
      return handles.matrix(weights.neurons, new RecurrentForm(arena, engine.lanes, weights));
    },
    read: async (given) => contents.numbersOf(handles.contentOf(given)).slice(),
    weights: async (matrix) => handles.matrixOf(matrix).weights(),
    retain: (handle) => handles.retain(handle),
    dispose: (handle) => handles.dispose(handle),
    live: () => handles.live(),
    close() {
      handles.close();
      threads.close();
    },
    drive({ batch, units, terms, base }) {
      checkTerms(batch, units, terms, base);
      const content = project(contents, device.wake, {
        batch,
        units,
        terms: openTerms(device, terms),
        base: base ? handles.contentOf(base) : null,
        bias: null,
        nonlinearity: "none",
      });
      return handles.tensor(content.shape, content);
    },
    settle: (requests) => settleAll(device, requests),
    readout({ batch, size, terms, bias, nonlinearity }) {
      checkTerms(batch, size, terms);
      if (bias) checkShape("bias of the readout", bias.shape, [size]);
      const content = project(contents, device.wake, {
        batch,
        units: size,
        terms: openTerms(device, terms),
        base: null,
        bias: bias ? handles.contentOf(bias) : null,
        nonlinearity,
      });
      return handles.tensor(content.shape, content);
    },
    difference(a, b) {
      checkShape("subtrahend", b.shape, a.shape);
      return elementwise(device, operations.difference, a, b, 0);
    },
    derivative(activation, state, x) {
      checkShape("x of the derivative", x.shape, state.shape);
      return elementwise(device, operations.derivative, state, x, activationCodes[activation]);
    },
    learn: (request) => learnOne(device, request),
    score(output, target) {
      checkScore(output, target);
      return number(device, [2], score(contents, handles.contentOf(output), handles.contentOf(target)));
    },
    sample(request) {
      checkSample(request);
      const data = sample(contents, handles.contentOf(request.tensor), request);
      return number(device, [data.length], data);
    },
    meanMagnitude: (given) =>
      number(device, [1], Float32Array.of(meanMagnitude(contents, handles.contentOf(given)))),
  };
}
