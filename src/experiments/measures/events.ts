import { z } from "zod";
import type { Kernels } from "../../kernels/kernels.js";
import { invalid, strictObject } from "../../model/validate.js";
import { endlessDoors, openStimuli } from "../../simulation/open-stimuli.js";
import type { Run } from "../../simulation/run-description.js";
import type { ContinuousNetwork } from "../../streams/continuous.js";
import type { PhaseTicks } from "../../streams/task-clock.js";
import { keeping } from "../keeping.js";
import { type KeptStream, keepStream, openStream } from "../kept-stream.js";
import type { Measure, MeasureContext, Row } from "../measure.js";
import { onlineScores } from "../online-scores.js";
import { addScore, meanScore, noScore, percent, scoreSum, testScores } from "../test-scores.js";

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

const progressSchema = z.strictObject({
  /** trials so far, of learning and counted */
  trials: z.int().min(0),
  /** events of the counted trials, by module: how many in all of them, tick by tick of a trial */
  counts: z.record(z.string(), z.array(z.number())),
  /** of the counted trials, before learning from them; accuracy alone */
  online: scoreSum,
});

type Counts = z.output<typeof progressSchema>["counts"];

/** Trials under way. */
interface Course extends KeptStream<z.output<typeof progressSchema>> {
  readonly run: Run;
  readonly ticks: PhaseTicks;
  readonly options: Options;
  readonly context: MeasureContext;
}

/** Makes the trials that are left, and counts the events of the last of them. */
async function throughTrials(course: Course): Promise<void> {
  const { run, live, progress, ticks, options, context } = course;
  const all = options.trials + options.counted;
  const scores = onlineScores(run, live);
  const spoke = speaking(context.kernels, live);
  const keepIfDue = keeping(context, (partial) => keepStream(partial, run, course));
  // what was told before an interruption is no event
  await spoke();
  for (; progress.trials < all; progress.trials += 1) {
    await keepIfDue();
    const counted = progress.trials >= options.trials;
    if (progress.trials === options.trials) await spoke();
    for (let tick = 0; tick < ticks.inference + ticks.learning; tick++) {
      live.tick();
      if (!counted) continue;
      for (const [module, units] of await spoke()) {
        const sums = progress.counts[module];
        sums[tick] = (sums[tick] ?? 0) + units;
      }
    }
    const scored = await scores.read();
    if (counted)
      for (const { score } of scored) progress.online = addScore(progress.online, { ...score, loss: 0 });
    context.progress(progress.trials / all, `trial ${progress.trials + 1} of ${all}`);
  }
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
  const modules = Object.entries(counts);
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
  async measure(run, options, context) {
    const { name, ticks } = taskOf(run);
    const sources = openStimuli(run, context.data);
    const kept = await openStream(run, endlessDoors(run, sources), context, progressSchema, () => ({
      trials: 0,
      counts: Object.fromEntries([...run.network.modules.keys()].map((module) => [module, []])),
      online: noScore,
    }));
    const { live, progress } = kept;
    try {
      await throughTrials({ ...kept, run, ticks, options, context });
      const tested = await testScores(context.kernels, run, sources, live.state.parameters, context.signal);
      return eventRows(run, progress.counts, ticks, options.counted, {
        onlineAccuracy: meanScore(progress.online).accuracy,
        testAccuracy: tested.get(name)?.accuracy ?? null,
      });
    } finally {
      live.close();
    }
  },
};
