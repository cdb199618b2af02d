import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Network, Pathway } from "../../src/model/network.js";
import { phasedOrder } from "../../src/model/phased-order.js";
import { chain, twoTasks } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { refusal, refused } from "./refused.js";

const golden = JSON.parse(
  readFileSync(new URL("../golden/two-tasks-shared-feedback.json", import.meta.url), "utf8"),
);

/** Pathways of a kind as "m1.b3 -> m2.b1". */
function graphOf({ modules, pathways }: Network, kind: Pathway["kind"]): string[] {
  const blockName = (module: string, [start, end]: readonly [number, number]) =>
    [...(modules.get(module)?.blocks ?? [])].find(([, block]) => block[0] === start && block[1] === end)?.[0];
  const place = (name: string, block: readonly [number, number]) =>
    modules.has(name) ? `${name}.${blockName(name, block)}` : name;
  return [...pathways.values()]
    .filter((pathway) => pathway.kind === kind)
    .map(
      ({ source, target }) => `${place(source.name, source.block)} -> ${place(target.name, target.block)}`,
    );
}

/** Open pathways of a task; those that do not learn are marked. */
const configurationOf = (network: Network, task: string): string[] =>
  [...(network.tasks.get(task)?.configuration ?? [])]
    .filter(([, { gate }]) => gate === 1)
    .map(([id, { plastic }]) =>
      plastic || network.pathways.get(id)?.kind === "error" ? id : `${id} (fixed)`,
    )
    .sort();

/** Whether modules come in an order in which all edges lead forward: the only thing that an order has to keep. */
const keepsTo = (order: readonly string[], edges: readonly string[]): boolean =>
  edges
    .map((edge) => edge.split(" -> ").map((place) => place.replace(/^error\((.*)\)$/, "$1").split(".")[0]))
    .every(([from, to]) => !order.includes(from) || order.indexOf(from) < order.indexOf(to));

describe("chain", () => {
  it.each([1, 2, 3, 7])("of %i joins each module to the next, and passes errors back", (modules) => {
    const network = resolveNetwork(chain({ modules, neurons: 8, inputs: 5, outputs: 3 }));
    const names = Array.from({ length: modules }, (_, i) => `m${i + 1}`);
    expect([...network.modules.keys()]).toEqual(names);
    expect(graphOf(network, "forward")).toEqual(
      names.map((name, i) => (i === 0 ? `x -> ${name}.RI` : `m${i}.SI -> ${name}.RI`)),
    );
    expect(graphOf(network, "readout")).toEqual([`m${modules}.SI -> out`]);
    expect(graphOf(network, "error").sort()).toEqual(
      names.map((name, i) => (i === modules - 1 ? `out -> ${name}.RE` : `m${i + 2}.SE -> ${name}.RE`)).sort(),
    );
    expect(phasedOrder(network)).toEqual({ inference: names, learning: [...names].reverse() });
  });

  it("has the paper's sizes when none are given", () => {
    const network = resolveNetwork(chain());
    expect(network.modules.size).toBe(2);
    expect(network.modules.get("m1")).toMatchObject({
      neurons: 1024,
      connectionRate: 0.25,
      spectralRadius: 0.25,
      activation: "tanh",
    });
    expect(Object.fromEntries(network.modules.get("m2")?.blocks ?? [])).toEqual({
      RI: [0, 256],
      SI: [256, 512],
      RE: [512, 768],
      SE: [768, 1024],
    });
    expect(network.inputs).toEqual(new Map([["x", 784]]));
    expect(network.readouts.get("out")).toMatchObject({ size: 10, nonlinearity: "softmax" });
  });

  it("takes its options to every module", () => {
    const options = {
      neurons: 12,
      connectionRate: 0.5,
      spectralRadius: 0.9,
      activation: "relu" as const,
      learning: { W: 0.1, b: 0.2 },
    };
    const network = resolveNetwork(chain({ modules: 3, ...options, task: "digits" }));
    for (const module of network.modules.values()) expect(module).toMatchObject(options);
    expect([...network.tasks.keys()]).toEqual(["digits"]);
  });

  it("gives parts of its own: a change of one module changes no other", () => {
    const description = chain({ modules: 2, neurons: 8 });
    description.modules.m1.spectralRadius = 0.9;
    expect(description.modules.m2.spectralRadius).toBe(0.25);
    Object.assign(description.modules.m1.learning ?? {}, { W: 1 });
    expect(description.modules.m2.learning).toEqual({ W: 0, b: 0 });
    const { modules, forward = [] } = twoTasks({ preset: "shared-feedback", neurons: 48 });
    modules.m1.blocks = Object.assign(modules.m1.blocks ?? {}, { b1: [0, 4] });
    Object.assign(forward[0].weights ?? {}, { deviation: 9 });
    expect(modules.m2.blocks?.b1).toEqual([0, 8]);
    expect(forward[1].weights).toEqual({ distribution: "normal", deviation: 0.1 });
  });

  it("refuses wrong options like any description", () => {
    expect(refused(() => chain({ modules: 0 }))).toBe(
      refusal("chain.modules: given 0, needed a number >= 1"),
    );
    expect(refused(() => chain({ task: "a b" }))).toBe(
      refusal('chain.task: given "a b", needed a name of letters, digits, _ and -'),
    );
    expect(refused(() => chain({ spectralRadius: 0 }))).toBe(
      refusal("chain.spectralRadius: given 0, needed a number > 0"),
    );
  });
});

