import { EddyError, type ErrorCode } from "../errors.js";
import {
  type BackendName,
  backendNames,
  defaultBackend,
  gpuAdapter,
  isBackendName,
  openKernels,
  unknownBackend,
} from "../kernels/backends.js";
import type { Kernels } from "../kernels/kernels.js";
import { initialWeights } from "../model/initial-weights.js";
import type { LearningRule } from "../model/learning-rule.js";
import { ruleOf } from "../model/learning-rules.js";
import { roughRecurrentWeights } from "../model/recurrent-weights.js";
import type { Run } from "./run-description.js";
import { type TimedWork, timedWork, type WorkPlace } from "./timed-work.js";

/** What the measurement of one backend gave. */
export interface MeasuredBackend {
  readonly name: BackendName;
  /** of a tick, or of a learning step; null: left out */
  readonly milliseconds: number | null;
  /** reckoned from small batches: the whole one would have taken too long to try */
  readonly estimated: boolean;
  /** why it was left out */
  readonly reason: string | null;
}

/** Which backend was chosen for a run, and from what. */
export interface BackendChoice {
  readonly backend: BackendName;
  /** what was measured */
  readonly unit: "tick" | "learning step";
  /** stimuli at once */
  readonly batch: number;
  readonly measured: readonly MeasuredBackend[];
}

/** After so long only those are tried that may be much faster than what was measured: GPUs and large libraries. */
const limitMs = 1500;
/** How long a backend that is worth it is measured. */
const effortMs = 200;
/** How long small batches are measured. */
const probeMs = 20;
/** A backend's part of the time: what would take longer is reckoned from small batches. */
const shareMs = 400;
/** Small batches, to see what a stimulus more costs. */
const probes = [1, 8, 64] as const;
/** What takes longer than this is made only once. */
const longestMs = 1000;
/** A further stimulus costs at least this part of what one costs, on average: a busy machine may make it look free. */
const leastShare = 0.25;
/** So many times the best yet: not measured any further. */
const hopeless = 3;
/** An exact backend, whose runs replay bit for bit, is preferred to one that is faster by less than this. */
const exactMargin = 1.1;

/** The least of a few runs after one to warm up; more are made until some time is over. */
async function least(work: TimedWork, batch: number, forMs: number): Promise<number> {
  const startMs = performance.now();
  const first = await work.once(batch);
  // what takes long needs no warming up
  if (first > longestMs) return first;
  let shortest = Number.POSITIVE_INFINITY;
  do shortest = Math.min(shortest, await work.once(batch));
  while (performance.now() - startMs < forMs);
  return shortest;
}

/**
 * Milliseconds of the work at one size of the batch. Small batches come first; where they show that the whole one
 * would take too long, or is hopeless, it is reckoned from them as if each further stimulus cost the same.
 * @param best milliseconds of the best backend yet
 */
async function measure(
  work: TimedWork,
  batch: number,
  best: number,
): Promise<{ readonly milliseconds: number; readonly estimated: boolean }> {
  const startMs = performance.now();
  // each is made twice or more
  const fits = (milliseconds: number): boolean => performance.now() - startMs + 2 * milliseconds < shareMs;
  let reckoned = (_batch: number): number => 0;
  let before = { batch: 0, milliseconds: 0 };
  // two of them are needed to tell anything
  for (const size of batch > probes[1] ? probes.filter((probe) => probe < batch) : []) {
    if (size > probes[1] && (!fits(reckoned(size)) || reckoned(size) > hopeless * best)) break;
    const milliseconds = await least(work, size, probeMs);
    const slope = (milliseconds - before.milliseconds) / (size - before.batch);
    const bounded = Math.max(slope, (leastShare * milliseconds) / size);
    reckoned = (larger) => milliseconds + bounded * (larger - size);
    before = { batch: size, milliseconds };
  }
  const whole = reckoned(batch);
  if (before.batch > 0 && (!fits(whole) || whole > hopeless * best))
    return { milliseconds: whole, estimated: true };
  return { milliseconds: await least(work, batch, effortMs), estimated: false };
}

/**
 * Why a backend is not even tried, or null.
 * @param timeIsOver whether there is one to take already, and no time for those that are hardly faster
 */
async function leftOut(name: BackendName, timeIsOver: boolean): Promise<string | null> {
  const slow = name === "wasm" || name === "reference";
  if (slow && timeIsOver) return "the time to choose was over";
  if (name !== "webgpu") return null;
  const { software, description } = await gpuAdapter();
  return software ? `${description} is no GPU but software` : null;
}

/** Codes of what keeps one backend from a run that others may well make. */
const tolerated: readonly ErrorCode[] = [
  "BACKEND_UNAVAILABLE",
  "LIMIT_EXCEEDED",
  "OUT_OF_MEMORY",
  "DEVICE_LOST",
];

