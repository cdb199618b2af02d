import { ClientError, type Frame, type MetricsRecord } from "eddy/client";
import { describe, expect, it } from "vitest";
import { eventually, running } from "./running.js";

describe("a client", () => {
  it("tells what the run is and how it stands", async () => {
    const { client, simulation } = await running({ paused: true });
    const run = await client();
    expect(run.info).toEqual(simulation.info);
    expect(run.role).toBe("controller");

    expect(run.link.value.kind).toBe("open");
    expect(run.status.value).toMatchObject({ tick: 0, paused: true });
    expect(run.topics.value.map(({ topic }) => topic)).toContain("state/m1");
    expect(run.url).not.toContain("token");
  });

  it("watches tensors and records, and steers", async () => {
    const { client, simulation } = await running({ paused: true });
    const run = await client();
    const states: Frame<Float32Array>[] = [];
    const trials: Frame<MetricsRecord>[] = [];
    run.watch("state/m1", { units: { start: 0, end: 4, every: 2 } }).subscribe((frame) => states.push(frame));
    run.watch("metrics/gabor").subscribe((frame) => trials.push(frame));
    expect(await run.step(30)).toEqual({ tick: 0 });
    await eventually(() => trials.length).toBeGreaterThanOrEqual(2);
    await eventually(() => states.at(-1)?.tick).toBe(29);
    expect(states[0].payload).toBeInstanceOf(Float32Array);
    expect(states[0].payload).toHaveLength(2);
    expect(trials[0].payload).toMatchObject({ task: "gabor", trial: 0 });
    expect(states.every(({ gap, dropped }) => (gap === "none") === (dropped === 0))).toBe(true);
    await run.gate("m1->m2", 0.5);
    expect(simulation.status().gates["m1->m2"]).toBe(0.5);
    await expect(run.gate("m1->m2", 7)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", retryable: false });
    expect(await run.gate("nowhere", 1).catch((error) => error)).toBeInstanceOf(ClientError);
  });
});
