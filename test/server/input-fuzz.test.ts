import { expect, it } from "vitest";
import { fuzzInput } from "../../bench/live/parts/fuzz-input.js";
import { running } from "./running.js";

// bench/live/input-fuzz.ts is the long form, with a real network
it("wrong messages over several sockets are answered or end their connection, and no more", async () => {
  const { server, client, simulation, port, reported } = await running({ limits: { keptMs: 0 } });
  const healthy = await client();
  const { channel } = await healthy.subscribe("state/m1");
  const report = await fuzzInput({
    port,
    token: server.token,
    cases: 10_000,
    seed: 99,
    sockets: 4,
    progress: async () => {},
  });
  expect(report.cases).toBeGreaterThanOrEqual(10_000);
  expect(reported).toEqual([]);
  expect(report.errors.has("INTERNAL")).toBe(false);
  expect(report.errors.get("INVALID_ARGUMENT")).toBeGreaterThan(1000);
  expect([...report.closed.keys()].filter((code) => ![1000, 1006, 4501].includes(code))).toEqual([]);
  simulation.tick();
  expect(await healthy.frames(channel, 1)).not.toEqual([]);
  await expect.poll(() => simulation.watches.size).toBe(1);
});