/** What a backend's error says, without its name and without the advice after it, to take another one for example. */
function reasonIn(name: BackendName, message: string): string {
  const said = message.replace(new RegExp(`^backend "${name}"( is not available)?: `), "");
  const advice = said.lastIndexOf("; ");
  return advice < 0 ? said : said.slice(0, advice);
}

/** Those that are worth a try, the likeliest first. */
function candidates(): BackendName[] {
  const others = (["webgpu", "tensorflow", "wasm", "reference"] as const).filter(
    (name) => name !== defaultBackend && backendNames.includes(name),
  );
  return [defaultBackend, ...others];
}

/** A backend's time, and what it counts for in the choice. */
type Contender = MeasuredBackend & { readonly weighted: number };

const absent = (name: BackendName, reason: string): Contender => ({
  name,
  milliseconds: null,
  estimated: false,
  reason,
  weighted: Number.POSITIVE_INFINITY,
});

async function tryBackend(
  name: BackendName,
  place: Omit<WorkPlace, "kernels">,
  best: number,
): Promise<Contender> {
  const kernels = await openKernels(name);
  try {
    const work = timedWork({ kernels, ...place });
    const measured = await measure(work, place.run.batch, best * work.steps);
    work.close();
    const { estimated } = measured;
    const milliseconds = measured.milliseconds / work.steps;
    const weighted = milliseconds / (kernels.exact ? exactMargin : 1);
    return { name, milliseconds, estimated, reason: null, weighted };
  } finally {
    kernels.close();
  }
}

/**
 * Chooses the backend that is fastest for a run, by measuring its own network at its own batch: ticks of a continuous
 * run, learning steps of a phased one. It takes about two seconds, more where a single step does. A GPU that is
 * software in truth is left out, and so is a backend that cannot make the run.
 * @param rule the run's, or one of the caller's own
 * @throws EddyError the first backend's, when none can make the run
 */
export async function chooseBackend(run: Run, rule: LearningRule = ruleOf(run)): Promise<BackendChoice> {
  const place = { run, rule, weights: initialWeights(run.network, run.seed, roughRecurrentWeights) };
  const startMs = performance.now();
  const contenders: Contender[] = [];
  let best: Contender | null = null;
  let firstError: EddyError | null = null;
  for (const name of candidates()) {
    try {
      const reason = await leftOut(name, best !== null && performance.now() - startMs > limitMs);
      const contender: Contender =
        reason === null
          ? await tryBackend(name, place, best?.milliseconds ?? Number.POSITIVE_INFINITY)
          : absent(name, reason);
      contenders.push(contender);
      if (contender.weighted < (best?.weighted ?? Number.POSITIVE_INFINITY)) best = contender;
    } catch (error) {
      if (!(error instanceof EddyError && tolerated.includes(error.code))) throw error;
      firstError ??= error;
      contenders.push(absent(name, reasonIn(name, error.message)));
    }
  }
  if (!best) throw firstError ?? new EddyError("BACKEND_UNAVAILABLE", "no backend is worth a try here");
  const measured = contenders.map(({ weighted: _, ...one }): MeasuredBackend => one);
  const unit = run.schedule.kind === "phased" ? "learning step" : "tick";
  return { backend: best.name, unit, batch: run.batch, measured };
}

/** 0.157 -> "157 us", 61.24 -> "61 ms" */
const shown = (milliseconds: number): string =>
  milliseconds < 1
    ? `${Math.round(milliseconds * 1000)} us`
    : `${Number(milliseconds.toPrecision(milliseconds < 10 ? 2 : 3))} ms`;

/** One line for people: what was chosen and why. */
export function choiceText({ backend, unit, batch, measured }: BackendChoice): string {
  const times = measured.flatMap(({ name, milliseconds, estimated }) =>
    milliseconds === null ? [] : [`${name} ${estimated ? "about " : ""}${shown(milliseconds)}`],
  );
  const others = measured.flatMap(({ name, reason }) => (reason === null ? [] : [`${name} (${reason})`]));
  const rest = others.length > 0 ? `; left out: ${others.join(", ")}` : "";
  return `backend ${backend}, chosen by the time of a ${unit} at batch ${batch}: ${times.join(", ")}${rest}`;
}

/**
 * Opens the backend that was asked for, or with "auto" the one that is fastest for this run.
 * @returns the kernels, which the caller closes, and how they were chosen, if they were
 * @throws EddyError UNKNOWN_BACKEND, BACKEND_UNAVAILABLE
 */
export async function openBackend(
  backend: string,
  run: Run,
  rule?: LearningRule,
): Promise<{ readonly kernels: Kernels; readonly choice: BackendChoice | null }> {
  if (backend !== "auto" && !isBackendName(backend)) throw unknownBackend(backend, "auto");
  const choice = backend === "auto" ? await chooseBackend(run, rule) : null;
  return { kernels: await openKernels(choice?.backend ?? backend), choice };
}
