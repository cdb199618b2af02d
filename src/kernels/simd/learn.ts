import type { Block, OptimiserStep } from "../kernels.js";
import { gradientWords, learningWords } from "./commands.js";
import type { Content, Contents } from "./content.js";
import { operations, worthAThread } from "./engine.js";

/** Padding of rows of errors, at most: the widest panel of weights. */
const widestPanel = 64;

/** A GradientTerm whose handles are opened. */
export interface OpenGradientTerm {
  /** null is the constant source of a bias */
  readonly source: Content | null;
  readonly block: Block;
  readonly error: Content;
  readonly errorBlock: Block;
  readonly scale: number;
}

/** A LearnRequest whose handles are opened; weights and moments are changed in place. */
export interface OpenLearn {
  readonly terms: readonly OpenGradientTerm[];
  readonly weights: Content;
  readonly first: Content | null;
  readonly second: Content | null;
  readonly gradient: Content | null;
  readonly optimiser: OptimiserStep;
}

/** A closed gate, or a block without units, teaches nothing. */
const teaches = ({ scale, block, errorBlock, source }: OpenGradientTerm): boolean =>
  scale !== 0 && errorBlock[1] > errorBlock[0] && (source === null || block[1] > block[0]);

function writeTerm(contents: Contents, at: number, term: OpenGradientTerm, rows: number): void {
  const { words, numbers } = contents.arena;
  const { source, block, error, errorBlock, scale } = term;
  const { lanes, tiles } = contents.layout(error.shape[0]);
  words[at + gradientWords.batch] = error.shape[0];
  words[at + gradientWords.lanes] = lanes;
  words[at + gradientWords.tiles] = tiles;
  words[at + gradientWords.source] = source?.tiles ?? 0;
  words[at + gradientWords.sourceUnits] = source?.shape[1] ?? 1;
  words[at + gradientWords.sourceStart] = source ? block[0] : 0;
  words[at + gradientWords.error] = error.tiles;
  words[at + gradientWords.errorUnits] = error.shape[1];
  words[at + gradientWords.errorStart] = errorBlock[0];
  numbers[at + gradientWords.scale] = scale;
  words[at + gradientWords.rows] = rows;
}

function writeOptimiser(contents: Contents, at: number, optimiser: OptimiserStep): void {
  const { words, numbers } = contents.arena;
  words[at + learningWords.adam] = optimiser.kind === "adam" ? 1 : 0;
  numbers[at + learningWords.rate] = optimiser.learningRate;
  if (optimiser.kind === "sgd") return;
  const { learningRate, beta1, beta2, epsilon, step } = optimiser;
  numbers[at + learningWords.rate] = learningRate / (1 - beta1 ** step);
  numbers[at + learningWords.beta1] = beta1;
  numbers[at + learningWords.beta2] = beta2;
  numbers[at + learningWords.epsilon] = epsilon;
  numbers[at + learningWords.secondFactor] = 1 / (1 - beta2 ** step);
}

/** Gradient and optimiser in one pass over the weights, in place. */
export function learn(contents: Contents, wake: () => void, request: OpenLearn): void {
  const { arena, engine, threads } = contents;
  const { weights, first, second, gradient, optimiser } = request;
  const terms = request.terms.filter(teaches);
  contents.forgetTurned(weights);
  const [rows, columns] = weights.shape.length === 1 ? [1, weights.shape[0]] : weights.shape;
  const width = Math.ceil(columns / widestPanel) * widestPanel;
  const errorRows = terms.map(({ source, error }) => {
    if (source) contents.tilesOf(source);
    contents.tilesOf(error);
    const [batch] = error.shape;
    return contents.layout(batch).lanes > 1 ? arena.allocate(width * batch * 4) : 0;
  });
  const command = arena.allocate((learningWords.words + terms.length * gradientWords.words) * 4);
  const at = command >>> 2;
  const firstTerm = at + learningWords.words;
  terms.forEach((term, index) => {
    writeTerm(contents, firstTerm + index * gradientWords.words, term, errorRows[index]);
  });
  const stimuli = terms.reduce((sum, { error }) => sum + error.shape[0], 0);
  const chunks = Math.max(1, Math.min(threads, rows, Math.floor((rows * columns * stimuli) / worthAThread)));
  const { words } = arena;
  words[at + learningWords.terms] = firstTerm * 4;
  words[at + learningWords.count] = terms.length;
  words[at + learningWords.rows] = rows;
  words[at + learningWords.columns] = columns;
  words[at + learningWords.weights] = weights.rows;
  words[at + learningWords.first] = first?.rows ?? 0;
  words[at + learningWords.second] = second?.rows ?? 0;
  words[at + learningWords.result] = gradient?.rows ?? 0;
  words[at + learningWords.chunks] = chunks;
  words[at + learningWords.transposing] = 0;
  writeOptimiser(contents, at, optimiser);
  if (chunks > 1) wake();
  engine.run(operations.learn, command);
  arena.free(command);
  for (const offset of errorRows) if (offset !== 0) arena.free(offset);
}
