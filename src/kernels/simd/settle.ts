import type { Activation, Block } from "../kernels.js";
import { type Form, forms, jobWords, settlingWords } from "./commands.js";
import type { Content, Contents } from "./content.js";
import { operations, worthAThread } from "./engine.js";
import { type Layout, sizeIn } from "./layout.js";
import type { RecurrentForm } from "./recurrent-form.js";
import { segment } from "./recurrent-lists.js";

/** Activations in the order of c/lanes.h. */
export const activationCodes: Readonly<Record<Activation, number>> = {
  tanh: 0,
  sigmoid: 1,
  relu: 2,
  relu6: 3,
  hardSigmoid: 4,
  linear: 5,
  sign: 6,
  clip: 7,
};

/** What event-driven propagation remembers, in the arena. */
export interface OpenChanges {
  readonly epsilon: number;
  /** null: the first product is whole */
  readonly remembered: { readonly spoken: Content; readonly sum: Content } | null;
}

/** A SettleRequest whose handles are opened, and null for what it leaves out. */
export interface OpenSettle {
  readonly batch: number;
  readonly matrix: RecurrentForm;
  readonly gain: number;
  readonly timeStep: number;
  readonly bias: Content | null;
  readonly from: Content | null;
  readonly drive: Content;
  readonly changes: OpenChanges | null;
  readonly activation: Activation;
  readonly iterations: number;
  readonly tolerance: number | null;
  readonly report: boolean;
  readonly needed: readonly Block[] | null;
}

/** What a settle left; the caller owns the contents. */
export interface SettledContent {
  readonly state: Content;
  readonly iterations: number;
  readonly residual: number;
  /** the state is what it was before */
  readonly unchanged: boolean;
  /** no unit spoke: what is remembered is what was */
  readonly silent: boolean;
  readonly propagated: { readonly spoken: Content; readonly sum: Content } | null;
}

/** A request and the room that its iterations need; offsets are 0 where there is none. */
interface Job {
  readonly request: OpenSettle;
  readonly layout: Layout;
  readonly form: Form;
  readonly from: Content | null;
  readonly state: Content;
  readonly other: Content | null;
  readonly propagated: { readonly spoken: Content; readonly sum: Content } | null;
  // scratch, freed when the iterations are made
  readonly needed: number;
  readonly quiet: number;
  readonly delta: number;
  readonly active: number;
  chunks: number;
}

/** A copy of a state, or zeros. */
function copied(contents: Contents, source: Content | null, batch: number, units: number): Content {
  const copy = contents.inTiles(batch, units);
  const length = sizeIn(contents.layout(batch), units);
  const first = copy.tiles >>> 2;
  if (source) {
    const from = contents.tilesOf(source) >>> 2;
    contents.arena.numbers.copyWithin(first, from, from + length);
  } else {
    contents.arena.numbers.fill(0, first, first + length);
  }
  return copy;
}

/** Which segments of targets hold a unit that is needed; 0 when all do. */
function neededSegments(contents: Contents, needed: readonly Block[], segments: number): number {
  const offset = contents.arena.allocate(segments);
  const marks = new Uint8Array(contents.arena.memory.buffer, offset, segments).fill(0);
  for (const [start, end] of needed) {
    if (end > start) marks.fill(1, Math.floor(start / segment), Math.ceil(end / segment));
  }
  return offset;
}

function openJob(contents: Contents, request: OpenSettle): Job {
  const { batch, matrix, iterations, changes, from, needed } = request;
  const { arena } = contents;
  const { neurons, segments } = matrix.lists;
  const layout = contents.layout(batch);
  return {
    request,
    layout,
    form: layout.lanes === 1 ? (matrix.rowForm ?? "lists") : "lists",
    // a module at zero that has spoken before takes back what it said
    from: from ?? (changes?.remembered ? copied(contents, null, batch, neurons) : null),
    state: iterations === 0 ? copied(contents, from, batch, neurons) : contents.inTiles(batch, neurons),
    other: iterations > 1 ? contents.inTiles(batch, neurons) : null,
    propagated: changes ? remembering(contents, request, changes) : null,
    // with fewer iterations what is not needed would never have been computed
    needed: needed && iterations > 2 ? neededSegments(contents, needed, segments) : 0,
    quiet: iterations > 1 && !from ? arena.allocate(layout.tiles * segments) : 0,
    delta: changes ? arena.allocate(sizeIn(layout, neurons) * 4) : 0,
    active: changes && layout.lanes === 1 ? arena.allocate((neurons + 1) * 4) : 0,
    chunks: 1,
  };
}

/** What a module will remember, as it is before the first iteration. */
function remembering(
  contents: Contents,
  { batch, matrix, from, iterations }: OpenSettle,
  { remembered }: OpenChanges,
) {
  const { neurons } = matrix.lists;
  if (contents.layout(batch).lanes === 1) matrix.makeRows();
  return {
    // in a whole product all units speak; without an iteration none does
    spoken: copied(contents, remembered?.spoken ?? (iterations > 0 ? from : null), batch, neurons),
    sum: copied(contents, remembered?.sum ?? null, batch, neurons),
  };
}

/** Into how many parts each tile's targets are split, so that every thread has one. @returns parts in all */
function split(jobs: readonly Job[], threads: number): number {
  let tiles = 0;
  for (const { layout } of jobs) tiles += layout.tiles;
  if (tiles >= threads) return tiles;
  let parts = 0;
  for (const job of jobs) {
    const { connections, segments } = job.request.matrix.lists;
    const useful = Math.floor((connections * job.layout.lanes) / worthAThread);
    job.chunks = Math.max(1, Math.min(Math.ceil(threads / tiles), segments, useful));
    parts += job.layout.tiles * job.chunks;
  }
  return parts;
}

