import { describe, expect, it } from "vitest";
import { EddyError, type ErrorCode } from "../../src/errors.js";
import { backendNames, gpuAdapter } from "../../src/kernels/backends.js";
import { errorPerturbedError } from "../../src/model/adjoint-propagation.js";
import type { LearningRule } from "../../src/model/learning-rule.js";
import { choiceText, chooseBackend, openBackend } from "../../src/simulation/choose-backend.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { simulate } from "../../src/simulation/simulate.js";
import { openBackends } from "../kernels/open-backends.js";
import { scene } from "./running.js";

const phasedScene = {
  ...scene,
  batch: 20,
  schedule: { kind: "phased", epochs: 1 },
  stimuli: { gabor: { source: "gabor", trainingImages: 20 } },
};
const adapter = await gpuAdapter().catch(() => null);

describe.each([
  ["tick", 3, scene],
  ["learning step", 20, phasedScene],
])("choosing a backend by a %s", (unit, batch, given) => {
  it("takes the one that measures best, and accounts for all", async () => {
    const choice = await chooseBackend(resolveRun(given));
    expect(choice).toMatchObject({ unit, batch });
    const { measured } = choice;
    // never slower than wasm, and there for checks
    expect(measured.map(({ name }) => name).sort()).toEqual(
      backendNames.filter((name) => name !== "cpu").sort(),
    );
    for (const { name, milliseconds, reason } of measured) {
      expect(milliseconds === null, name).toBe(reason !== null);
      if (!openBackends.includes(name)) {
        expect(reason, name).not.toMatch(/^backend|choose another/);
        expect(reason?.length, name).toBeGreaterThan(10);
      }
    }
    const times = measured.flatMap(({ name, milliseconds }) =>
      milliseconds === null ? [] : [{ name, milliseconds }],
    );
    expect(times.length).toBeGreaterThan(0);
    const least = Math.min(...times.map(({ milliseconds }) => milliseconds));
    const chosen = times.find(({ name }) => name === choice.backend);
    expect(chosen?.milliseconds).toBeLessThanOrEqual(1.1 * least);
    expect(choiceText(choice)).toMatch(
      new RegExp(
        `^backend ${choice.backend}, chosen by the time of a ${unit} at batch ${batch}: .* [um]s[^\\n]*$`,
      ),
    );
  });
});

describe("a backend that cannot make the run", () => {
  /** The run's rule, but for errors on some backends. */
  const refusing = (code: ErrorCode, names: readonly string[]): LearningRule => ({
    ...errorPerturbedError,
    error(kernels, ...others) {
      if (names.includes(kernels.name))
        throw new EddyError(code, `backend "${kernels.name}": no room (12 bytes); take fewer neurons`);
      return errorPerturbedError.error(kernels, ...others);
    },
  });

  it.each(["LIMIT_EXCEEDED", "OUT_OF_MEMORY", "DEVICE_LOST", "BACKEND_UNAVAILABLE"] as const)(
    "is left out, and says why: %s",
    async (code) => {
      const choice = await chooseBackend(resolveRun(scene), refusing(code, ["simd"]));
      expect(choice.backend).not.toBe("simd");
      expect(choice.measured[0]).toMatchObject({
        name: "simd",
        milliseconds: null,
        reason: "no room (12 bytes)",
      });
      expect(choiceText(choice)).toContain("simd (no room (12 bytes))");
    },
  );

  it("is no reason to take another where the run itself is wrong", async () => {
    const rule = refusing("NOT_FINITE", ["simd"]);
    await expect(chooseBackend(resolveRun(scene), rule)).rejects.toMatchObject({ code: "NOT_FINITE" });
  });

  it("is the run's own trouble when there is no other", async () => {
    const rule = refusing("OUT_OF_MEMORY", backendNames);
    await expect(chooseBackend(resolveRun(scene), rule)).rejects.toMatchObject({
      code: "OUT_OF_MEMORY",
      message: 'backend "simd": no room (12 bytes); take fewer neurons',
    });
  });
});

describe("a GPU that is software", () => {
  it.skipIf(!adapter?.software)("is left out, by its name", async () => {
    const { backend, measured } = await chooseBackend(resolveRun(scene));
    expect(backend).not.toBe("webgpu");
    expect(measured.find(({ name }) => name === "webgpu")).toMatchObject({
      milliseconds: null,
      reason: `${adapter?.description} is no GPU but software`,
    });
  });
});

describe("the backend auto", () => {
  it("is opened as what was chosen", async () => {
    const { kernels, choice } = await openBackend("auto", resolveRun(scene));
    expect(kernels.name).toBe(choice?.backend);
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("leaves a backend that was named alone", async () => {
    const { kernels, choice } = await openBackend("reference", resolveRun(scene));
    expect([kernels.name, choice]).toEqual(["reference", null]);
    kernels.close();
  });

  it("tells of its choice where a simulation is embedded", async () => {
    const simulation = await simulate(scene, { backend: "auto", paused: true });
    expect(simulation.choice?.backend).toBe(simulation.info.backend);
    await simulation.close();
  });
});
