import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import type { Intervention } from "../../../src/simulation/command.js";
import { rejectionOf } from "../../error-of.js";
import { intervention } from "./any-intervention.js";
import { expectSame, runOf, steer } from "./steered.js";

const notFinite = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);

/** What a field can never be, of each type that fields have. */
function wrong(value: unknown): fc.Arbitrary<unknown> | null {
  if (typeof value === "string") return fc.constantFrom("", "no such thing", "__proto__", "toString");
  if (typeof value === "number") return fc.oneof(notFinite, fc.constantFrom(-1, 1e300, -0.5));
  if (value instanceof Float32Array) {
    return fc.oneof(
      fc.constant(value.slice(1)),
      fc.constant(new Float32Array(value.length + 1)),
      fc.tuple(fc.nat(value.length - 1), notFinite).map(([i, broken]) => value.with(i, broken)),
    );
  }
  if (Array.isArray(value)) {
    return fc.oneof(
      fc.constant([]),
      fc.constantFrom(Number.NaN, -1, 0.5, 24).map((broken) => [...value, broken]),
    );
  }
  return null;
}

/** An intervention with one field broken. */
const broken = intervention.chain((command) => {
  const fields = Object.entries(command).filter(([name, value]) => name !== "kind" && wrong(value) !== null);
  return fc.constantFrom(...fields).chain(([name, value]) =>
    (wrong(value) as fc.Arbitrary<unknown>).map((other) => ({
      field: name,
      command: { ...command, [name]: other } as Intervention,
    })),
  );
});

describe("an intervention with a field that is wrong", () => {
  it.each(["reference", "simd"])(
    "is refused by its name on %s, and leaves the state, to the bit",
    async (backend) => {
      const kernels = await openKernels(backend);
      const steered = steer(kernels, runOf());
      await steered.keep("begin");
      await steered.keep("kept");
      await steered.ticks(9);
      const before = await steered.snapshot();
      const { epoch } = steered.engine;
      const live = kernels.live();
      await fc.assert(
        fc.asyncProperty(broken, async ({ field, command }) => {
          const error = await rejectionOf(steered.apply(command));
          expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
          // settings call their value by what it is of
          const name = field === "value" && command.kind !== "parameter" ? command.kind : field;
          expect(error.message).toMatch(new RegExp(`^${name}(\\[\\d+\\])?: given `));
          expect(kernels.live()).toBe(live);
          expectSame(await steered.snapshot(), before);
        }),
        { numRuns: 40 },
      );
      expect(steered.engine.epoch).toBe(epoch);
      await steered.engine.close();
      expect(kernels.live()).toBe(0);
      kernels.close();
    },
  );
});