function measuredCode({ tolerance, report }: OpenSettle): number {
  if (tolerance !== null) return 2;
  return report ? 1 : 0;
}

function writeJob(contents: Contents, at: number, job: Job): void {
  const { words, numbers } = contents.arena;
  const { request, layout } = job;
  const { changes } = request;
  words[at + jobWords.matrix] = request.matrix.descriptor;
  words[at + jobWords.form] = forms[job.form];
  words[at + jobWords.activation] = activationCodes[request.activation];
  words[at + jobWords.iterations] = request.iterations;
  words[at + jobWords.batch] = request.batch;
  words[at + jobWords.lanes] = layout.lanes;
  words[at + jobWords.tiles] = layout.tiles;
  words[at + jobWords.bias] = request.bias ? request.bias.rows : 0;
  words[at + jobWords.from] = job.from ? job.from.tiles : 0;
  words[at + jobWords.drive] = request.drive.tiles;
  words[at + jobWords.state] = job.state.tiles;
  words[at + jobWords.other] = job.other ? job.other.tiles : 0;
  words[at + jobWords.needed] = job.needed;
  words[at + jobWords.quiet] = job.quiet;
  words[at + jobWords.chunks] = job.chunks;
  words[at + jobWords.measured] = measuredCode(request);
  numbers[at + jobWords.tolerance] = request.tolerance ?? -1;
  numbers[at + jobWords.gain] = request.gain;
  numbers[at + jobWords.step] = request.timeStep;
  numbers[at + jobWords.kept] = 1 - request.timeStep;
  words[at + jobWords.epsilonSet] = changes ? 1 : 0;
  for (let word: number = jobWords.made; word < jobWords.words; word++) words[at + word] = 0;
  if (!changes || !job.propagated) return;
  numbers[at + jobWords.epsilon] = changes.epsilon;
  words[at + jobWords.spoken] = job.propagated.spoken.tiles;
  words[at + jobWords.sum] = job.propagated.sum.tiles;
  words[at + jobWords.delta] = job.delta;
  words[at + jobWords.active] = job.active;
  words[at + jobWords.full] = changes.remembered ? 0 : 1;
}

function freeScratch({ arena }: Contents, { needed, quiet, delta, active }: Job): void {
  if (needed !== 0) arena.free(needed);
  if (quiet !== 0) arena.free(quiet);
  if (delta !== 0) arena.free(delta);
  if (active !== 0) arena.free(active);
}

function closeJob(contents: Contents, job: Job, at: number): SettledContent {
  const { words, numbers } = contents.arena;
  const { request, propagated } = job;
  const { iterations } = request;
  const made = words[at + jobWords.made];
  const residual = made === 0 ? Number.POSITIVE_INFINITY : numbers[at + jobWords.residual];
  const unchanged = made === 1 && iterations === 1 && words[at + jobWords.changed] === 0;
  const silent = made > 0 && words[at + jobWords.spoke] === 0;
  freeScratch(contents, job);
  // results alternate between the two, so an early end may leave the last one in the other
  const inOther = job.other !== null && made > 0 && (iterations - made) % 2 === 1;
  const state = inOther && job.other ? job.other : job.state;
  const spare = inOther ? job.state : job.other;
  if (spare) contents.free(spare);
  if (job.from && job.from !== request.from) contents.free(job.from);
  return { state, iterations: made, residual, unchanged, silent, propagated };
}

/** Whether there is enough to do for a second thread; one that is awake takes part in any case. */
const worthWaking = (jobs: readonly Job[]): boolean => {
  let products = 0;
  for (const { layout, request } of jobs) {
    products += request.matrix.lists.connections * layout.lanes * layout.tiles * request.iterations;
  }
  return products >= 2 * worthAThread;
};

/** Whether all make one iteration and wait for each other; else each part makes all its iterations by itself. */
const together = ({ chunks, request }: Job): boolean =>
  (chunks > 1 && request.iterations > 1) || request.tolerance !== null || request.changes !== null;

/** Makes the iterations of all modules in one call. */
export function settle(
  contents: Contents,
  wake: () => void,
  requests: readonly OpenSettle[],
): readonly SettledContent[] {
  const { arena, engine, threads } = contents;
  for (const { bias, from, drive } of requests) {
    if (bias) contents.rowsOf(bias);
    if (from) contents.tilesOf(from);
    contents.tilesOf(drive);
  }
  const jobs = requests.map((request) => openJob(contents, request));
  const parts = split(jobs, threads);
  const command = arena.allocate((settlingWords.words + jobs.length * jobWords.words) * 4);
  const at = command >>> 2;
  const first = at + settlingWords.words;
  for (let i = 0; i < jobs.length; i++) writeJob(contents, first + i * jobWords.words, jobs[i]);
  const { words } = arena;
  words[at + settlingWords.jobs] = first * 4;
  words[at + settlingWords.count] = jobs.length;
  words[at + settlingWords.parts] = parts;
  words[at + settlingWords.iteration] = jobs.some(together) ? 1 : 0;
  if (parts > 1 && worthWaking(jobs)) wake();
  engine.run(operations.settle, command);
  const settled = jobs.map((job, i) => closeJob(contents, job, first + i * jobWords.words));
  arena.free(command);
  return settled;
}
