import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { branching } from "../../../src/simulation/branches/branching.js";
import { simulate } from "../../../src/simulation/simulate.js";
import type { Frame, Simulation, Watch } from "../../../src/simulation/simulation.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { scene, until } from "../running.js";

const root = temporaryFolder();
let folders = 0;
const opened: Simulation[] = [];
afterEach(async () => {
  for (const simulation of opened.splice(0)) await simulation.close();
});

/** A simulation of this thread that may have twins in this thread. */
async function open({ keep = false }: { keep?: boolean } = {}) {
  folders += 1;
  const folder = temporaryFolder();
  const backend = "reference";
  const checkpoints = keep ? { checkpoints: { folder: join(root, String(folders)) } } : {};
  const twins: Simulation[] = [];
  let released = false;
  const simulation = branching(
    await simulate(scene, { backend, paused: true, branchPoints: folder, ...checkpoints }),
    {
      folder,
      async open(from) {
        const twin = await simulate(scene, { backend, paused: true, from });
        twins.push(twin);
        return twin;
      },
      release: async () => {
        released = true;
      },
    },
  );
  opened.push(simulation);
  const frames: Frame[] = [];
  let ended: unknown = null;
  simulation.frames.subscribe({
    next: (frame) => frames.push(frame),
    complete: () => {
      ended = "completed";
    },
    error: (error) => {
      ended = error;
    },
  });
  return {
    simulation,
    twins,
    folder,
    released: () => released,
    ended: () => ended,
    async watch(watch: Partial<Watch> & { topic: string }) {
      const handle = await simulation.watch({ every: 1, ...watch });
      return { handle, frames: () => frames.filter((frame) => frame.watch === handle) };
    },
    async step(ticks: number) {
      const target = simulation.status().tick + ticks;
      await simulation.command({ kind: "step", ticks });
      await until(() => simulation.status().tick === target);
    },
    branch: (name: string, options: { checkpoint?: string; changes?: readonly never[] } = {}) =>
      simulation.command({ kind: "branch", name, checkpoint: null, changes: [], ...options }),
  };
}

const tickOf = (simulation: Simulation, name: string) => simulation.status().branches[name]?.tick;

