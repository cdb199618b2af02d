import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { replayRecording } from "../../src/simulation/recording/replay.js";
import { temporaryFolder } from "../temporary-folder.js";
import { acting } from "./acting.js";
import { answer, loop, topic } from "./looping.js";
import { scene, until } from "./running.js";

const recordings = () =>
  ({
    folder: temporaryFolder(),
    atOnce: { name: "run", topics: [], hashes: "ticks" },
  }) as const;

describe("a recorded run is the same again, to the bit,", () => {
  it("where the guard has acted", async () => {
    const linear = { ...scene, network: { ...scene.network, activation: "linear", spectralRadius: 20 } };
    const options = recordings();
    const { step, told, simulation } = await acting(linear, { recordings: options });
    await step(100);
    expect(told("notFinite").length).toBeGreaterThan(1);
    await simulation.close();
    const result = await replayRecording(join(options.folder, "run"));
    expect(result).toMatchObject({ ticks: 100, difference: null });
    expect(result.interventions).toBeGreaterThan(2);
  });

  it("where a client was the world", async () => {
    const options = recordings();
    const { simulation, payloads } = await acting(loop({ timeoutMs: 20 }), { recordings: options });
    const asked = await payloads(topic);
    await simulation.command({ kind: "resume" });
    for (let trial = 0; trial < 10; trial++) {
      await until(() => asked().length > trial);
      // in time or late, as it happens
      await new Promise((resolve) => setTimeout(resolve, 5 * trial));
      await simulation.command(answer(trial));
    }
    await until(() => asked().length > 10);
    await simulation.close();
    const result = await replayRecording(join(options.folder, "run"));
    expect(result.difference).toBeNull();
    // the first may have come before the state that the recording begins with
    expect(result.interventions).toBeGreaterThanOrEqual(9);
  });
});
