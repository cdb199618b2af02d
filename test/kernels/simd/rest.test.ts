import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Propagated, SettleRequest, Tensor } from "../../../src/kernels/kernels.js";
import { sparseWeights } from "../../../src/kernels/sparse-weights.js";
import { random } from "../../../src/model/random.js";
import { openVariant, variants } from "./engines.js";
import { recurrent, values } from "./large-cases.js";

const neurons = 200;

type Moving = SettleRequest & { readonly from: Tensor };

describe.each(variants)("a module at rest in %s", (variant) => {
  const { kernels } = openVariant(variant, 2);
  const numbers = random(11, "rest");
  // without a loop, in which rounding could keep the last bits moving for ever
  const chain = (): Float32Array =>
    recurrent(numbers, neurons, 0.22).map((weight, at) => (at % neurons > at / neurons ? weight : 0));
  const weights = chain();
  const uploaded = (): Tensor => kernels.tensor(values(numbers, neurons), [1, neurons]);
  let request: Moving;

  /** Ticks until no bit changes. */
  function settleDown(given: SettleRequest): Moving {
    let { from } = given;
    for (let tick = 0; tick < 400; tick++) {
      const [{ state }] = kernels.settle([{ ...given, from }]);
      if (state === from) return { ...given, from: state };
      from = state;
    }
    throw new Error("it did not come to rest");
  }

  /** The state that the same numbers come to in a backend that has seen nothing, in a handle of its own. */
  async function afresh(given: Moving, matrix: Float32Array): Promise<Float32Array> {
    const { kernels: other } = openVariant(variant, 1);
    const copy = async (tensor: Tensor): Promise<Tensor> =>
      other.tensor(await kernels.read(tensor), tensor.shape);
    const [{ state }] = other.settle([
      {
        ...given,
        matrix: other.matrix(sparseWeights(matrix, neurons)),
        from: await copy(given.from),
        drive: await copy(given.drive),
        bias: given.bias && (await copy(given.bias)),
      },
    ]);
    const result = await other.read(state);
    other.close();
    return result;
  }

  /** Expects that the module moves on as if it had never rested. */
  async function expectAwake(given: Moving, matrix = weights): Promise<void> {
    const [{ state }] = kernels.settle([given]);
    expect(state).not.toBe(given.from);
    expect(await kernels.read(state)).toEqual(await afresh(given, matrix));
  }

  /** What a learning step makes of a tensor of one row, without another handle for it. */
  const taught = (given: Tensor): Tensor =>
    kernels.learn({
      terms: [
        {
          source: given.shape.length === 1 ? "ones" : kernels.tensor(Float32Array.of(1), [1, 1]),
          block: [0, 1],
          error: uploaded(),
          errorBlock: [0, neurons],
          scale: 0.1,
        },
      ],
      weights: given,
      moments: null,
      optimiser: { kind: "sgd", learningRate: 1 },
    }).weights;

  beforeEach(() => {
    const bias = kernels.tensor(values(numbers, neurons), [neurons]);
    const given = { matrix: kernels.matrix(sparseWeights(weights, neurons)), bias, drive: uploaded() };
    request = settleDown({ ...given, activation: "tanh", from: "zero", iterations: 1 });
  });

  afterAll(() => kernels.close());

  it("keeps its handle and its bits, with one more owner each time", async () => {
    const before = await kernels.read(request.from);
    const live = kernels.live();
    for (let tick = 0; tick < 10; tick++) {
      const [{ state, report, propagated }] = kernels.settle([request]);
      expect(state).toBe(request.from);
      expect([report, propagated]).toEqual([null, null]);
      kernels.dispose(state);
    }
    expect(kernels.live()).toBe(live);
    expect(await kernels.read(request.from)).toEqual(before);
    expect(await afresh(request, weights)).toEqual(before);
  });

  it("still reports, iterates and looks at its tolerance", async () => {
    const [{ report }] = kernels.settle([{ ...request, report: true }]);
    expect(await kernels.read(report!)).toEqual(Float32Array.of(0, 1));
    const [far] = kernels.settle([{ ...request, iterations: 3, tolerance: 0 }]);
    expect(await kernels.read(far.report!)).toEqual(Float32Array.of(0, 1));
    expect(await kernels.read(far.state)).toEqual(await kernels.read(request.from));
  });

  it("wakes by a new drive, matrix, bias, activation or gain", async () => {
    await expectAwake({ ...request, drive: uploaded() });
    const other = chain();
    await expectAwake({ ...request, matrix: kernels.matrix(sparseWeights(other, neurons)) }, other);
    await expectAwake({ ...request, bias: kernels.tensor(values(numbers, neurons), [neurons]) });
    await expectAwake({ ...request, bias: undefined });
    await expectAwake({ ...request, activation: "sigmoid" });
    await expectAwake({ ...request, gain: 0.5 });
    await expectAwake({ ...request, gain: 0.5, timeStep: 0.5 });
  });

  it("wakes by a bias, a drive or a state that was learned, which may lie where the old one lay", async () => {
    await expectAwake({ ...request, bias: taught(request.bias!) });
    const second = settleDown({ ...request, bias: undefined, from: uploaded() });
    await expectAwake({ ...second, drive: taught(second.drive) });
    const third = settleDown({ ...request, bias: undefined, drive: uploaded(), from: uploaded() });
    const { length } = await kernels.read(third.from);
    const moved = taught(kernels.tensor(await kernels.read(third.from), [1, length]));
    await expectAwake({ ...third, from: moved });
  });

  it("rests beside one that moves", () => {
    const [resting, moving] = kernels.settle([request, { ...request, drive: uploaded() }]);
    expect(resting.state).toBe(request.from);
    expect(moving.state).not.toBe(request.from);
  });

  it.each([1, 5])("rests whatever lay in memory beyond its last unit or stimulus, batch %i", (batch) => {
    const { kernels: soiled } = openVariant(variant, 1);
    const units = 203;
    for (const length of [batch * units, 32 * 208, 300, 900]) {
      const held = Array.from({ length: 8 }, () =>
        soiled.tensor(new Float32Array(length).fill(Number.NaN), [length]),
      );
      for (const tensor of held) soiled.dispose(tensor);
    }
    const matrix = soiled.matrix(sparseWeights(recurrent(random(3, "soiled"), units, 0.1), units));
    const drive = soiled.tensor(values(random(4, "soiled"), batch * units), [batch, units]);
    let from: Tensor | "zero" = "zero";
    let remembered: Propagated | null = null;
    for (let tick = 0; tick < 60; tick++) {
      const changes = { epsilon: 1e-2, remembered };
      const [settled] = soiled.settle([{ matrix, activation: "tanh", from, drive, iterations: 1, changes }]);
      if (tick === 59) expect(settled.propagated?.sum).toBe(remembered?.sum);
      from = settled.state;
      remembered = settled.propagated;
    }
    soiled.close();
  });

  it("that propagates changes rests too, until smaller changes are heard", async () => {
    const epsilon = 0.05;
    let from: Tensor = uploaded();
    let remembered: Propagated | null = null;
    for (let tick = 0; tick < 400; tick++) {
      const [told]: ReturnType<typeof kernels.settle> = kernels.settle([
        { ...request, from, changes: { epsilon, remembered } },
      ]);
      remembered = told.propagated;
      if (told.state === from) break;
      from = told.state;
    }
    const still = { ...request, from, changes: { epsilon, remembered } };
    const [told] = kernels.settle([still]);
    expect(told.state).toBe(from);
    expect(told.propagated?.spoken).toBe(remembered?.spoken);
    expect(told.propagated?.sum).toBe(remembered?.sum);
    const [heard] = kernels.settle([{ ...still, changes: { epsilon: 0, remembered } }]);
    expect(heard.state).not.toBe(from);
    expect(await kernels.read(heard.propagated!.spoken)).toEqual(await kernels.read(from));
    const [moved] = kernels.settle([
      { ...still, changes: { epsilon, remembered: { ...remembered!, spoken: uploaded() } } },
    ]);
    expect(moved.state).not.toBe(from);
  });
});
