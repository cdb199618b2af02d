import { permutation, random } from "../../model/random.js";

/** A batch may straddle two passes, so the orders of two are kept. */
const ordersKept = 2;

/**
 * Endless passes over a fixed set: example `n` is item `order(p)[n mod length]` of pass `p = floor(n / length)`, and
 * each pass has a permutation of its own drawn from the seed. Any place is reached without the ones before it.
 * @param length items in the set
 * @param purpose what the set is, as in `random`
 * @returns from an example's number to its item, 0 to `length - 1`
 */
export function passes(length: number, seed: number, purpose: string): (example: number) => number {
  const orders = new Map<number, Uint32Array>();
  const order = (pass: number): Uint32Array => {
    const known = orders.get(pass);
    if (known) return known;
    for (const kept of orders.keys()) if (orders.size >= ordersKept) orders.delete(kept);
    const drawn = permutation(length, random(seed, `${purpose} pass ${pass}`));
    orders.set(pass, drawn);
    return drawn;
  };
  return (example) => order(Math.floor(example / length))[example % length];
}
