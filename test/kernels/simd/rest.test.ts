import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Kernels, Propagated, SettleRequest, Tensor } from "../../../src/kernels/kernels.js";
import { random } from "../../../src/model/random.js";
import { openVariant, variants } from "./engines.js";
import { recurrent, values } from "./large-cases.js";

const neurons = 200;
const sgd = { kind: "sgd", learningRate: 1 } as const;

describe.each(variants)("a module at rest in %s", (variant) => {
  const { kernels } = openVariant(variant, 2);
  const numbers = random(11, "rest");
  const weights = recurrent(numbers, neurons, 0.22);
  const uploaded = (): Tensor => kernels.tensor(values(numbers, neurons), [1, neurons]);
  let request: SettleRequest & { readonly from: Tensor };

  /** Ticks until no bit changes. */
  function settleDown(given: SettleRequest): SettleRequest & { readonly from: Tensor } {
    let from = given.from;
    for (let tick = 0; tick < 400; tick++) {
      const [{ state }] = kernels.settle([{ ...given, from }]);
      if (state === from) {
        kernels.dispose(state);
        return { ...given, from: state };
      }
      if (from !== "zero") kernels.dispose(from);
      from = state;
    }
    throw new Error("it did not come to rest");
  }

  /** Gives the state that the same numbers come to in a backend that has seen nothing. */
  async function afresh(
    given: SettleRequest & { readonly from: Tensor },
    matrix = weights,
  ): Promise<Float32Array> {
    const other: Kernels = openVariant(variant, 1).kernels;
    const copy = async (tensor: Tensor): Promise<Tensor> =>
      other.tensor(await kernels.read(tensor), [...tensor.shape]);
    const [{ state }] = other.settle([
      {
        ...given,
        matrix: other.matrix(matrix, neurons),
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
  async function expectAwake(
    given: SettleRequest & { readonly from: Tensor },
    matrix = weights,
  ): Promise<void> {
    const [{ state }] = kernels.settle([given]);
    expect(state).not.toBe(given.from);
    expect(await kernels.read(state)).toEqual(await afresh(given, matrix));
    kernels.dispose(state);
  }

  beforeEach(() => {
    const bias = kernels.tensor(values(numbers, neurons), [neurons]);
    const given = { matrix: kernels.matrix(weights, neurons), bias, drive: uploaded() };
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
    expect(await afresh(request)).toEqual(before);
  });

  it("still reports, iterates and looks at its tolerance", async () => {
    const [{ report }] = kernels.settle([{ ...request, report: true }]);
    expect(await kernels.read(report!)).toEqual(Float32Array.of(0, 1));
    const [far] = kernels.settle([{ ...request, iterations: 3, tolerance: 0 }]);
    expect(await kernels.read(far.report!)).toEqual(Float32Array.of(0, 1));
    expect(await kernels.read(far.state)).toEqual(await kernels.read(request.from));
  });

  it("wakes by a new drive, matrix, bias or activation", async () => {
    await expectAwake({ ...request, drive: uploaded() });
    const other = recurrent(numbers, neurons, 0.22);
    await expectAwake({ ...request, matrix: kernels.matrix(other, neurons) }, other);
    await expectAwake({ ...request, bias: kernels.tensor(values(numbers, neurons), [neurons]) });
    await expectAwake({ ...request, bias: undefined });
    await expectAwake({ ...request, activation: "sigmoid" });
  });

  it("rests beside one that moves", async () => {
    const [resting, moving] = kernels.settle([request, { ...request, drive: uploaded() }]);
    expect(resting.state).toBe(request.from);
    expect(moving.state).not.toBe(request.from);
  });

  it("wakes when its bias, its drive or its state was learned", async () => {
    const learned = (given: Tensor): Tensor =>
      kernels.learn({
        terms: [{ source: "ones", block: [0, 1], error: uploaded(), errorBlock: [0, neurons], scale: 0.1 }],
        weights: given,
        moments: null,
        optimiser: sgd,
      }).weights;
    await expectAwake({ ...request, bias: learned(request.bias!) });
    const row = uploaded();
    const taught = (given: Tensor): Tensor =>
      kernels.learn({
        terms: [
          {
            source: kernels.tensor(Float32Array.of(1), [1, 1]),
            block: [0, 1],
            error: row,
            errorBlock: [0, neurons],
            scale: 0.1,
          },
        ],
        weights: given,
        moments: null,
        optimiser: sgd,
      }).weights;
    const again = settleDown(request);
    const state = taught(kernels.retain(again.from));
    await expectAwake({ ...again, from: state });
    const alone = settleDown({ ...request, from: uploaded() });
    await expectAwake({ ...alone, from: taught(alone.from) });
    const last = settleDown({ ...request, from: uploaded() });
    await expectAwake({ ...last, drive: taught(last.drive) });
  });

  it("that propagates changes rests too, until fewer changes are left out", async () => {
    const epsilon = 0.05;
    let from: Tensor = uploaded();
    let remembered: Propagated | null = null;
    for (let tick = 0; tick < 400; tick++) {
      const [told] = kernels.settle([{ ...request, from, changes: { epsilon, remembered } }]);
      remembered = told.propagated!;
      if (told.state === from) break;
      from = told.state;
    }
    const still = { ...request, from, changes: { epsilon, remembered } };
    const [told] = kernels.settle([still]);
    expect(told.state).toBe(from);
    expect(told.propagated).toEqual(remembered);
    const eager = { ...still, changes: { epsilon: 0, remembered } };
    const [heard] = kernels.settle([eager]);
    expect(heard.state).not.toBe(from);
    expect(await kernels.read(heard.propagated!.spoken)).toEqual(await kernels.read(from));
    const elsewhere = { sum: remembered!.sum, spoken: uploaded() };
    const [moved] = kernels.settle([{ ...still, changes: { epsilon, remembered: elsewhere } }]);
    expect(moved.state).not.toBe(from);
  });
});
