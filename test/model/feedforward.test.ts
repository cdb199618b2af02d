import { describe, expect, it } from "vitest";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { feedforward } from "../../src/model/feedforward.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import { learningRules } from "../../src/model/learning-rules.js";
import { phasedOrder } from "../../src/model/phased-order.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { runPhased } from "../streams/run-network.js";
import { refusal, refused } from "./refused.js";

const small = { neurons: 12, inputs: 5, outputs: 3 };

describe("a feedforward network", () => {
  it.each([1, 2, 5])("of %i layers joins each to the next, and passes errors back", (modules) => {
    const network = resolveNetwork(feedforward({ modules, ...small }));
    const names = Array.from({ length: modules }, (_, i) => `m${i + 1}`);
    expect([...network.pathways.keys()].sort()).toEqual(
      [
        ...names.map((name, i) => (i === 0 ? `x->${name}` : `m${i}->${name}`)),
        `m${modules}->out`,
        ...names.map((name, i) => (i === modules - 1 ? `error(out)->${name}` : `error(m${i + 2})->${name}`)),
      ].sort(),
    );
    expect(phasedOrder(network)).toEqual({ inference: names, learning: [...names].reverse() });
  });

  it("has the sizes of table 1 when none are given, and no recurrence", () => {
    const network = resolveNetwork(feedforward());
    expect([...network.modules.keys()]).toEqual(["m1", "m2", "m3"]);
    expect(network.modules.get("m2")).toMatchObject({ neurons: 256, connectionRate: 0, activation: "tanh" });
    expect(network.modules.get("m2")?.blocks).toEqual(new Map([["all", [0, 256]]]));
    expect(network.inputs.get("x")).toBe(784);
    const { recurrent } = initialWeights(resolveNetwork(feedforward({ modules: 1, ...small })), 1);
    expect(recurrent.get("m1")?.values.length).toBe(0);
  });

  it("passes errors by the weights transposed, by random ones, or straight from the readout", () => {
    const errors = (feedback: "transposed" | "random" | "direct") =>
      [...resolveNetwork(feedforward({ ...small, modules: 2, feedback })).pathways.values()]
        .filter(({ kind }) => kind === "error")
        .map(({ source, target, weights, transposed }) => [source.name, target.name, weights, transposed]);
    expect(errors("transposed")).toEqual([
      ["out", "m2", "m2->out", true],
      ["m2", "m1", "m1->m2", true],
    ]);
    expect(errors("random")).toEqual([
      ["out", "m2", "error(out)->m2", false],
      ["m2", "m1", "error(m2)->m1", false],
    ]);
    expect(errors("direct")).toEqual([
      ["out", "m2", "error(out)->m2", false],
      ["out", "m1", "error(out)->m1", false],
    ]);
  });

  it.each([
    ["random", 12],
    ["direct", 3],
  ] as const)("draws %s feedback in +-1/sqrt(units of the error's source)", (feedback, units) => {
    const { dense } = initialWeights(resolveNetwork(feedforward({ ...small, modules: 2, feedback })), 4);
    const drawn = dense.get(feedback === "random" ? "error(m2)->m1" : "error(out)->m1") ?? new Float32Array();
    const largest = Math.max(...drawn.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(units));
    expect(largest).toBeGreaterThan(0.8 / Math.sqrt(units));
  });

  it.each([
    ["BP", "transposed"],
    ["FA", "random"],
    ["FA", "direct"],
    ["STE", "random"],
  ] as const)(
    "learns by %s over %s feedback: every weight but those of errors changes",
    async (rule, feedback) => {
      const network = resolveNetwork(feedforward({ ...small, modules: 3, feedback }));
      const before = initialWeights(network, 7).dense;
      const kernels = referenceKernels();
      const phased = runPhased(network, { seed: 7, rule: learningRules[rule], kernels });
      for (let trial = 0; trial < 3; trial++) phased.learn(phased.trial(trial));
      for (const name of network.weights.keys()) {
        const learned = phased.state.parameters.learned.get(name);
        const same =
          learned &&
          (await kernels.read(learned.weights)).every((value, i) => value === before.get(name)?.[i]);
        expect(same, name).toBe(name.startsWith("error("));
      }
      phased.close();
      expect(kernels.live()).toBe(0);
    },
  );

  it.each(["BP", "FA"] as const)("has no recurrent weights that could learn by %s", (rule) => {
    const { modules, ...rest } = feedforward({ ...small, modules: 2, feedback: "transposed" });
    const learning = { W: 0.1 };
    const network = resolveNetwork({ ...rest, modules: { ...modules, m2: { ...modules.m2, learning } } });
    expect(refused(() => learningRules[rule].check?.(network))).toBe(
      refusal(
        "network.modules.m2.learning.W: given 0.1, needed 0 with the rules BP and FA, in which recurrent connections take no part",
      ),
    );
  });

  it("refuses wrong options like any description", () => {
    expect(refused(() => feedforward({ modules: 0 }))).toBe(
      refusal("feedforward.modules: given 0, needed a number >= 1"),
    );
    const feedback = "symmetric" as "random";
    expect(refused(() => feedforward({ feedback }))).toMatch(
      /^INVALID_DESCRIPTION feedforward\.feedback: given "symmetric", needed .*"transposed".*"random".*"direct"/,
    );
  });
});
