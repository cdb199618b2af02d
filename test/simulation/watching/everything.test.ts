import { describe, expect, it } from "vitest";
import type { Watch } from "../../../src/simulation/simulation.js";
import { topicsOf } from "../../../src/simulation/watching/topics.js";
import { watched } from "./engine.js";

/** Every topic, in every form that it has. */
function everything(topics: ReturnType<typeof topicsOf>): (Partial<Watch> & { topic: string })[] {
  const range = [-1, 1] as const;
  return topics.flatMap(({ topic, payload, units = 0 }) => {
    if (payload !== "tensor") return [{ topic }];
    const reductions: Watch["reduce"][] = [
      { kind: "histogram", bins: 5, range },
      { kind: "bytes", range },
    ];
    if (units > 1 && !topic.startsWith("weights/")) reductions.push({ kind: "components", count: 2 });
    return [{ topic }, { topic, hzMax: 30 }, ...reductions.map((reduce) => ({ topic, reduce }))];
  });
}

describe("watching everything", () => {
  it("changes nothing", async () => {
    const stateAfter = async (isWatched: boolean) => {
      const { engine, step, watch } = await watched();
      if (isWatched) {
        const { network } = engine.run;
        for (const one of everything(topicsOf(network, engine.net.state.parameters))) watch(one);
      }
      await step(65, 7);
      return engine.snapshot();
    };
    expect(await stateAfter(true)).toEqual(await stateAfter(false));
  });

  it.each(["reference", "wasm"])(
    "holds no more handles the longer it lasts, and none once it ends, on %s",
    async (backend) => {
      const { engine, kernels, step, watch, watches, frames, pass } = await watched([], undefined, backend);
      await step(30);
      const live = kernels.live();
      const all = everything(topicsOf(engine.run.network, engine.net.state.parameters));
      for (const one of all) watch(one);
      await step(50, 7);
      await pass(1000);
      const whileWatched = kernels.live();
      await step(50, 7);
      await pass(1000);
      expect(kernels.live()).toBe(whileWatched);
      expect(new Set(frames.map((frame) => frame.watch)).size).toBeGreaterThan(all.length - 10);
      for (const handle of all.keys()) watches.remove(handle + 1);
      expect(kernels.live()).toBe(live);
      expect(watches.status().load).toMatchObject({ ticks: 130, framesWaiting: 0 });
      expect(engine.load.watchingSeconds).toBeGreaterThan(0);
    },
  );
});
