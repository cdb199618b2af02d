import type { Frame } from "eddy/client";
import { connect } from "eddy/client";
import { describe, expect, it } from "vitest";
import { eddy } from "../../built.js";
import { closeLater, eventually, scene } from "./running.js";

describe("a twin", () => {
  it("runs on beside the original, is watched and steered by itself, and ends", async () => {
    // twins have threads of their own, which run what is built
    const simulation = await eddy.openLive(scene, { ticksPerSecond: 50, paused: true });
    closeLater(() => simulation.close());
    const server = await eddy.serve({ simulation });
    closeLater(() => server.close());
    const run = await connect(server.url);
    closeLater(() => run.close());
    const twin = await run.branch("closed", [{ kind: "gate", pathway: "m1->m2", gate: 0 }]);
    await eventually(() => Object.keys(run.status.value.branches)).toEqual(["closed"]);
    const frames: Frame<Float32Array>[] = [];
    const differences: Frame<Float32Array>[] = [];
    twin.watch("state/m2").subscribe((frame) => frames.push(frame));
    twin.difference("state/m2").subscribe((frame) => differences.push(frame));
    await run.step(8);
    await eventually(() => frames.at(-1)?.tick).toBe(7);
    await eventually(() => differences.at(-1)?.tick).toBe(7);
    expect(differences.at(-1)!.payload.some((value) => value !== 0)).toBe(true);
    await twin.gate("m1->m2", 0.5);
    expect(simulation.status().gates["m1->m2"]).toBe(1);
    await twin.end();
    await eventually(() => run.status.value.branches).toEqual({});
  });
});