const tasks = ["fashion-mnist", "mnist"] as const;
const small = { neurons: 48, inputs: 12 };

describe("two tasks with a shared feedback path (fig 5b)", () => {
  const network = resolveNetwork(twoTasks({ preset: "shared-feedback", ...small }));

  it("is the graph of the authors' code", () => {
    const sorted = (edges: { source: string; target: string }[]) =>
      edges.map(({ source, target }) => `${source.replace(/^error\((.*)\)$/, "$1")} -> ${target}`).sort();
    expect(graphOf(network, "forward").sort()).toEqual(sorted(golden.forward));
    expect(graphOf(network, "error").sort()).toEqual(sorted(golden.errorPaths));
    for (const [name, { sources, size }] of Object.entries<{ sources: { source: string }[]; size: number }>(
      golden.readouts,
    )) {
      expect(graphOf(network, "readout").filter((edge) => edge.endsWith(`-> ${name}`))).toEqual(
        sources.map(({ source }) => `${source} -> ${name}`),
      );
      expect(network.readouts.get(name)?.size).toBe(size);
    }
    expect(Object.fromEntries(network.inputs)).toEqual(golden.inputs);
    for (const [name, module] of Object.entries<{ neurons: number; blocks: object }>(golden.modules)) {
      expect(network.modules.get(name)?.neurons).toBe(module.neurons);
      expect(Object.fromEntries(network.modules.get(name)?.blocks ?? [])).toEqual(module.blocks);
    }
    expect([...network.modules.keys()]).toEqual(Object.keys(golden.modules));
  });

  it("has the authors' orders, up to modules that do not wait for each other", () => {
    const { inference, learning } = phasedOrder(network);
    for (const [ours, theirs, kind] of [
      [inference, golden.inferenceOrder, "forward"],
      [learning, golden.learningOrder, "error"],
    ] as const) {
      expect([...ours].sort()).toEqual([...theirs].sort());
      // two orders of one graph say the same when both keep to its edges
      expect(keepsTo(ours, graphOf(network, kind))).toBe(true);
      expect(keepsTo(theirs, graphOf(network, kind))).toBe(true);
    }
    expect(keepsTo([...learning].reverse(), graphOf(network, "error"))).toBe(false);
  });

  it("lets the first task's error pass through the second task's modules, whose pathways it leaves alone", () => {
    expect(configurationOf(network, tasks[0])).toEqual(
      [
        "x1->m1",
        "m1->m2",
        "m2->out1",
        "error(out1)->m2",
        "error(out1)->m4",
        "error(m4)->m3",
        "error(m3)->m1",
      ].sort(),
    );
    expect(configurationOf(network, tasks[1])).toEqual(
      ["x2->m3", "m3->m4", "m4->out2", "error(out2)->m4", "error(m4)->m3"].sort(),
    );
  });
});

