import { describe, expect, it } from "vitest";
import { running } from "./running.js";

describe("commands", () => {
  it("are applied, and the reply says before which tick", async () => {
    const { client, simulation } = await running();
    const controller = await client();
    simulation.tick(7);
    const commands = [
      { kind: "gate", pathway: "in->m1", gate: 0.5 },
      { kind: "learningRate", value: 0.01 },
      { kind: "spectralRadius", module: "m1", value: 0.5 },
      { kind: "speed", ticksPerSecond: null },
      { kind: "resume" },
      { kind: "step", ticks: 3 },
      { kind: "pause" },
    ];
    const ticks: unknown[] = [];
    for (const command of commands) {
      const answer = await controller.request({ op: "cmd", command });
      expect(answer).toMatchObject({ op: "reply", to: "cmd" });
      ticks.push("tick" in answer && answer.tick);
    }
    expect(ticks).toEqual([7, 7, 7, 7, 7, 7, 10]);
    expect(simulation.applied).toEqual(commands);
    expect(simulation.status()).toMatchObject({ tick: 10, learningRate: 0.01, gates: { "in->m1": 0.5 } });
  });

  it.each([
    ["NaN", { kind: "gate", pathway: "in->m1", gate: Number.NaN }, /^command\.gate/],
    ["infinity", { kind: "learningRate", value: Number.POSITIVE_INFINITY }, /^command\.value/],
    ["another shape", { kind: "step", ticks: [1] }, /^command\.ticks/],
    ["a pathway that is not there", { kind: "gate", pathway: "x->y", gate: 1 }, /x->y.*in->m1/],
  ])("with %s change nothing", async (_, command, message) => {
    const { client, simulation } = await running();
    const before = simulation.status();
    const answer = await (await client()).request({ op: "cmd", command });
    expect(answer).toMatchObject({ op: "error", code: "INVALID_ARGUMENT" });
    expect("message" in answer && answer.message).toMatch(message);
    expect(simulation.status()).toEqual(before);
    expect(simulation.applied).toEqual([]);
  });

  it("with a key are applied once, in whatever session they come again", async () => {
    const { client, simulation } = await running();
    const command = { kind: "step", ticks: 2 };
    const first = await (await client()).request({ op: "cmd", key: "k1", command });
    const again = await (await client()).request({ op: "cmd", key: "k1", command });
    expect([first, again]).toMatchObject([{ tick: 0 }, { tick: 0 }]);
    expect(simulation.status().tick).toBe(2);
    const misused = await (await client()).request({ op: "cmd", key: "k1", command: { kind: "pause" } });
    expect(misused).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("with a key are applied once, however many answers to a task come between", async () => {
    const { client, simulation } = await running({ limits: { answersPerSecondMax: 100_000 } });
    const controller = await client();
    const command = { kind: "step", ticks: 2 };
    await controller.request({ op: "cmd", key: "once", command });
    const answer = { kind: "stimulus", task: "gabor", input: new Uint8Array(8) };
    for (let trial = 0; trial < 1100; trial += 1)
      controller.send({
        op: "cmd",
        id: 10_000 + trial,
        key: `answer ${trial}`,
        command: { ...answer, trial },
      });
    expect(await controller.request({ op: "cmd", key: "once", command })).toMatchObject({ tick: 0 });
    expect(simulation.status().tick).toBe(2);
  });

  it("come at a limited rate", async () => {
    const { client, simulation } = await running({
      limits: { commandsPerSecondMax: 0.001, commandsBurstMax: 5 },
    });
    const hasty = await client();
    const requests = Array.from({ length: 8 }, () =>
      hasty.request({ op: "cmd", command: { kind: "pause" } }),
    );
    const answers = await Promise.all(requests);
    expect(answers.filter((answer) => answer.op === "reply")).toHaveLength(5);
    expect(answers.at(-1)).toMatchObject({ code: "RATE_LIMITED", retryable: true });
    expect(simulation.applied).toHaveLength(5);
    await (await client()).request({ op: "cmd", command: { kind: "resume" } });
    expect(simulation.applied).toHaveLength(6);
  });

  it("that answer a task whose world the client is have a limit of their own", async () => {
    const { client, simulation } = await running({
      limits: { commandsPerSecondMax: 0.001, commandsBurstMax: 1, answersPerSecondMax: 6 },
    });
    const world = await client();
    const stimulus = { kind: "stimulus", task: "gabor", input: new Uint8Array(8) };
    const ask = (command: Record<string, unknown>) => world.request({ op: "cmd", command });
    expect(await ask({ kind: "pause" })).toMatchObject({ op: "reply" });
    // the network of this simulation knows no stimulus; that it is asked at all is what counts
    for (let trial = 0; trial < 5; trial += 1)
      expect(await ask({ ...stimulus, trial })).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await ask(stimulus)).toMatchObject({ code: "RATE_LIMITED" });
    expect(simulation.applied).toHaveLength(1);
  });

  it.each([
    [{ op: "sub", topic: "state/m1", every: 0 }, /^every: given 0; .*>=1/],
    [{ op: "cmd", command: { kind: "gate", pathway: "in->m1" } }, /^command\.gate: given nothing; .*number/],
    [{ op: "cmd", command: { kind: "explode" } }, /^command\.kind: given "explode"; /],
    [
      { op: "cmd", command: { kind: "branch", name: "\u001b[2J" } },
      /^command\.name: given "\\u001b\[2J"; printable/,
    ],
    [{ op: "cmd", command: { kind: "beta", value: [1, 2] } }, /^command\.value: given a list of 2; /],
  ])("of no such form are told by field what was given and what is needed: %j", async (request, message) => {
    const { client } = await running();
    const answer = await (await client()).request(request);
    expect(answer).toMatchObject({ op: "error", code: "INVALID_ARGUMENT" });
    expect(answer).toHaveProperty("message", expect.stringMatching(message));
  });

  it("that fail by a bug of ours are reported and told without details", async () => {
    const { client, simulation, reported } = await running();
    const bug = new Error("secret detail");
    simulation.command = () => Promise.reject(bug);
    const answer = await (await client()).request({ op: "cmd", command: { kind: "pause" } });
    expect(answer).toMatchObject({ op: "error", code: "INTERNAL", retryable: true });
    expect(JSON.stringify(answer)).not.toContain("secret");
    expect(reported).toEqual([bug]);
  });
});
