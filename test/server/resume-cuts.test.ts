import { expect, it } from "vitest";
import { cutConnections } from "../../bench/live/parts/cut-connections.js";
import { running } from "./running.js";

// bench/live/resume-cuts.ts is the long form, with a real network
it("a connection that is cut at random moments misses nothing without a word, and gets nothing twice", async () => {
  const { server, simulation, port, reported } = await running({
    limits: { requestsPerSecondMax: 1e6, requestsBurstMax: 1e6 },
  });
  const ticking = setInterval(() => simulation.tick(2), 2);
  try {
    const report = await cutConnections({
      port,
      token: server.token,
      cuts: 60,
      seed: 4711,
      everyTick: ["state/m1"],
      lossless: ["error/m1", "metrics/gabor"],
    });
    expect(report).toMatchObject({ cuts: 60, untoldGaps: 0, duplicates: 0 });
    expect(report.frames).toBeGreaterThan(100);
    expect(report.recovered).toBeGreaterThan(60);
    expect(reported).toEqual([]);
  } finally {
    clearInterval(ticking);
  }
});
