import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Network } from "../../src/model/network.js";
import { phasedOrder } from "../../src/model/phased-order.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { networkDescription } from "../arbitraries/network.js";
import { richNetwork } from "../arbitraries/rich-network.js";
import { seeded } from "../arbitraries/seeded.js";
import { refusal, refused } from "./refused.js";

/** Modules in the order of `names`, joined by forward pathways "a b"; x feeds the `entered` ones, "a!" marks errors. */
function joined(names: string, entered: string, forward: string[], errors: string[] = []): Network {
  let id = 0;
  const split = (text: string) => text.split(" ");
  return resolveNetwork({
    modules: Object.fromEntries(split(names).map((name) => [name, { neurons: 4, blocks: { all: [0, 4] } }])),
    inputs: { x: 2 },
    forward: [
      ...split(entered).map((name) => ({ id: `${id++}`, source: "x", target: `${name}.all` })),
      ...forward
        .map(split)
        .map(([from, to]) => ({ id: `${id++}`, source: `${from}.all`, target: `${to}.all` })),
    ],
    errorPathways: errors.map(split).map(([from, to]) => ({
      id: `${id++}`,
      source: from === "out" ? "error(out)" : `error(${from}.all)`,
      target: `${to}.all`,
    })),
    readouts: { out: { size: 2, sources: [`${split(names)[0]}.all`] } },
  });
}

describe("the order of phased operation", () => {
  it("follows a chain, and back", () => {
    expect(phasedOrder(resolveNetwork(chain({ modules: 4, neurons: 4 })))).toEqual({
      inference: ["m1", "m2", "m3", "m4"],
      learning: ["m4", "m3", "m2", "m1"],
    });
  });

  it("is that of the pathways, not of the description", () => {
    expect(phasedOrder(joined("c b a", "a", ["a b", "b c"])).inference).toEqual(["a", "b", "c"]);
  });

  it("is that of the description among modules that do not wait for each other", () => {
    const forward = ["a b", "a c", "b d", "c d"];
    expect(phasedOrder(joined("a b c d", "a", forward)).inference).toEqual(["a", "b", "c", "d"]);
    expect(phasedOrder(joined("d c b a", "a", forward)).inference).toEqual(["a", "c", "b", "d"]);
  });

  it("leaves out modules that no input, or no output error, reaches", () => {
    const order = phasedOrder(joined("a b c d", "a", ["a b", "c d", "d b"], ["out c", "c b", "d a"]));
    expect(order).toEqual({ inference: ["a", "b"], learning: ["c", "b"] });
  });

  it("leaves out a cycle that nothing enters", () => {
    expect(phasedOrder(joined("a b c", "a", ["b c", "c b"])).inference).toEqual(["a"]);
  });

  it("is empty where nothing enters", () => {
    expect(phasedOrder(resolveNetwork({ modules: { m: { neurons: 4 } } }))).toEqual({
      inference: [],
      learning: [],
    });
  });

  it("refuses a cycle, naming the modules on it", () => {
    const message = (field: string, modules: string) =>
      refusal(
        `network.${field}: given ${modules}, needed an explicit order, since the pathways between these modules ` +
          "form a cycle (or run the network continuously)",
      );
    const cyclic = joined("a b c d e", "a", ["a b", "b c", "c b", "c d", "d e"]);
    expect(refused(() => phasedOrder(cyclic))).toBe(message("inferenceOrder", '["b","c"]'));
    const itself = joined("a b", "a", ["a a", "a b"]);
    expect(refused(() => phasedOrder(itself))).toBe(message("inferenceOrder", '["a"]'));
    const errors = joined("a b", "a", ["a b"], ["out b", "b a", "a b"]);
    expect(refused(() => phasedOrder(errors))).toBe(message("learningOrder", '["a","b"]'));
  });

  it("is what the description says, if it says so, cycles or not", () => {
    const { description } = joined("a b c", "a", ["a b", "b a", "b c"], ["out c", "c b", "b c"]);
    const explicit = { inferenceOrder: ["c", "a"], learningOrder: ["b", "c", "a"] };
    expect(phasedOrder(resolveNetwork({ ...description, ...explicit }))).toEqual({
      inference: ["c", "a"],
      learning: ["b", "c", "a"],
    });
  });

  it("puts every module behind those that feed it, and has each that something reaches once", () => {
    fc.assert(
      fc.property(networkDescription({ delays: true, gates: true }), (description) => {
        const network = resolveNetwork(description);
        const { inference, learning } = phasedOrder(network);
        const pathways = [...network.pathways.values()];
        for (const [order, kind] of [
          [inference, "forward"],
          [learning, "error"],
        ] as const) {
          expect(new Set(order).size).toBe(order.length);
          const edges = pathways.filter((pathway) => pathway.kind === kind);
          const outside = (name: string) => !network.modules.has(name);
          for (const name of network.modules.keys()) {
            const from = edges.filter(({ target }) => target.name === name).map(({ source }) => source.name);
            const fed = from.some((source) => outside(source) || order.includes(source));
            expect(order.includes(name)).toBe(fed);
            for (const source of from)
              if (order.includes(source)) expect(order.indexOf(source)).toBeLessThan(order.indexOf(name));
          }
        }
      }),
      seeded(300),
    );
  });

  it("fails with nothing but an EddyError, whatever the graph", () => {
    fc.assert(
      fc.property(richNetwork, (description) => {
        refused(() => phasedOrder(resolveNetwork(description)));
      }),
      seeded(300),
    );
  });
});
