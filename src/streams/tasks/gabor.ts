import { EddyError } from "../../errors.js";
import { type Random, random } from "../../model/random.js";
import type { ParameterRange, StimulusSource } from "../stimulus.js";
import { classExamples } from "./class-examples.js";
import { passes } from "./passes.js";

/** Width and height of an image, pixels. */
export const gaborSide = 32;
const pixels = gaborSide * gaborSide;
/** Cycles per pixel. */
const frequency = 0.15;
/** Standard deviation of the envelope, pixels. */
const envelopeDeviation = 10;

/** Position of each column (or row) from the image's middle, pixels. */
const offsets = Float64Array.from({ length: gaborSide }, (_, index) => index - (gaborSide - 1) / 2);

/** [gaborSide, gaborSide], row-major. */
const envelope = Float64Array.from({ length: pixels }, (_, index) => {
  const x = offsets[index % gaborSide];
  const y = offsets[Math.floor(index / gaborSide)];
  return Math.exp(-(x * x + y * y) / (2 * envelopeDeviation ** 2));
});

/** cos and sin of `cyclesPerPixel * offset` turns along one axis. */
function waves(cyclesPerPixel: number): { readonly cos: Float64Array; readonly sin: Float64Array } {
  const turns = 2 * Math.PI * cyclesPerPixel;
  return {
    cos: offsets.map((offset) => Math.cos(turns * offset)),
    sin: offsets.map((offset) => Math.sin(turns * offset)),
  };
}

/**
 * Writes the clean patch. cos(a + b) = cos a cos b - sin a sin b makes the grating from 64 cosines and sines
 * instead of 1024, which is what keeps a stimulus cheaper than a tick.
 */
function writePatch(image: Float32Array, degrees: number): void {
  const angle = (degrees * Math.PI) / 180;
  const across = waves(frequency * Math.cos(angle));
  const down = waves(frequency * Math.sin(angle));
  let largest = 0;
  for (let row = 0; row < gaborSide; row++) {
    for (let column = 0; column < gaborSide; column++) {
      const index = row * gaborSide + column;
      const wave = across.cos[column] * down.cos[row] - across.sin[column] * down.sin[row];
      image[index] = envelope[index] * wave;
      largest = Math.max(largest, Math.abs(image[index]));
    }
  }
  for (let index = 0; index < pixels; index++) image[index] /= largest;
}

/** Adds noise to every pixel and clips to [-1, 1]. */
function addNoise(image: Float32Array, deviation: number, source: Random): void {
  for (let index = 0; index < pixels; index++)
    image[index] = Math.min(1, Math.max(-1, image[index] + source.normal(deviation)));
}

function atLeast(name: string, value: number, least: number, whole: boolean): void {
  if (Number.isFinite(value) && value >= least && (!whole || Number.isSafeInteger(value))) return;
  throw new EddyError(
    "INVALID_ARGUMENT",
    `gabor: ${name} is ${value}; needs a ${whole ? "whole " : ""}number of at least ${least}`,
  );
}

/** What one gabor patch looks like. */
export interface GaborImageOptions {
  /** tilt of the stripes, degrees; 0: vertical; positive: their upper ends lean to the right */
  readonly degrees: number;
  /** standard deviation of the pixel noise (default 0), in units of the largest clean |pixel| */
  readonly noise?: number;
  /** of the noise (default 0) */
  readonly seed?: number;
}

/**
 * One gabor patch, for pictures and psychometric curves.
 *
 * `clip(g / max|g| + N(0, noise), -1, 1)` with `g = exp(-(x² + y²) / (2 · 10²)) cos(2π · 0.15 (x cos a + y sin a))`, x to
 * the right and y downwards from the image's middle, in pixels.
 * @returns [32 * 32], row-major, dimensionless, in [-1, 1]
 * @throws EddyError INVALID_ARGUMENT
 * @see Liu et al. 2026, Appendix 2, figure 1a
 */
export function gaborImage({ degrees, noise = 0, seed = 0 }: GaborImageOptions): Float32Array {
  atLeast("degrees", degrees, -Number.MAX_VALUE, false);
  atLeast("noise", noise, 0, false);
  const image = new Float32Array(pixels);
  writePatch(image, degrees);
  if (noise > 0) addNoise(image, noise, random(seed, "gabor image"));
  return image;
}

/** What the images of the task look like, and how many there are. */
export interface GaborOptions {
  readonly seed: number;
  /** standard deviation of the pixel noise (default 0.2), in units of the largest clean |pixel| */
  readonly noise?: number;
  /** tilt of the stripes to either side (default 6), degrees */
  readonly angle?: number;
  /** standard deviation of the tilt (default 0.5), degrees */
  readonly jitter?: number;
  /** images to go over again and again (the paper: 1000); default: a new image every time */
  readonly trainingImages?: number;
  /** images of the test set (default 400) */
  readonly testImages?: number;
}

/** What may be changed while the task runs: the ranges that a run file has. */
const gaborRanges = (now: Readonly<Record<"noise" | "angle" | "jitter", number>>) =>
  ({
    noise: { value: now.noise, least: 0, most: 1000 },
    angle: { value: now.angle, least: 0, most: 90 },
    jitter: { value: now.jitter, least: 0, most: 90 },
  }) satisfies Readonly<Record<string, ParameterRange>>;

/**
 * Two-alternative forced choice: does a noisy gabor patch tilt to the left (class 0) or to the right (class 1)?
 *
 * Inputs are 32 x 32 pixels as `gaborImage` makes them, at `±angle + N(0, jitter)` degrees with equal odds. Each image
 * follows from the seed and its number alone.
 * @throws EddyError INVALID_ARGUMENT
 * @see Liu et al. 2026, Appendix 2
 */
export function gabor({
  seed,
  noise = 0.2,
  angle = 6,
  jitter = 0.5,
  trainingImages = Number.POSITIVE_INFINITY,
  testImages = 400,
}: GaborOptions): StimulusSource {
  atLeast("noise", noise, 0, false);
  atLeast("angle", angle, 0, false);
  atLeast("jitter", jitter, 0, false);
  if (trainingImages !== Number.POSITIVE_INFINITY) atLeast("trainingImages", trainingImages, 1, true);
  atLeast("testImages", testImages, 1, true);

  const write = (purpose: string, image: Float32Array): number => {
    const source = random(seed, purpose);
    const label = source.integer(2);
    writePatch(image, (label === 1 ? angle : -angle) + source.normal(jitter));
    if (noise > 0) addNoise(image, noise, source);
    return label;
  };
  const item =
    trainingImages === Number.POSITIVE_INFINITY
      ? (example: number) => example
      : passes(trainingImages, seed, "gabor");
  const sizes = { size: pixels, outputs: 2 };
  const own = { noise, angle, jitter, trainingImages, testImages };
  return {
    name: "gabor",
    ...sizes,
    training: classExamples({
      ...sizes,
      length: trainingImages,
      endless: true,
      write: (example, image) => write(`gabor ${item(example)}`, image),
    }),
    test: classExamples({
      ...sizes,
      length: testImages,
      endless: false,
      write: (example, image) => write(`gabor test ${example}`, image),
    }),
    parameters: gaborRanges({ noise, angle, jitter }),
    vary: (otherSeed, changed) => gabor({ ...own, ...changed, seed: otherSeed }).training,
  };
}
