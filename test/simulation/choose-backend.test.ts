import { describe, expect, it } from "vitest";
import { backendNames, gpuAdapter } from "../../src/kernels/backends.js";
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
      if (reason === "not available here") expect(openBackends).not.toContain(name);
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
