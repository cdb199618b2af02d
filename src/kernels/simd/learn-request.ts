import type { Learned, LearnRequest, Tensor } from "../kernels.js";
import { checkLearn } from "../shapes.js";
import type { Content } from "./content.js";
import type { Device } from "./device.js";
import { learn } from "./learn.js";

/** Takes a tensor over, to be changed in place. */
export function taken({ handles, contents }: Device, tensor: Tensor): Content {
  const copy = (content: Content): Content => {
    contents.rowsOf(content);
    const result = contents.inRows(content.shape);
    contents.numbersOf(result).set(contents.numbersOf(content));
    return result;
  };
  const content = handles.take(tensor, copy);
  contents.rowsOf(content);
  // tiles of before would no longer fit
  if (content.tiles !== 0 && content.tiles !== content.rows) contents.arena.free(content.tiles);
  content.tiles = 0;
  return content;
}

/** Zeros in rows. */
export function zeros({ contents }: Device, shape: readonly number[]): Content {
  const content = contents.inRows(shape);
  contents.numbersOf(content).fill(0);
  return content;
}

/** Gradient and optimiser; consumes weights and moments. */
export function learnOne(device: Device, request: LearnRequest): Learned {
  checkLearn(request);
  const { handles, contents } = device;
  const { optimiser, moments } = request;
  const { shape } = request.weights;
  const terms = request.terms.map(({ source, block, error, errorBlock, scale }) => ({
    source: source === "ones" ? null : handles.contentOf(source),
    block,
    error: handles.contentOf(error),
    errorBlock,
    scale,
  }));
  const adam = optimiser.kind === "adam";
  // all that may find no room comes before what is consumed
  const gradient = request.keepGradient ? contents.inRows(shape) : null;
  const fresh = adam && !moments ? { first: zeros(device, shape), second: zeros(device, shape) } : null;
  const weights = taken(device, request.weights);
  const before = moments && { first: taken(device, moments.first), second: taken(device, moments.second) };
  const after = adam ? (before ?? fresh) : null;
  if (before && !adam) for (const content of [before.first, before.second]) contents.free(content);
  learn(contents, device.wake, {
    terms,
    weights,
    first: after?.first ?? null,
    second: after?.second ?? null,
    gradient,
    optimiser,
  });
  const own = (content: Content) => handles.tensor(shape, content);
  return {
    weights: own(weights),
    moments: after && { first: own(after.first), second: own(after.second) },
    gradient: gradient && own(gradient),
  };
}
