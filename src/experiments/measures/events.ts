import { z } from "zod";
import type { Kernels } from "../../kernels/kernels.js";
import { ruleOf } from "../../model/learning-rules.js";
import { invalid, strictObject } from "../../model/validate.js";
import { openNetwork } from "../../simulation/open-network.js";
import { endlessDoors, openStimuli } from "../../simulation/open-stimuli.js";
import type { Run } from "../../simulation/run-description.js";
import type { ContinuousNetwork } from "../../streams/continuous.js";
import type { PhaseTicks } from "../../streams/task-clock.js";
import type { Measure, MeasureContext, Row } from "../measure.js";
import { onlineScores } from "../online-scores.js";
import { addScore, meanScore, noScore, percent, testScores } from "../test-scores.js";

const options = strictObject({
  trials: z.int().min(1).max(100_000_000).default(2000).describe("of learning before events are counted"),
  counted: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(200)
    .describe("trials after these, whose events are counted"),
});

type Options = z.output<typeof options>;

/** The one task of a run that propagates events, and the ticks of its trials. */
function taskOf({ network, schedule, propagation }: Run): {
  readonly name: string;
  readonly ticks: PhaseTicks;
} {
  if (schedule.kind !== "continuous")
    throw invalid(
      "run.schedule.kind",
      schedule.kind,
      '"continuous", in which events are counted tick by tick',
    );
  if (!propagation) throw invalid("run.propagation", propagation, 'what makes events, as {"epsilon": 0.001}');
  const [task, ...others] = network.tasks.values();
  if (others.length > 0)
    throw invalid(
      "network.tasks",
      [...network.tasks.keys()],
      "one task, since events are told by the ticks of its trials",
    );
  return { name: task.name, ticks: schedule.clocks[task.name] ?? schedule.ticks };
}

/** What units last told, by module, and how many told something new since it was last looked at. */
function speaking(kernels: Kernels, { state, network }: ContinuousNetwork) {
  const before = new Map<string, Float32Array>();
  return async (): Promise<ReadonlyMap<string, number>> => {
    const counts = new Map<string, number>();
    for (const { name } of network.modules.values()) {
      const spoken = state.spoken.get(name);
      if (!spoken) continue;
      const now = await kernels.read(spoken);
      const last = before.get(name);
      before.set(name, now);
      counts.set(
        name,
        now.reduce((sum, value, i) => sum + (value === (last?.[i] ?? 0) ? 0 : 1), 0),
      );
    }
    return counts;
  };
}

/** Events of the counted trials, by module: how many in all trials, tick by tick of a trial. */
type Counts = ReadonlyMap<string, number[]>;

/** Runs the counted trials. */
async function count(
  run: Run,
  live: ContinuousNetwork,
  { inference, learning }: PhaseTicks,
  trials: number,
  { kernels, signal }: MeasureContext,
): Promise<Counts> {
  const counts = new Map([...run.network.modules.keys()].map((name) => [name, [] as number[]]));
  const spoke = speaking(kernels, live);
  await spoke();
  for (let trial = 0; trial < trials; trial++) {
    signal.throwIfAborted();
    for (let tick = 0; tick < inference + learning; tick++) {
      live.tick();
      for (const [module, units] of await spoke()) {
        const ticks = counts.get(module);
        if (ticks) ticks[tick] = (ticks[tick] ?? 0) + units;
      }
    }
  }
  return counts;
}

interface Accuracies {
  readonly onlineAccuracy: number | null;
  readonly testAccuracy: number | null;
}

/** Lines tick by tick, then of whole trials: by module, and all modules together. */
function eventRows(
  { network, batch }: Run,
  counts: Counts,
  { inference }: PhaseTicks,
  trials: number,
  accuracies: Accuracies,
): Row[] {
  const neurons = (module: string) => network.modules.get(module)?.neurons ?? 0;
  const line = (module: string, tick: number | null, sum: number, units: number): Row => ({
    module,
    tick,
    phase: tick === null ? null : tick <= inference ? "inference" : "learning",
    events: sum / (trials * batch),
    share: percent(sum / (trials * batch * units)),
    ...accuracies,
  });
  const total = (ticks: readonly number[]) => ticks.reduce((sum, events) => sum + events, 0);
  const modules = [...counts];
  const byTick = modules.flatMap(([module, ticks]) =>
    ticks.map((events, tick) => line(module, tick + 1, events, neurons(module))),
  );
  const byModule = modules.map(([module, ticks]) =>
    line(module, null, total(ticks), neurons(module) * ticks.length),
  );
  const units = modules.reduce((sum, [module, ticks]) => sum + neurons(module) * ticks.length, 0);
  const all = modules.reduce((sum, [, ticks]) => sum + total(ticks), 0);
  return [...byTick, ...byModule, line("all", null, all, units)];
}

/**
 * Counts the units that speak, in continuous operation with event-driven propagation: those whose state went further
 * than epsilon from what they told last. By module and tick of a trial, mean over stimuli; lines without a tick are of
 * whole trials. Accuracies are of the counted trials, before learning from them, and of the test set afterwards.
 */
export const events: Measure<Options> = {
  about: "events that modules propagate, by tick of a trial, and accuracy",
  options,
  async measure(run, { trials, counted }, context) {
    const { kernels, signal, progress } = context;
    const { name, ticks } = taskOf(run);
    const sources = openStimuli(run, context.data);
    const live = openNetwork(kernels, run, endlessDoors(run, sources), ruleOf(run));
    try {
      const scores = onlineScores(run, live);
      const length = ticks.inference + ticks.learning;
      for (let trial = 0; trial < trials; trial++) {
        signal.throwIfAborted();
        for (let tick = 0; tick < length; tick++) live.tick();
        await scores.read();
        progress(trial / (trials + counted), `trial ${trial + 1} of ${trials}`);
      }
      const counts = await count(run, live, ticks, counted, context);
      const online = (await scores.read()).reduce((sum, { score }) => addScore(sum, score), noScore);
      const tested = await testScores(kernels, run, sources, live.state.parameters, signal);
      return eventRows(run, counts, ticks, counted, {
        onlineAccuracy: meanScore(online).accuracy,
        testAccuracy: tested.get(name)?.accuracy ?? null,
      });
    } finally {
      live.close();
    }
  },
};
