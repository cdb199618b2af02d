import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import type { Kernels } from "../../../src/kernels/kernels.js";
import { accuracyGauge, radiusGauge } from "../../../src/simulation/alarms/alarm-gauges.js";
import { guard } from "../../../src/simulation/guard/guard.js";
import { runOf, steer } from "../interventions/steered.js";

describe("a gauge", () => {
  it("of a spectral radius knows nothing of a W that was read when another took its place", async () => {
    const kernels = await openKernels("reference");
    let arrive = () => {};
    const slow: Kernels = {
      ...kernels,
      async weights(matrix) {
        await new Promise<void>((resolve) => {
          arrive = resolve;
        });
        return kernels.weights(matrix);
      },
    };
    const { engine } = steer(slow, runOf());
    const gauge = radiusGauge(engine, "m3");
    gauge.see({ kind: "phase", tick: 11, task: "first", phase: "waiting", trial: 0 });
    const look = gauge.look();
    gauge.restart();
    arrive();
    expect(await look).toBeNull();
    expect(gauge.keep()).toEqual([]);
    await engine.close();
  });

  it("leaves nothing unhandled when it reads while the tick fails, nor does the guard", async () => {
    const kernels = await openKernels("reference");
    const lost: Kernels = {
      ...kernels,
      lend: undefined,
      read: () => Promise.reject(new Error("lost")),
    };
    const { engine, ticks } = steer(lost, runOf());
    const task = engine.run.network.tasks.get("second")!;
    engine.attach({ see: (event) => accuracyGauge(engine, task, 3).see(event) });
    engine.attach(guard(engine));
    engine.attach({
      see({ kind }) {
        if (kind === "output") throw new Error("no ear");
      },
    });
    // a rejection that nobody handles would fail this file
    await expect(ticks(11)).rejects.toThrow("no ear");
    await new Promise((resolve) => setImmediate(resolve));
    await engine.close();
  });
});