describe("recruitment (fig 5c)", () => {
  const network = resolveNetwork(twoTasks({ preset: "recruitment", ...small }));
  const before = resolveNetwork(twoTasks({ preset: "shared-feedback", ...small }));

  it("adds a way through the second task's modules to fig 5b", () => {
    const added = (kind: Pathway["kind"]) =>
      graphOf(network, kind).filter((edge) => !graphOf(before, kind).includes(edge));
    expect(added("forward")).toEqual(["m1.b2 -> m3.b1"]);
    expect(added("readout")).toEqual(["m4.b2 -> out1"]);
    expect(added("error")).toEqual([]);
    expect(network.pathways.size).toBe(before.pathways.size + 2);
  });

  it("recruits m3 -> m4 for the first task without changing it, and nothing for the second", () => {
    expect(configurationOf(network, tasks[0])).toEqual(
      [...configurationOf(before, tasks[0]), "m1->m3", "m3->m4 (fixed)", "m4->out1"].sort(),
    );
    expect(configurationOf(network, tasks[1])).toEqual(configurationOf(before, tasks[1]));
  });

  it("makes m3 wait for m1 in inference; errors go as before", () => {
    const { inference, learning } = phasedOrder(network);
    expect(keepsTo(inference, graphOf(network, "forward"))).toBe(true);
    expect(inference.indexOf("m1")).toBeLessThan(inference.indexOf("m3"));
    expect(learning).toEqual(phasedOrder(before).learning);
  });
});

describe("shared modules (fig 5a)", () => {
  const network = resolveNetwork(twoTasks({ preset: "shared-modules", neurons: 64, inputs: 12 }));

  it("gives each task blocks and pathways of its own in the same two modules", () => {
    expect([...network.modules.keys()]).toEqual(["m1", "m2"]);
    const blocks = [...(network.modules.get("m1")?.blocks ?? [])];
    expect(blocks.map(([name]) => name)).toEqual(["RI1", "SI1", "RE1", "SE1", "RI2", "SI2", "RE2", "SE2"]);
    expect(blocks.map(([, block]) => block)).toEqual(blocks.map((_, i) => [8 * i, 8 * i + 8]));
    expect(graphOf(network, "forward")).toEqual([
      "x1 -> m1.RI1",
      "m1.SI1 -> m2.RI1",
      "x2 -> m1.RI2",
      "m1.SI2 -> m2.RI2",
    ]);
    expect(graphOf(network, "readout")).toEqual(["m2.SI1 -> out1", "m2.SI2 -> out2"]);
    expect(graphOf(network, "error").sort()).toEqual([
      "m2.SE1 -> m1.RE1",
      "m2.SE2 -> m1.RE2",
      "out1 -> m2.RE1",
      "out2 -> m2.RE2",
    ]);
  });

  it("opens for each task its own pathways and no other", () => {
    const [first, second] = tasks.map((task) => configurationOf(network, task));
    expect(first).toEqual(["x1->m1", "m1->m2 1", "m2->out1", "error(out1)->m2", "error(m2)->m1 1"].sort());
    expect(second).toEqual(first.map((id) => id.replaceAll(/(x|out|m2 | )1/g, "$12")).sort());
    expect(new Set([...first, ...second]).size).toBe(network.pathways.size);
  });

  it("settles both modules in turn", () => {
    expect(phasedOrder(network)).toEqual({ inference: ["m1", "m2"], learning: ["m2", "m1"] });
  });
});

describe("all networks of two tasks", () => {
  it.each(["shared-modules", "shared-feedback", "recruitment"] as const)("%s", (preset) => {
    const network = resolveNetwork(twoTasks({ preset }));
    for (const { initial, name } of network.weights.values()) {
      const deviation = network.pathways.get(name)?.kind === "error" ? 0.5 : 0.1;
      expect(initial).toEqual({ distribution: "normal", deviation });
    }
    const sizes = [...network.modules.values()].flatMap(({ blocks }) => [...blocks.values()]);
    for (const [start, end] of sizes) expect(end - start).toBe(256);
    for (const module of network.modules.values())
      expect(module.neurons).toBe(preset === "shared-modules" ? 2048 : 1536);
    expect([...network.tasks.values()].map(({ name, input, readout }) => ({ name, input, readout }))).toEqual(
      [
        { name: "fashion-mnist", input: "x1", readout: "out1" },
        { name: "mnist", input: "x2", readout: "out2" },
      ],
    );
  });

  it("refuse wrong options like any description", () => {
    expect(refused(() => twoTasks({ preset: "recruitment", tasks: ["a", "a"] }))).toBe(
      refusal('twoTasks.tasks: given ["a","a"], needed two different names'),
    );
    expect(refused(() => twoTasks(JSON.parse('{"preset":"fig5d"}')))).toBe(
      refusal(
        'twoTasks.preset: given "fig5d", needed one of "shared-modules", "shared-feedback", "recruitment"',
      ),
    );
    expect(refused(() => twoTasks({ preset: "shared-modules", neurons: 6 }))).toBe(
      refusal("twoTasks.neurons: given 6, needed a number >= 8"),
    );
  });
});
