import { describe, expect, it } from "vitest";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { learningRules } from "../../src/model/learning-rules.js";
import type { Network } from "../../src/model/network.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { runContinuous, runPhased } from "../streams/run-network.js";
import { refusal, refused } from "./refused.js";

const small = { modules: 3, neurons: 16, inputs: 5, outputs: 3, connectionRate: 1 };
const network = (options: Parameters<typeof chain>[0]) => resolveNetwork(chain({ ...small, ...options }));
const blocksOf = ({ modules }: Network) => Object.fromEntries(modules.get("m2")?.blocks ?? []);
const errorsOf = ({ pathways }: Network) =>
  [...pathways.values()].filter(({ kind }) => kind === "error").map(({ id }) => id);

/** Names of the weights that some trials change. */
async function changedBy(given: Network): Promise<string[]> {
  const kernels = referenceKernels();
  const phased = runPhased(given, { seed: 3, kernels, rule: learningRules.STE }, undefined, { whole: false });
  const read = async () =>
    Promise.all(
      [...phased.state.parameters.learned].map(
        async ([name, { weights }]) => [name, await kernels.read(weights)] as const,
      ),
    );
  const before = new Map(await read());
  for (let trial = 0; trial < 2; trial++) phased.learn(phased.trial(trial));
  const after = await read();
  phased.close();
  expect(kernels.live()).toBe(0);
  return after
    .filter(([name, values]) => values.some((value, i) => value !== before.get(name)?.[i]))
    .map(([name]) => name);
}

describe("a chain with blocks of other sizes", () => {
  it("lays them out one after the other, and may leave units over", () => {
    expect(blocksOf(network({ blocks: { RI: 5, SI: 3, RE: 1, SE: 2 } }))).toEqual({
      RI: [0, 5],
      SI: [5, 8],
      RE: [8, 9],
      SE: [9, 11],
    });
  });

  it("gives blocks without a size a quarter, as all have without any", () => {
    expect(blocksOf(network({ neurons: 18, blocks: {} }))).toEqual(blocksOf(network({ neurons: 18 })));
    expect(blocksOf(network({ blocks: { RE: 2 } }))).toEqual({
      RI: [0, 4],
      SI: [4, 8],
      RE: [8, 10],
      SE: [10, 14],
    });
  });

  it("fills the module to the last unit", () => {
    expect(blocksOf(network({ blocks: { RI: 13, SI: 1, RE: 1, SE: 1 } })).SE).toEqual([15, 16]);
  });

  it("without RE is a reservoir: the readout alone learns", async () => {
    const reservoir = network({ blocks: { RE: 0 } });
    expect(errorsOf(reservoir)).toEqual([]);
    expect(Object.keys(blocksOf(reservoir))).toEqual(["RI", "SI", "SE"]);
    expect(await changedBy(reservoir)).toEqual(["m3->out"]);
  });

  it("without SE teaches the last module alone", async () => {
    const last = network({ blocks: { SE: 0 } });
    expect(errorsOf(last)).toEqual(["error(out)->m3"]);
    expect((await changedBy(last)).sort()).toEqual(["m2->m3", "m3->out"]);
  });

  it("without RE runs continuously too", () => {
    const kernels = referenceKernels();
    const running = runContinuous(network({ blocks: { RE: 0 } }), { seed: 3, kernels });
    const updated = new Set<string>();
    running.events.subscribe((event) => {
      if (event.kind === "update") updated.add(event.weights);
    });
    for (let tick = 0; tick < 30; tick++) running.tick();
    expect([...updated]).toEqual(["m3->out"]);
    running.close();
    expect(kernels.live()).toBe(0);
  });

  it.each([
    [
      { RI: 13 },
      'chain.blocks: given {"RI":13}, needed sizes that add up to at most 16, the neurons of a module, not 25; a block that is not given has a quarter of them',
    ],
    [{ RI: 0 }, "chain.blocks.RI: given 0, needed a number >= 1"],
    [{ SI: 0 }, "chain.blocks.SI: given 0, needed a number >= 1"],
    [{ RE: -1 }, "chain.blocks.RE: given -1, needed a number >= 0"],
    [{ SE: 1.5 }, "chain.blocks.SE: given 1.5, needed a whole number"],
  ])("is refused %j", (blocks, message) => {
    expect(refused(() => network({ blocks }))).toBe(refusal(message));
  });
});

describe("a chain without role constraint", () => {
  it("has every unit receive and send both, and learns", async () => {
    const free = network({ roleConstraint: false });
    const whole = [0, 16];
    expect(blocksOf(free)).toEqual({ RI: whole, SI: whole, RE: whole, SE: whole });
    expect(errorsOf(free)).toEqual(["error(out)->m3", "error(m3)->m2", "error(m2)->m1"]);
    expect(free.weights.get("m1->m2")?.shape).toEqual([16, 16]);
    expect((await changedBy(free)).sort()).toEqual(["m1->m2", "m2->m3", "m3->out", "x->m1"]);
  });

  it("takes no sizes of blocks", () => {
    expect(refused(() => network({ roleConstraint: false, blocks: { RE: 2 } }))).toBe(
      refusal(
        'chain.blocks: given {"RE":2}, needed no sizes of blocks where roleConstraint is false: each is the whole module',
      ),
    );
  });
});
