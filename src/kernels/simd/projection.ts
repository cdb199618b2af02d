import type { Block } from "../kernels.js";
import { nothing, projectingWords, softmax, termWords } from "./commands.js";
import type { Content, Contents } from "./content.js";
import { operations, worthAThread } from "./engine.js";
import { activationCodes } from "./settle.js";

const lanesOfVector = 16;

/** A DriveTerm whose handles are opened. */
export interface OpenTerm {
  readonly source: Content;
  readonly block: Block;
  readonly weights: Content;
  readonly transposed: boolean;
  readonly scale: number;
  readonly target: Block;
}

/** A drive or a readout. */
export interface OpenProjection {
  readonly batch: number;
  readonly units: number;
  readonly terms: readonly OpenTerm[];
  /** [batch, units], or null */
  readonly base: Content | null;
  /** [units], or null */
  readonly bias: Content | null;
  readonly nonlinearity: "none" | "softmax" | "sigmoid" | "linear";
}

/** A closed gate, or a block without units, carries nothing. */
const carries = ({ scale, block, target }: OpenTerm): boolean =>
  scale !== 0 && block[1] > block[0] && target[1] > target[0];

function writeTerm(contents: Contents, at: number, term: OpenTerm, weights: Content): void {
  const { words, numbers } = contents.arena;
  const { source, block, target, scale } = term;
  words[at + termWords.source] = source.tiles;
  words[at + termWords.sourceUnits] = source.shape[1];
  words[at + termWords.sourceStart] = block[0];
  words[at + termWords.sourceCount] = block[1] - block[0];
  words[at + termWords.weights] = weights.rows;
  words[at + termWords.targetStart] = target[0];
  words[at + termWords.targetCount] = target[1] - target[0];
  numbers[at + termWords.scale] = scale;
}

/** Into how many parts the units of a tile are split. */
function chunksOf(
  { units, nonlinearity, terms }: OpenProjection,
  lanes: number,
  tiles: number,
  threads: number,
): number {
  if (tiles >= threads || nonlinearity === "softmax") return 1;
  const products = terms.reduce(
    (sum, { block, target }) => sum + (block[1] - block[0]) * (target[1] - target[0]) * lanes,
    0,
  );
  const useful = Math.floor(products / worthAThread);
  return Math.max(1, Math.min(Math.ceil(threads / tiles), Math.ceil(units / lanesOfVector), useful));
}

/** `nonlinearity(base + bias + sum of terms)`. @returns [batch, units], owned by the caller */
export function project(contents: Contents, wake: () => void, request: OpenProjection): Content {
  const { arena, engine, threads } = contents;
  const { batch, units, base, bias, nonlinearity } = request;
  const terms = request.terms.filter(carries);
  const { lanes, tiles } = contents.layout(batch);
  const weights = terms.map((term) => {
    contents.tilesOf(term.source);
    contents.rowsOf(term.weights);
    return term.transposed ? contents.turned(term.weights) : term.weights;
  });
  if (base) contents.tilesOf(base);
  if (bias) contents.rowsOf(bias);
  const result = contents.inTiles(batch, units);
  const chunks = chunksOf({ ...request, terms }, lanes, tiles, threads);
  const longest = terms.reduce((most, { block }) => Math.max(most, block[1] - block[0]), 0);
  const stride = Math.ceil((longest * 4 + 4) / 64) * 64;
  const scratch = lanes === 1 ? arena.allocate(stride * tiles * chunks) : 0;
  const command = arena.allocate((projectingWords.words + terms.length * termWords.words) * 4);
  const at = command >>> 2;
  const firstTerm = at + projectingWords.words;
  terms.forEach((term, index) => {
    writeTerm(contents, firstTerm + index * termWords.words, term, weights[index]);
  });
  const { words } = arena;
  words[at + projectingWords.batch] = batch;
  words[at + projectingWords.lanes] = lanes;
  words[at + projectingWords.tiles] = tiles;
  words[at + projectingWords.units] = units;
  words[at + projectingWords.terms] = firstTerm * 4;
  words[at + projectingWords.count] = terms.length;
  words[at + projectingWords.base] = base?.tiles ?? 0;
  words[at + projectingWords.bias] = bias?.rows ?? 0;
  words[at + projectingWords.result] = result.tiles;
  words[at + projectingWords.nonlinearity] = codeOf(nonlinearity);
  words[at + projectingWords.chunks] = chunks;
  words[at + projectingWords.scratch] = scratch;
  words[at + projectingWords.scratchStride] = stride;
  if (chunks * tiles > 1) wake();
  engine.run(operations.project, command);
  arena.free(command);
  if (scratch !== 0) arena.free(scratch);
  return result;
}

function codeOf(nonlinearity: OpenProjection["nonlinearity"]): number {
  if (nonlinearity === "softmax") return softmax;
  return nonlinearity === "sigmoid" ? activationCodes.sigmoid : nothing;
}
