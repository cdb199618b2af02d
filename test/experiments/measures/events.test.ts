import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Row } from "../../../src/experiments/measure.js";
import { events } from "../../../src/experiments/measures/events.js";
import { referenceKernels } from "../../../src/kernels/reference/reference-kernels.js";
import { ruleOf } from "../../../src/model/learning-rules.js";
import { openNetwork } from "../../../src/simulation/open-network.js";
import { endlessDoors, openStimuli } from "../../../src/simulation/open-stimuli.js";
import { type RunInput, resolveRun } from "../../../src/simulation/run-description.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { endedAfter, measured } from "./in-context.js";

const ticks = { inference: 7, learning: 5 };

const gabor = (epsilon: number, batch = 2): RunInput => ({
  network: { preset: "chain", neurons: 24, inputs: 1024, outputs: 2, task: "gabor", spectralRadius: 0.6 },
  batch,
  propagation: { epsilon },
  schedule: { kind: "continuous", ticks },
  stimuli: { gabor: { source: "gabor", testImages: 4 } },
});

/** Of whole trials, all modules together. */
const total = (rows: readonly Row[]) => rows.find(({ module }) => module === "all");

/**
 * How many units of each module go further than epsilon from what they told last, followed from the states that the
 * network tells of: on a tick a unit tells, or not, the state that it had before.
 */
async function followed(input: RunInput, epsilon: number, skipped: number, trials: number) {
  const run = resolveRun(input);
  const kernels = referenceKernels();
  const live = openNetwork(kernels, run, endlessDoors(run, openStimuli(run, "")), ruleOf(run));
  const told = new Map<string, Float32Array>();
  const counts = new Map([...run.network.modules.keys()].map((name) => [name, [] as number[]]));
  for (let tick = 0; tick < (skipped + trials) * 12; tick++) {
    for (const [name, state] of live.state.states) {
      const h = await kernels.read(state);
      const last = told.get(name) ?? new Float32Array(h.length);
      const speaks = h.map((value, i) => (Math.abs(value - last[i]) > epsilon ? 1 : 0));
      told.set(
        name,
        last.map((value, i) => (speaks[i] ? h[i] : value)),
      );
      const sum = speaks.reduce((count, one) => count + one, 0);
      const at = tick % 12;
      const of = counts.get(name)!;
      if (tick >= skipped * 12) of[at] = (of[at] ?? 0) + sum / (trials * run.batch);
    }
    live.tick();
  }
  live.close();
  kernels.close();
  return counts;
}

describe("propagated events", () => {
  it.each([0.003, 0.05])("are the changes beyond epsilon %d, tick by tick", async (epsilon) => {
    const { rows, live } = await measured(events, gabor(epsilon), { trials: 2, counted: 3 });
    const expected = await followed(gabor(epsilon), epsilon, 2, 3);
    for (const [module, counts] of expected) {
      const found = rows.filter((row) => row.module === module && row.tick !== null);
      expect(found.map(({ phase }) => phase)).toEqual(
        counts.map((_, tick) => (tick < 7 ? "inference" : "learning")),
      );
      found.forEach(({ events: counted }, tick) => {
        expect(counted, `${module}, tick ${tick + 1}`).toBeCloseTo(counts[tick], 9);
      });
      const whole = rows.find((row) => row.module === module && row.tick === null);
      expect(Number(whole?.events)).toBeCloseTo(
        counts.reduce((sum, count) => sum + count, 0),
        9,
      );
    }
    expect(Number(total(rows)?.events)).toBeGreaterThan(1);
    expect(live).toBe(0);
  });

  it("go on from interruptions, while learning and while counting, as if there had been none", async () => {
    const options = { trials: 3, counted: 4 };
    const whole = await measured(events, gabor(0.003), options);
    const partial = join(temporaryFolder(), "cell");
    for (const after of [2, 3]) await endedAfter(after, events, gabor(0.003), options, partial);
    const rest = await measured(events, gabor(0.003), options, "", undefined, { partial });
    expect(rest.rows).toEqual(whole.rows);
    expect(rest.shares.length).toBe(3 + 4 - 2 - 3);
    expect(rest.live).toBe(0);
  });

  it("are none where epsilon is more than a state can change, and fewer the larger it is", async () => {
    const shares: number[] = [];
    for (const epsilon of [1e-6, 1e-2, 1e-1, 2]) {
      const { rows } = await measured(events, gabor(epsilon, 1), { trials: 2, counted: 3 });
      shares.push(Number(total(rows)?.share));
    }
    expect(shares[3]).toBe(0);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(shares[0]).toBeGreaterThan(shares[2]);
  });

  it.each([
    [{ propagation: undefined }, /^run\.propagation: given nothing, needed what makes events/],
    [{ schedule: { kind: "phased" } as const }, /^run\.schedule\.kind: given "phased", needed "continuous"/],
  ])("are refused to a run with %j", async (changed, message) => {
    const run = { ...gabor(0.01), stimuli: { gabor: { source: "gabor", trainingImages: 4 } as const } };
    await expect(measured(events, { ...run, ...changed }, {})).rejects.toThrow(message);
  });
});
