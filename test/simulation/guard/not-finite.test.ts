import { describe, expect, it } from "vitest";
import { resolveNetwork } from "../../../src/model/resolve-network.js";
import { carriers, describeNotFinite, type NotFinite } from "../../../src/simulation/guard/not-finite.js";

/** x -> a -> b -> c -> out, with errors all the way back, and a module d that nothing joins to them. */
const network = resolveNetwork({
  inputs: { x: 2, other: 2 },
  modules: { a: { neurons: 8 }, b: { neurons: 8 }, c: { neurons: 8 }, d: { neurons: 8 } },
  forward: [
    { source: "x", target: "a.RI" },
    { source: "a.SI", target: "b.RI" },
    { source: "b.SI", target: "c.RI" },
    { source: "other", target: "d.RI" },
  ],
  errorPathways: [
    { source: "error(out)", target: "c.RE" },
    { source: "error(c.SE)", target: "b.RE" },
    { source: "error(b.SE)", target: "a.RE" },
  ],
  readouts: { out: { sources: ["c.SI"], size: 2 } },
});

const found = (where: Partial<Record<keyof NotFinite, readonly string[]>>): NotFinite => {
  const names = (key: keyof NotFinite) => new Set(where[key] ?? []);
  return {
    inputs: names("inputs"),
    weights: names("weights"),
    biases: names("biases"),
    matrices: names("matrices"),
    modules: names("modules"),
    readouts: names("readouts"),
  };
};
const open = new Map<string, number>();
const shut = (...ids: string[]) => new Map(ids.map((id) => [id, 0]));

describe("the carriers of what is no number", () => {
  it.each<[string, Parameters<typeof found>[0], ReadonlyMap<string, number>, readonly string[]]>([
    ["weights alone", { weights: ["a->b"] }, open, ["a->b"]],
    [
      "weights, and not what they have spoilt",
      { weights: ["a->b"], modules: ["b", "c"], readouts: ["out"] },
      open,
      ["a->b"],
    ],
    ["an input", { inputs: ["x"], modules: ["a", "b"] }, open, ["x->a"]],
    ["all that leaves where it began", { modules: ["d"] }, open, ["other->d"]],
    [
      "a module's own, forward and back",
      { modules: ["c"], readouts: ["out"] },
      shut("error(out)->c"),
      ["c->out", "error(c)->b"],
    ],
    [
      "a circle, from which nothing can be told",
      { modules: ["b", "c"] },
      open,
      ["b->c", "error(b)->a", "c->out", "error(c)->b"],
    ],
    ["no victim of a module that is mended", { matrices: ["b"], modules: ["b", "c"] }, open, []],
    [
      "nothing that is shut",
      { weights: ["a->b"], modules: ["b"] },
      shut("a->b", "b->c", "error(b)->a"),
      ["error(c)->b"],
    ],
    ["what enters, once all that leaves is shut", { modules: ["a"] }, shut("a->b"), ["x->a", "error(b)->a"]],
    ["a readout's error, where it began there", { readouts: ["out"] }, open, ["error(out)->c"]],
  ])("are %s", (_what, where, gates, wanted) => {
    expect([...carriers(network, gates, found(where))].sort()).toEqual([...wanted].sort());
  });

  it("are told in words", () => {
    expect(describeNotFinite(found({ weights: ["a->b", "x->a"], matrices: ["b"], modules: ["b"] }))).toBe(
      "weights a->b, x->a; W of b; state of b",
    );
  });
});
