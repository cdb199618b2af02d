import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { readReferenceCase } from "../../src/simulation/reference-case.js";
import {
  parseSafetensors,
  type StoredTensor,
  serialiseSafetensors,
} from "../../src/simulation/safetensors.js";
import { tolerances, verifyCase } from "../../src/simulation/verify-case.js";
import { caseGiven } from "../arbitraries/reference-case.js";
import { seeded } from "../arbitraries/seeded.js";
import { errorOf } from "../error-of.js";
import { openBackends } from "../kernels/open-backends.js";
import { caseNumbers } from "./case-oracle.js";

const folder = new URL("../golden/", import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.replace(/\.json$/, ""));

function golden(name: string) {
  const description = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
  const tensors = new Map(parseSafetensors(readFileSync(new URL(`${name}.safetensors`, folder)), name));
  return { description, tensors };
}

const verify = async (kernels: Kernels, description: unknown, tensors: ReadonlyMap<string, StoredTensor>) =>
  verifyCase(kernels, readReferenceCase(description, tensors, "case"));

/** Whether a tensor is one that a replay should give, not one that it starts from. */
const isExpected = (name: string) => !/^initial\/|\/x\d*$|\/target/.test(name);

/** Random cases with all their numbers, those from double precision rounded once. */
const wholeCase = caseGiven.map(({ description, activation, given }) => ({
  description,
  tensors: new Map([...given, ...caseNumbers(description, activation, given)]),
}));