describe("a twin", () => {
  it("follows the original tick by tick; without changes there is no difference", async () => {
    const { simulation, branch, step, watch, folder } = await open();
    await step(13);
    expect(await branch("same")).toEqual({ tick: 13, result: { name: "same", tick: 13 } });
    expect(simulation.status().branches).toEqual({ same: { tick: 13, paused: true } });
    expect(readdirSync(folder)).toEqual([]);
    const own = await watch({ topic: "state/m1" });
    const twin = await watch({ topic: "same:state/m1" });
    const difference = await watch({ topic: "difference:same/state/m1" });
    await step(20);
    const last = ({ frames }: { frames(): Frame[] }) => frames().at(-1)?.tick;
    await until(() => [own, twin, difference].every((each) => last(each) === 32));
    expect(difference.frames().length).toBeGreaterThanOrEqual(20);
    expect(twin.frames().map(({ tick, payload }) => [tick, payload])).toEqual(
      own.frames().map(({ tick, payload }) => [tick, payload]),
    );
    for (const { payload } of difference.frames()) expect(payload).toEqual(new Float32Array(32));
  });

  it("has changes of its own, and the difference is original minus twin at the same tick", async () => {
    const { simulation, branch, step, watch } = await open();
    await step(9);
    const changes = [{ kind: "spectralRadius", module: "m1", value: 0.9 }] as const;
    await simulation.command({ kind: "branch", name: "wide", checkpoint: null, changes });
    await branch("plain");
    const units = { start: 2, end: 12, every: 3 };
    const own = await watch({ topic: "state/m1", every: 2, units });
    const twin = await watch({ topic: "wide:state/m1", every: 2, units });
    const difference = await watch({ topic: "difference:wide/state/m1", every: 2, units });
    await step(11);
    await until(() => difference.frames().length === own.frames().length && own.frames().length > 4);
    const at = (frames: readonly Frame[], tick: number) =>
      frames.find((frame) => frame.tick === tick)?.payload as Float32Array;
    for (const { tick, payload } of difference.frames()) {
      const right = at(twin.frames(), tick);
      expect(payload).toEqual(at(own.frames(), tick).map((value, i) => value - right[i]));
    }
    expect(difference.frames().some(({ payload }) => (payload as Float32Array).some((v) => v !== 0))).toBe(
      true,
    );
  });

  it("lists its topics and its differences beside the original's, while it is there", async () => {
    const { simulation, branch } = await open();
    const before = simulation.topics;
    await branch("t");
    const tensors = before.filter(({ payload }) => payload === "tensor");
    expect(simulation.topics).toEqual([
      ...before,
      ...before.map((topic) => ({ ...topic, topic: `t:${topic.topic}` })),
      ...tensors.map((topic) => ({ ...topic, topic: `difference:t/${topic.topic}` })),
    ]);
    await simulation.command({ kind: "endBranch", name: "t" });
    expect(simulation.topics).toEqual(before);
    expect(simulation.status().branches).toEqual({});
  });

  it("goes its own way from the first command to its clock on; others leave it following", async () => {
    const { simulation, branch, step } = await open();
    await branch("t");
    await simulation.command({ kind: "learningRate", value: 0.5 }, "t");
    await step(5);
    await until(() => tickOf(simulation, "t") === 5);
    expect(simulation.status().learningRate).toBe(0.001);
    await simulation.command({ kind: "step", ticks: 7 }, "t");
    await until(() => tickOf(simulation, "t") === 12);
    await step(20);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(tickOf(simulation, "t")).toBe(12);
  });

  it("begins with a checkpoint that is kept, too", async () => {
    const { simulation, branch, step } = await open({ keep: true });
    await step(4);
    const { result } = await simulation.command({ kind: "checkpoint" });
    await step(10);
    expect(await branch("early", { checkpoint: String(result?.name) })).toMatchObject({
      result: { tick: 4 },
    });
    await until(() => tickOf(simulation, "early") === 14);
    await expect(branch("never", { checkpoint: "../x" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(Object.keys(simulation.status().branches)).toEqual(["early"]);
  });

  it("is told of by events, when it begins and when it ends", async () => {
    const { simulation, branch, watch, step } = await open();
    const events = await watch({ topic: "events" });
    await step(3);
    await branch("t");
    await simulation.command({ kind: "endBranch", name: "t" });
    await until(() => events.frames().length >= 2);
    expect(
      events
        .frames()
        .map(({ payload }) => payload as Record<string, unknown>)
        .filter(({ kind }) => /^branch/.test(String(kind))),
    ).toEqual([
      { kind: "branch", tick: 3, name: "t", from: null, changes: 0 },
      { kind: "branchEnded", tick: 3, name: "t", reason: null },
    ]);
  });

  it("whose changes are refused does not begin", async () => {
    const { simulation, twins } = await open();
    const changes = [
      { kind: "beta", value: 2 },
      { kind: "gate", pathway: "none", gate: 1 },
    ] as const;
    await expect(
      simulation.command({ kind: "branch", name: "t", checkpoint: null, changes }),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^pathway: given "none"/),
    });
    expect(simulation.status().branches).toEqual({});
    await expect(twins[0].command({ kind: "resume" })).rejects.toMatchObject({ code: "SIMULATION_ENDED" });
  });

  it("that ends or fails ends alone", async () => {
    const { simulation, branch, twins, step, watch, ended } = await open();
    await branch("a");
    await branch("b");
    const events = await watch({ topic: "events" });
    await twins[0].close();
    await until(() => Object.keys(simulation.status().branches).length === 1);
    await until(() => events.frames().some(({ payload }) => "name" in payload && payload.name === "a"));
    await step(5);
    await until(() => tickOf(simulation, "b") === 5);
    expect(ended()).toBeNull();
    await expect(simulation.command({ kind: "pause" }, "a")).rejects.toMatchObject({
      message: expect.stringMatching(/^branch: given "a", needed one of b/),
    });
  });
});

describe("twins", () => {
  it("have names of their own, and there are not too many", async () => {
    const { branch } = await open();
    for (const name of ["difference", "a:b", "a/b", "", "x".repeat(41)])
      await expect(branch(name)).rejects.toMatchObject({ message: expect.stringMatching(/^name: given/) });
    await branch("a");
    await expect(branch("a")).rejects.toMatchObject({
      message: expect.stringMatching(/that no other twin has/),
    });
    for (const name of ["b", "c"]) await branch(name);
    const both = await Promise.allSettled([branch("d"), branch("e")]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    await expect(branch("f")).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  });

  it("have names that are no paths, which the original itself sees to", async () => {
    const folder = temporaryFolder();
    const original = await simulate(scene, { backend: "reference", paused: true, branchPoints: folder });
    opened.push(original);
    const command = { kind: "branch", name: "../outside", checkpoint: null, changes: [] } as const;
    await expect(original.command(command)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("are gone with the original", async () => {
    const { simulation, branch, twins, released, ended } = await open();
    await branch("a");
    await simulation.close();
    expect(ended()).toBe("completed");
    expect(released()).toBe(true);
    await expect(twins[0].command({ kind: "resume" })).rejects.toMatchObject({ code: "SIMULATION_ENDED" });
    await expect(branch("b")).rejects.toMatchObject({ code: "SIMULATION_ENDED" });
  });

  it("are watched by topics that are there", async () => {
    const { branch, watch } = await open();
    await branch("a");
    await expect(watch({ topic: "b:state/m1" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(watch({ topic: "difference:b/state/m1" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(watch({ topic: "difference:a/events" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const reduce = { kind: "histogram", bins: 4, range: [0, 1] } as const;
    await expect(watch({ topic: "difference:a/state/m1", reduce })).rejects.toMatchObject({
      message: expect.stringMatching(/^reduce: given "histogram", needed none/),
    });
  });
});
