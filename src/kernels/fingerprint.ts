import type { Kernels, Tensor } from "./kernels.js";

/** What tells two tensors apart: their bits in few, and how large they are. */
export interface Fingerprint {
  /** of the bits of all numbers, row by row: 8 hexadecimal digits */
  readonly hash: string;
  /** mean of |x| */
  readonly magnitude: number;
}

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/**
 * The fingerprint of numbers: MurmurHash3 (32 bits, seed 0) of their float32 words, so it depends on nothing but them.
 * @see https://github.com/aappleby/smhasher, MurmurHash3_x86_32, in the public domain
 */
export function fingerprint(values: Float32Array): Fingerprint {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let hash = 0;
  let sum = 0;
  for (let i = 0; i < words.length; i++) {
    const word = Math.imul(rotated(Math.imul(words[i], 0xcc9e2d51), 15), 0x1b873593);
    hash = (Math.imul(rotated(hash ^ word, 13), 5) + 0xe6546b64) | 0;
    sum += Math.abs(values[i]);
  }
  hash ^= 4 * words.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return {
    hash: (hash >>> 0).toString(16).padStart(8, "0"),
    magnitude: words.length > 0 ? sum / words.length : 0,
  };
}

/** The fingerprint of a tensor, where its numbers lie if that can be; the numbers are those of now. */
export const fingerprintOf = (kernels: Kernels, tensor: Tensor): Promise<Fingerprint> | Fingerprint =>
  kernels.lend ? kernels.lend(tensor, fingerprint) : kernels.read(tensor).then(fingerprint);
