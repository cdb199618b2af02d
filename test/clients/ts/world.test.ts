import type { WorldRequest } from "eddy/client";
import { describe, expect, it } from "vitest";
import { eventually, running, scene } from "./running.js";

const INPUTS = 1024;

/** The scene, with a client for its stimuli. */
const asking = { ...scene, stimuli: { gabor: { source: "client", late: "wait", timeoutMs: 60_000 } } };

describe("a client that is a task's world", () => {
  it("is asked trial by trial, given the outputs, and goes on after cuts", async () => {
    const { client, cable, simulation } = await running({ ticksPerSecond: null, scene: asking });
    const run = await client({ retryMs: () => 5 });
    const requests: WorldRequest[] = [];
    const trials: number[] = [];
    const world = run.world("gabor", (request) => {
      requests.push(request);
      const answer = request.trial % 2;
      const input = new Float32Array(INPUTS).fill(answer);
      return { input, target: [1 - answer, answer] };
    });
    const refused: unknown[] = [];
    world.answers.subscribe((answer) => {
      if ("refused" in answer) refused.push(answer.refused);
      else trials.push(answer.trial);
    });
    for (const until of [5, 12, 20]) {
      await eventually(() => trials.length).toBeGreaterThan(until);
      cable.cut();
    }
    await eventually(() => trials.length).toBeGreaterThan(25);
    expect(trials).toEqual(trials.map((_, index) => index));
    expect(refused).toEqual([]);
    expect(requests[0]).toMatchObject({ task: "gabor", trial: 0, output: null, inputShape: [1, INPUTS] });
    expect(requests[3].output).toHaveLength(2);
    expect(requests[3].targetShape).toEqual([1, 2]);
    world.stop();
    await eventually(() => simulation.status().worlds.gabor).toBe("gone");
  });

  it("is told when its answer is refused, and when it fails itself", async () => {
    const { client } = await running({ scene: asking });
    const run = await client();
    const tooSmall = run.world("gabor", () => ({ input: [1, 2, 3] }));
    const refused = await new Promise((resolve) => tooSmall.answers.subscribe(resolve));
    expect(refused).toMatchObject({ trial: 0, refused: { name: "ClientError" } });
    tooSmall.stop();
    const failing = run.world("gabor", () => {
      throw new Error("no idea");
    });
    const failure = new Promise((resolve) => failing.answers.subscribe({ error: resolve }));
    expect(await failure).toMatchObject({ message: "no idea" });
  });
});
