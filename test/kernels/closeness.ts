import { expect } from "vitest";

/** Fails unless each |actual - expected| is at most `tolerance (1 + |expected|)`; what is not finite must be equal. */
export function expectClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  expect(actual.length, `size of ${what}`).toBe(expected.length);
  for (let index = 0; index < expected.length; index++) {
    if (Object.is(actual[index], expected[index])) continue;
    const deviation = Math.abs(actual[index] - expected[index]);
    if (!(deviation <= tolerance * (1 + Math.abs(expected[index])))) {
      expect.fail(`${what}[${index}] is ${actual[index]}, expected ${expected[index]}: off by ${deviation}`);
    }
  }
}