describe.each(openBackends)("on %s", (backend) => {
  it("the four cases are there", () => {
    expect(names).toHaveLength(4);
  });

  it.each(names)("%s comes out as the authors' code has it, every tensor of it", async (name) => {
    const kernels = await openKernels(backend);
    const { description, tensors } = golden(name);
    const verification = await verify(kernels, description, tensors);
    expect(verification).toMatchObject({ backend, passed: true, ignored: [] });
    expect(verification.compared).toBe([...tensors.keys()].filter(isExpected).length);
    for (const kind of ["states", "gradients", "weights"] as const) {
      expect(verification.deviations[kind]).toBeLessThanOrEqual(tolerances[kind]);
      // float32 never is the same to the last bit as another order of the sums
      expect(verification.deviations[kind]).toBeGreaterThan(0);
    }
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("any case in the format verifies", async () => {
    const kernels = await openKernels(backend);
    await fc.assert(
      fc.asyncProperty(wholeCase, async ({ description, tensors }) => {
        const read = parseSafetensors(serialiseSafetensors(tensors), "case");
        const verification = await verify(kernels, JSON.parse(JSON.stringify(description)), read);
        expect(verification).toMatchObject({ passed: true, ignored: [] });
        expect(verification.compared).toBe([...tensors.keys()].filter(isExpected).length);
        expect(kernels.live()).toBe(0);
      }),
      seeded(backend === "reference" ? 150 : 20),
    );
    kernels.close();
  });
});

describe("a case with a wrong number", () => {
  it("does not verify, wherever it is, and the tensor is named", async () => {
    await fc.assert(
      fc.asyncProperty(wholeCase, fc.nat(), fc.nat(), fc.boolean(), async (given, pick, at, upwards) => {
        const { description, tensors } = given;
        const expected = [...tensors.keys()].filter(isExpected);
        const name = expected[pick % expected.length];
        const { shape, data } = tensors.get(name)!;
        const wrong = data.slice();
        wrong[at % wrong.length] += upwards ? 6e-5 : -6e-5;
        const verification = await verify(
          referenceKernels(),
          description,
          new Map(tensors).set(name, { shape, data: wrong }),
        );
        expect(verification.passed).toBe(false);
        expect(Object.values(verification.worst)).toContain(name);
      }),
      seeded(60),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("does not verify with %d", async (value) => {
    const { description, tensors } = golden("ste-2x64");
    for (const name of ["step1/z(m1)", "step2/gradient(out.W)", "step3/after/x->m1"]) {
      const { shape, data } = tensors.get(name)!;
      const wrong = data.slice();
      wrong[3] = value;
      const verification = await verify(
        referenceKernels(),
        description,
        new Map(tensors).set(name, { shape, data: wrong }),
      );
      expect(verification.passed).toBe(false);
    }
  });

  it("does not verify with a tensor of another size, other weights at the start or another rule", async () => {
    const { description, tensors } = golden("epe-3x64");
    const short = new Map(tensors).set("step1/z(m1)", { shape: [1], data: new Float32Array(1) });
    expect((await verify(referenceKernels(), description, short)).passed).toBe(false);
    const { shape, data } = tensors.get("initial/m2.W")!;
    const other = new Map(tensors).set("initial/m2.W", { shape, data: data.map((weight) => weight * 1.01) });
    expect((await verify(referenceKernels(), description, other)).passed).toBe(false);
    for (const change of [
      { algorithm: "STE" },
      { activation: "sigmoid" },
      { beta: 1.1 },
      { learningOrder: ["m3", "m2"] },
    ]) {
      const verification = await verify(referenceKernels(), { ...description, ...change }, tensors);
      expect(verification.passed, JSON.stringify(change)).toBe(false);
    }
  });

  it("does not verify with nothing to compare, and says what nothing of ours stands for", async () => {
    const { description, tensors } = golden("ste-2x64");
    const bare = new Map([...tensors].filter(([name]) => !isExpected(name)));
    expect((await verify(referenceKernels(), description, bare)).passed).toBe(false);
    const more = new Map(tensors).set("step1/mystery", { shape: [1], data: new Float32Array(1) });
    expect(await verify(referenceKernels(), description, more)).toMatchObject({
      passed: true,
      ignored: ["step1/mystery"],
    });
  });
});

describe("a case that cannot be read", () => {
  const { description, tensors } = golden("ste-2x64");

  it.each<[change: object, message: RegExp]>([
    [{ format: "reference-case/2" }, /^case\.format: given "reference-case\/2"/],
    [{ algorithm: "BPTT" }, /^case\.algorithm: /],
    [{ activation: "softplus" }, /activation: given "softplus", needed one of tanh/],
    [{ steps: 0 }, /^case\.steps: given 0/],
    [{ batch: undefined }, /^case\.batch: /],
    [{ steps: 4 }, /"step4\/x"/],
    [{ inferenceOrder: ["m1", "m9"] }, /inferenceOrder\.1: given "m9"/],
    [{ optimizer: { kind: "lion", learningRate: 1 } }, /^case\.optimizer/],
    [{ readouts: { ...description.readouts, out2: description.readouts.out } }, /"step1\/target2"/],
  ])("is refused with the field and what was given: %j", (change, message) => {
    const error = errorOf(() => readReferenceCase({ ...description, ...change }, tensors, "case"));
    expect(error.code).toBe("INVALID_DESCRIPTION");
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("\n");
  });

  it.each(["initial/m1.W", "initial/out.b", "step2/x", "step3/target"])("is refused without %s", (name) => {
    const without = new Map(tensors);
    without.delete(name);
    const error = errorOf(() => readReferenceCase(description, without, "case"));
    expect([error.code, error.message]).toEqual(["INVALID_DESCRIPTION", expect.stringContaining(name)]);
  });

  it.each(["initial/m1.W", "initial/x->m1", "initial/out.W", "step1/x", "step2/target"])(
    "is refused when %s has another size",
    async (name) => {
      const wrong = new Map(tensors).set(name, { shape: [5], data: new Float32Array(5) });
      const error = await verifyCaseError(description, wrong);
      expect([error.code, error.message]).toEqual([
        expect.stringMatching(/SHAPE_MISMATCH|INVALID/),
        expect.stringContaining(name),
      ]);
    },
  );
});

/** What reading or replaying a case fails with. */
async function verifyCaseError(description: unknown, tensors: ReadonlyMap<string, StoredTensor>) {
  const failure = await verify(referenceKernels(), description, tensors).then(
    () => null,
    (error: unknown) => error,
  );
  return errorOf(() => {
    if (failure) throw failure;
  });
}
