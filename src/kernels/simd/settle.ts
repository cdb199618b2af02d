import type { Activation, Block, SettleRequest } from "../kernels.js";
import { type Form, forms, jobWords, settlingWords } from "./commands.js";
import type { Content, Contents } from "./content.js";
import { operations } from "./engine.js";
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
};

/** Products of a part that are worth waking another thread. */
const worthAThread = 16_384;

/** What event-driven propagation remembers, in the arena. */
export interface OpenChanges {
  readonly epsilon: number;
  /** null: the first product is whole */
  readonly remembered: { readonly spoken: Content; readonly sum: Content } | null;
}

/** A SettleRequest whose handles are opened. */
export interface OpenSettle extends Omit<SettleRequest, "matrix" | "bias" | "from" | "drive" | "changes"> {
  readonly batch: number;
  readonly matrix: RecurrentForm;
  readonly bias: Content | null;
  readonly from: Content | null;
  readonly drive: Content;
  readonly changes: OpenChanges | null;
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

/** A request and the room that its iterations need. */
interface Job {
  readonly request: OpenSettle;
  readonly layout: Layout;
  readonly form: Form;
  readonly from: Content | null;
  readonly state: Content;
  readonly other: Content | null;
  readonly propagated: { readonly spoken: Content; readonly sum: Content } | null;
  /** needed, quiet, delta, active: freed when the iterations are made */
  readonly scratch: { needed: number; quiet: number; delta: number; active: number };
  chunks: number;
}

/** A copy of a state, or zeros. */
function copied(contents: Contents, source: Content | null, [batch, units]: readonly number[]): Content {
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
function neededSegments(contents: Contents, needed: readonly Block[] | undefined, segments: number): number {
  if (!needed) return 0;
  const offset = contents.arena.allocate(segments);
  const marks = new Uint8Array(contents.arena.memory.buffer, offset, segments).fill(0);
  for (const [start, end] of needed) {
    if (end > start) marks.fill(1, Math.floor(start / segment), Math.ceil(end / segment));
  }
  return offset;
}

function openJob(contents: Contents, request: OpenSettle): Job {
  const { batch, matrix, iterations, changes } = request;
  const { arena } = contents;
  const { neurons, segments } = matrix.lists;
  const layout = contents.layout(batch);
  const shape = [batch, neurons];
  // with fewer iterations what is not needed would never have been computed
  const needed = iterations > 2 ? neededSegments(contents, request.needed, segments) : 0;
  const length = sizeIn(layout, neurons) * 4;
  const oneRow = layout.lanes === 1 && layout.tiles === 1;
  // a module at zero that has spoken before takes back what it said
  const from = request.from ?? (changes?.remembered ? copied(contents, null, shape) : null);
  if (changes && oneRow) matrix.makeRows();
  return {
    request,
    layout,
    form: layout.lanes === 1 ? (matrix.rowForm ?? "lists") : "lists",
    from,
    state: iterations === 0 ? copied(contents, from, shape) : contents.inTiles(batch, neurons),
    other: iterations > 1 ? contents.inTiles(batch, neurons) : null,
    propagated: changes && {
      // in a whole product all units speak; without an iteration none does
      spoken: copied(contents, changes.remembered?.spoken ?? (iterations > 0 ? from : null), shape),
      sum: copied(contents, changes.remembered ? changes.remembered.sum : null, shape),
    },
    scratch: {
      needed,
      quiet: iterations > 1 && !from ? arena.allocate(layout.tiles * segments) : 0,
      delta: changes ? arena.allocate(length) : 0,
      active: changes && oneRow ? arena.allocate((neurons + 1) * 4) : 0,
    },
    chunks: 1,
  };
}

/** Into how many parts a tile's targets are split, so that every thread has one. */
function split(jobs: readonly Job[], threads: number): void {
  const tiles = jobs.reduce((count, { layout }) => count + layout.tiles, 0);
  if (tiles >= threads) return;
  for (const job of jobs) {
    const { connections, segments } = job.request.matrix.lists;
    const useful = Math.floor((connections * job.layout.lanes) / worthAThread);
    job.chunks = Math.max(1, Math.min(Math.ceil(threads / tiles), segments, useful));
  }
}

function writeJob(
  contents: Contents,
  at: number,
  { request, layout, form, scratch, chunks, ...job }: Job,
): void {
  const { words, numbers } = contents.arena;
  const { matrix, bias, drive, activation, iterations, tolerance, changes } = request;
  words.fill(0, at, at + jobWords.words);
  words[at + jobWords.matrix] = matrix.descriptor;
  words[at + jobWords.form] = forms[form];
  words[at + jobWords.activation] = activationCodes[activation];
  words[at + jobWords.iterations] = iterations;
  words[at + jobWords.batch] = request.batch;
  words[at + jobWords.lanes] = layout.lanes;
  words[at + jobWords.tiles] = layout.tiles;
  words[at + jobWords.bias] = bias?.rows ?? 0;
  words[at + jobWords.from] = job.from?.tiles ?? 0;
  words[at + jobWords.drive] = drive.tiles;
  words[at + jobWords.state] = job.state.tiles;
  words[at + jobWords.other] = job.other?.tiles ?? 0;
  words[at + jobWords.needed] = scratch.needed;
  words[at + jobWords.quiet] = scratch.quiet;
  words[at + jobWords.chunks] = chunks;
  words[at + jobWords.measured] = tolerance !== undefined ? 2 : request.report ? 1 : 0;
  numbers[at + jobWords.tolerance] = tolerance ?? -1;
  if (!changes || !job.propagated) return;
  words[at + jobWords.epsilonSet] = 1;
  numbers[at + jobWords.epsilon] = changes.epsilon;
  words[at + jobWords.spoken] = job.propagated.spoken.tiles;
  words[at + jobWords.sum] = job.propagated.sum.tiles;
  words[at + jobWords.delta] = scratch.delta;
  words[at + jobWords.active] = scratch.active;
  words[at + jobWords.full] = changes.remembered ? 0 : 1;
}

function closeJob(contents: Contents, job: Job, at: number): SettledContent {
  const { arena } = contents;
  const { iterations } = job.request;
  const { words, numbers } = arena;
  const made = words[at + jobWords.made];
  const residual = made === 0 ? Number.POSITIVE_INFINITY : numbers[at + jobWords.residual];
  const unchanged = made === 1 && iterations === 1 && words[at + jobWords.changed] === 0;
  const silent = made > 0 && words[at + jobWords.spoke] === 0;
  for (const offset of Object.values(job.scratch)) if (offset !== 0) arena.free(offset);
  // results alternate between the two, so an early end may leave the last one in the other
  const inOther = job.other !== null && made > 0 && (iterations - made) % 2 === 1;
  const state = inOther && job.other ? job.other : job.state;
  const spare = inOther ? job.state : job.other;
  if (spare) contents.free(spare);
  if (job.from && job.from !== job.request.from) contents.free(job.from);
  return { state, iterations: made, residual, unchanged, silent, propagated: job.propagated };
}

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
  split(jobs, threads);
  const parts = jobs.reduce((count, { layout, chunks }) => count + layout.tiles * chunks, 0);
  const first = arena.allocate(jobs.length * jobWords.words * 4);
  const command = arena.allocate(settlingWords.words * 4);
  const place = (index: number) => (first >>> 2) + index * jobWords.words;
  jobs.forEach((job, index) => {
    writeJob(contents, place(index), job);
  });
  // alone, each part makes all its iterations; together, all make one and wait for each other
  const together = jobs.some(
    ({ chunks, request: { iterations, tolerance, changes } }) =>
      (chunks > 1 && iterations > 1) || tolerance !== undefined || changes !== null,
  );
  const { words } = arena;
  words[(command >>> 2) + settlingWords.jobs] = first;
  words[(command >>> 2) + settlingWords.count] = jobs.length;
  words[(command >>> 2) + settlingWords.parts] = parts;
  words[(command >>> 2) + settlingWords.iteration] = together ? 1 : 0;
  if (parts > 1) wake();
  engine.run(operations.settle, command);
  arena.free(command);
  const settled = jobs.map((job, index) => closeJob(contents, job, place(index)));
  arena.free(first);
  return settled;
}
