import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A seeded source of random numbers. */
export interface Random {
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Normal with mean 0 and the given standard deviation. */
  normal(deviation: number): number;
  /** Uniform whole number in [0, below). */
  integer(below: number): number;
}

/** xoroshiro128+ starts from few random bits; so many numbers later they have spread over its whole state. */
const warmUp = 16;

/** FNV-1a with a final mix: purposes that differ in one digit start far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}

/**
 * The random numbers of one purpose in one run: the same seed and purpose always give the same numbers, different
 * purposes unrelated ones (of 2^32 sequences; two purposes share one about once in 2^32 pairs).
 * @param seed whole number, from the description of the run
 * @param purpose what the numbers are for, as "weights m1->m2" or "gabor 17"
 */
export function random(seed: number, purpose: string): Random {
  const generator = xoroshiro128plus(hash(`${seed}/${purpose}`));
  for (let i = 0; i < warmUp; i++) generator.next();
  let spare: number | null = null;
  return {
    uniform: (low, high) => low + (high - low) * uniformFloat64(generator),
    normal(deviation) {
      if (spare !== null) {
        const value = spare * deviation;
        spare = null;
        return value;
      }
      // Box-Muller; 1 - u lies in (0, 1], so the logarithm is finite
      const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator)));
      const angle = 2 * Math.PI * uniformFloat64(generator);
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle) * deviation;
    },
    integer: (below) => uniformInt(generator, 0, below - 1),
  };
}

/** The numbers 0 to `length - 1` in random order (Fisher-Yates). */
export function permutation(length: number, source: Random): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let i = length - 1; i > 0; i--) {
    const j = source.integer(i + 1);
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return order;
}
