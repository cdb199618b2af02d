import fc from "fast-check";
import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/kernels/kernels.js";
import type { Network } from "../../src/model/network.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import type { Stimulus } from "../../src/streams/stimulus.js";
import { fromStream } from "../../src/streams/stimulus-door.js";
import { networkDescription } from "../arbitraries/network.js";
import { seeded } from "../arbitraries/seeded.js";
import { noise, runContinuous } from "./run-network.js";

/** Unasked stimuli of a task: whether one comes before each tick. */
const coming = fc
  .array(fc.nat({ max: 5 }), { minLength: 40, maxLength: 40 })
  .map((draws) => draws.map((n) => n === 0));
const comings = fc.record({ t0: coming, t1: coming });
const phaseTicks = fc.record({
  inference: fc.integer({ min: 1, max: 6 }),
  learning: fc.integer({ min: 1, max: 5 }),
});
const taskNames = ["t0", "t1"] as const;

/** What a task's input drives and its error perturbs, found once more from the description. */
function reachedBy(network: Network, task: string) {
  const reach = (kind: "forward" | "error", from: string) => {
    const reached = new Set([from]);
    for (const name of reached)
      for (const pathway of network.pathways.values())
        if (pathway.kind === kind && pathway.source.name === name) reached.add(pathway.target.name);
    reached.delete(from);
    return reached;
  };
  const { input, readout } = network.tasks.get(task)!;
  return { input, driven: reach("forward", input), perturbed: reach("error", readout) };
}

/** One module that the stimuli and the errors of two tasks both move. */
const one = { neurons: 8, connectionRate: 1 };
const meeting = resolveNetwork({
  modules: { m: one },
  inputs: { a: 2, b: 2 },
  forward: [
    { source: "a", target: "m.RI" },
    { source: "b", target: "m.SI" },
  ],
  errorPathways: [
    { source: "error(outA)", target: "m.RE" },
    { source: "error(outB)", target: "m.SE" },
  ],
  readouts: { outA: { size: 2, sources: ["m.SI"] }, outB: { size: 2, sources: ["m.RI"] } },
  tasks: { a: { input: "a", readout: "outA" }, b: { input: "b", readout: "outB" } },
});

describe("a stimulus and an error that would meet", () => {
  it("never change modules at once: while an error is on its way, what drives its modules stays", async () => {
    let held = 0;
    const twoTasks = networkDescription({ cycles: true }).filter(
      ({ tasks = {} }) => Object.keys(tasks).length === 2,
    );
    await fc.assert(
      fc.asyncProperty(
        twoTasks,
        phaseTicks,
        phaseTicks,
        comings,
        async (description, first, second, comings) => {
          const network = resolveNetwork(description);
          const streams = { t0: new Subject<Stimulus>(), t1: new Subject<Stimulus>() };
          const running = runContinuous(
            network,
            { seed: 5, batch: 1 },
            {
              ticksOf: (task) => (task === "t0" ? first : second),
              settling: 1,
              door: (name) => fromStream(streams[name as "t0"]),
            },
          );
          const { state, events, close, kernels } = running;
          const tasks = new Map(taskNames.map((name) => [name, reachedBy(network, name)]));
          const learning = new Set<string>();
          let used = new Map<string, Tensor>();
          let tickOfUse = -1;
          events.subscribe((event) => {
            if (event.kind === "phase") {
              if (event.phase === "learning") learning.add(event.task);
              else learning.delete(event.task);
            }
            if (event.kind !== "state" || event.tick === tickOfUse) return;
            for (const erring of taskNames.filter((name) => learning.has(name))) {
              for (const [name, { input, driven }] of tasks) {
                const meet = [...driven].some((module) => tasks.get(erring)!.perturbed.has(module));
                if (name !== erring && !meet) continue;
                held += 1;
                if (state.inputs.get(input) !== used.get(input))
                  broken.push(`tick ${event.tick}: ${name} changed while ${erring} learned`);
              }
            }
            tickOfUse = event.tick;
            used = new Map(state.inputs);
          });
          const broken: string[] = [];
          const examples = taskNames.map((name) => {
            const { input, readout } = network.tasks.get(name)!;
            return noise(network.inputs.get(input)!, network.readouts.get(readout)!.size, 5);
          });
          for (let t = 0; t < 40; t++) {
            taskNames.forEach((name, i) => {
              if (comings[name][t]) streams[name].next(examples[i].take(t, 1));
            });
            running.tick();
          }
          expect(broken).toEqual([]);
          close();
          expect(kernels.live()).toBe(0);
        },
      ),
      seeded(60),
    );
    expect(held).toBeGreaterThan(300);
  });

  it.each([
    [1, 2],
    [6, 6],
    [8, 8],
    [20, 10],
  ])("wait until the other has settled, %i ticks: an error enters at tick %i", (settling, begin) => {
    const ticks = { a: { inference: 2, learning: 30 }, b: { inference: 10, learning: 30 } };
    const running = runContinuous(
      meeting,
      { seed: 2, batch: 1 },
      { settling, ticksOf: (task) => ticks[task as "a"] },
    );
    const learning: string[] = [];
    running.events.subscribe((event) => {
      if (event.kind === "phase" && event.phase === "learning") learning.push(`${event.task} ${event.tick}`);
    });
    for (let t = 0; t < 15; t++) running.tick();
    expect(learning).toEqual([`a ${begin}`, "b 10"]);
  });

  it("wait for each other: with tasks of their own pace both go on", () => {
    for (const [i, j] of [
      [1, 1],
      [2, 5],
      [6, 6],
      [20, 3],
    ]) {
      const running = runContinuous(meeting, { seed: 2, batch: 1 }, { ticks: { inference: i, learning: j } });
      for (let t = 0; t < 400; t++) running.tick();
      for (const { trial } of running.state.tasks.values())
        expect(trial).toBeGreaterThan(400 / (3 * (i + j)));
    }
  });
});
