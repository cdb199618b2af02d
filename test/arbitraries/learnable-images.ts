import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { random } from "../../src/model/random.js";
import { idxFile } from "./idx-files.js";

const side = 28;

export interface LearnableSet {
  readonly training: number;
  readonly test: number;
  /** of the noise and the order of the classes (default 1) */
  readonly seed?: number;
}

/** An image of a class: a bright band of rows where the class says, in noise. */
function image(label: number, pixels: Uint8Array, noise: ReturnType<typeof random>): void {
  for (let i = 0; i < side * side; i++) {
    const row = Math.floor(i / side);
    const bright = row >= 2 * label + 3 && row < 2 * label + 6;
    pixels[i] = noise.integer(90) + (bright ? 150 : 0);
  }
}

/** Writes the four files of a set of ten classes that a network can learn, plain, and says nothing that is not in it. */
export function writeLearnableSet(directory: string, { training, test, seed = 1 }: LearnableSet): void {
  mkdirSync(directory, { recursive: true });
  for (const [prefix, count] of [
    ["train", training],
    ["t10k", test],
  ] as const) {
    const noise = random(seed, `learnable ${prefix}`);
    const pixels = new Uint8Array(count * side * side);
    const labels = Array.from({ length: count }, () => noise.integer(10));
    labels.forEach((label, i) => {
      image(label, pixels.subarray(i * side * side, (i + 1) * side * side), noise);
    });
    writeFileSync(join(directory, `${prefix}-images-idx3-ubyte`), idxFile([count, side, side], pixels));
    writeFileSync(join(directory, `${prefix}-labels-idx1-ubyte`), idxFile([count], labels));
  }
}
