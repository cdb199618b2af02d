import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../../src/model/random.js";
import { gabor, gaborImage, gaborSide } from "../../../src/streams/tasks/gabor.js";

const side = gaborSide;
const pixels = side * side;
const middle = (side - 1) / 2;

function at(image: Float32Array, column: number, row: number): number {
  return image[row * side + column];
}

/** |sum of image * exp(-2 pi i (fx x + fy y))|, y downwards; frequencies in cycles a pixel. */
function power(image: ArrayLike<number>, fx: number, fy: number): number {
  let real = 0;
  let imaginary = 0;
  for (let index = 0; index < pixels; index++) {
    const turns = fx * ((index % side) - middle) + fy * (Math.floor(index / side) - middle);
    real += image[index] * Math.cos(2 * Math.PI * turns);
    imaginary += image[index] * Math.sin(2 * Math.PI * turns);
  }
  return Math.hypot(real, imaginary);
}

const frequencies = Array.from({ length: 51 }, (_, step) => 0.1 + 0.002 * step);

/** Frequency and direction of the strongest wave, found on a grid of half a degree. */
function strongestWave(
  image: ArrayLike<number>,
  among: readonly number[],
): { frequency: number; degrees: number } {
  let best = { frequency: 0, degrees: 0, power: 0 };
  for (const frequency of among)
    for (let degrees = -15; degrees <= 15; degrees += 0.5) {
      const angle = (degrees * Math.PI) / 180;
      const found = power(image, frequency * Math.cos(angle), frequency * Math.sin(angle));
      if (found > best.power) best = { frequency, degrees, power: found };
    }
  return best;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

describe("gaborImage", () => {
  it.each([-12, -6, 0, 6, 12])("has 0.15 cycles a pixel across stripes at %d degrees", (degrees) => {
    const wave = strongestWave(gaborImage({ degrees }), frequencies);
    expect(wave.frequency).toBeCloseTo(0.15, 2);
    expect(Math.abs(wave.degrees - degrees)).toBeLessThanOrEqual(0.5);
  });

  it("has vertical stripes at 0 degrees: a column differs from another row's only by the envelope", () => {
    const image = gaborImage({ degrees: 0 });
    const near = 0.5;
    for (const row of [0, 5, 20, 31]) {
      const ratio = Math.exp(-((row - middle) ** 2 - near ** 2) / (2 * 10 ** 2));
      for (let column = 0; column < side; column++)
        expect(at(image, column, row)).toBeCloseTo(at(image, column, 15) * ratio, 5);
    }
  });

  it("has an envelope of standard deviation 10 pixels across the stripes, too", () => {
    const image = gaborImage({ degrees: 0 });
    // 20 pixels are three whole cycles, so the wave is the same at both ends
    for (let column = 0; column + 20 < side; column++) {
      const [left, right] = [column - middle, column + 20 - middle];
      const ratio = Math.exp(-(right ** 2 - left ** 2) / (2 * 10 ** 2));
      expect(at(image, column + 20, 15)).toBeCloseTo(at(image, column, 15) * ratio, 5);
    }
  });

  it("leans to the right when degrees are positive: the bright stripe shifts right towards the top", () => {
    const brightest = (image: Float32Array, row: number): number => {
      const central = Array.from({ length: 8 }, (_, step) => 12 + step);
      return central.reduce((best, column) =>
        at(image, column, row) > at(image, best, row) ? column : best,
      );
    };
    const right = gaborImage({ degrees: 12 });
    expect(brightest(right, 4)).toBeGreaterThan(brightest(right, 27));
    const left = gaborImage({ degrees: -12 });
    expect(brightest(left, 4)).toBeLessThan(brightest(left, 27));
  });

  it("is mirrored by the opposite tilt, and its largest |pixel| is 1", () => {
    fc.assert(
      fc.property(fc.double({ min: -45, max: 45, noNaN: true }), (degrees) => {
        const image = gaborImage({ degrees });
        const mirrored = gaborImage({ degrees: -degrees });
        expect(Math.max(...image.map(Math.abs))).toBe(1);
        for (let row = 0; row < side; row += 3)
          for (let column = 0; column < side; column += 3)
            expect(at(mirrored, side - 1 - column, row)).toBeCloseTo(at(image, column, row), 5);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  it("adds noise of the deviation asked for", () => {
    const clean = gaborImage({ degrees: 6 });
    const added: number[] = [];
    for (let seed = 0; seed < 50; seed++) {
      const noisy = gaborImage({ degrees: 6, noise: 0.05, seed });
      for (let index = 0; index < pixels; index++)
        if (Math.abs(clean[index]) < 0.7) added.push(noisy[index] - clean[index]);
    }
    expect(deviation(added)).toBeCloseTo(0.05, 3);
    expect(mean(added)).toBeCloseTo(0, 3);
  });

  it("clips to [-1, 1], and does so only after adding noise", () => {
    const image = gaborImage({ degrees: 6, noise: 2 });
    expect(Math.max(...image)).toBe(1);
    expect(Math.min(...image)).toBe(-1);
    // N(0, 2) leaves [-1, 1] in 62 % of the draws; the wave moves that a little
    const clipped = image.filter((pixel) => Math.abs(pixel) === 1).length / pixels;
    expect(clipped).toBeGreaterThan(0.55);
    expect(clipped).toBeLessThan(0.75);
  });

  it.each([
    [{ degrees: Number.NaN }, /degrees is NaN/],
    [{ degrees: 6, noise: -1 }, /noise is -1/],
  ])("refuses %o", (options, message) => {
    expect(() => gaborImage(options)).toThrow(message);
  });
});

describe("gabor", () => {
  const classOf = (target: Float32Array, example: number): number => target[2 * example + 1];

  it("says which numbers it gives", () => {
    const source = gabor({ seed: 1 });
    expect(source).toMatchObject({ name: "gabor", size: 1024, outputs: 2 });
    expect(source.training.length).toBe(Number.POSITIVE_INFINITY);
    expect(source.test?.length).toBe(400);
    const { input, target } = source.training.take(0, 3);
    expect([input.length, target?.length]).toEqual([3 * 1024, 3 * 2]);
  });

  it("has both classes equally often, one-hot", () => {
    const { target } = gabor({ seed: 1 }).training.take(0, 4000);
    const rights = Array.from({ length: 4000 }, (_, example) => classOf(target!, example));
    expect(new Set(target)).toEqual(new Set([0, 1]));
    for (let example = 0; example < 4000; example++)
      expect(target![2 * example] + target![2 * example + 1]).toBe(1);
    // four standard deviations of a fair coin
    expect(Math.abs(mean(rights) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 4000));
  });

  it("tilts class 0 to the left and class 1 to the right, by 6 degrees with the jitter asked for", () => {
    const tilts: [number[], number[]] = [[], []];
    const { input, target } = gabor({ seed: 3, noise: 0, jitter: 2 }).training.take(0, 60);
    for (let example = 0; example < 60; example++) {
      const image = input.subarray(example * pixels, (example + 1) * pixels);
      tilts[classOf(target!, example)].push(strongestWave(image, [0.15]).degrees);
    }
    expect(Math.abs(mean(tilts[0]) + 6)).toBeLessThan(1.5);
    expect(Math.abs(mean(tilts[1]) - 6)).toBeLessThan(1.5);
    for (const side of tilts) {
      expect(deviation(side)).toBeGreaterThan(1.2);
      expect(deviation(side)).toBeLessThan(2.8);
    }
  });

  it("shows the plain image when there is neither noise nor jitter", () => {
    const { input, target } = gabor({ seed: 1, noise: 0, jitter: 0, angle: 9 }).training.take(5, 1);
    expect(input).toEqual(gaborImage({ degrees: classOf(target!, 0) === 1 ? 9 : -9 }));
  });

  it("is varied to what it would be with another seed and other numbers, the rest as it was", () => {
    const own = { jitter: 0.3, trainingImages: 7 };
    const source = gabor({ seed: 1, noise: 0.1, ...own });
    expect(source.parameters).toEqual({
      noise: { value: 0.1, least: 0, most: 1000 },
      angle: { value: 6, least: 0, most: 90 },
      jitter: { value: 0.3, least: 0, most: 90 },
    });
    const varied = source.vary!(5, { noise: 0.4, angle: 20 });
    expect(varied.take(3, 9)).toEqual(gabor({ seed: 5, noise: 0.4, angle: 20, ...own }).training.take(3, 9));
    expect(source.vary!(1, {}).take(3, 9)).toEqual(source.training.take(3, 9));
  });

  it("gives the same stimuli for the same numbers, whatever was taken before", () => {
    const whole = gabor({ seed: 7 }).training.take(0, 40);
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 10 }), (first, count) => {
        const part = gabor({ seed: 7 }).training.take(first, count);
        expect(part.input).toEqual(whole.input.slice(first * 1024, (first + count) * 1024));
        expect(part.target).toEqual(whole.target!.slice(first * 2, (first + count) * 2));
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  it("draws independent noise for each example, seed and set", () => {
    const noiseOf = (input: Float32Array): number[] => {
      const source = Array.from(input);
      const centre = mean(source);
      return source.map((pixel) => pixel - centre);
    };
    // noise of deviation 100, clipped: only its sign is left, and no stripe
    const source = gabor({ seed: 1, noise: 100 });
    const other = gabor({ seed: 2, noise: 100 });
    const images = [
      source.training.take(0, 1),
      source.training.take(1, 1),
      source.training.take(10, 1),
      source.training.take(2 ** 40, 1),
      source.test!.take(0, 1),
      other.training.take(0, 1),
    ].map(({ input }) => noiseOf(input));
    for (const [first, a] of images.entries())
      for (const b of images.slice(first + 1)) {
        const correlation = mean(a.map((value, index) => value * b[index])) / (deviation(a) * deviation(b));
        expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(pixels));
      }
  });

  it("goes over a finite training set in an order of its own each time", () => {
    const source = gabor({ seed: 1, trainingImages: 20 });
    expect(source.training.length).toBe(20);
    const keys = (pass: number): string[] =>
      Array.from({ length: 20 }, (_, example) =>
        String(source.training.take(pass * 20 + example, 1).input.slice(0, 4)),
      );
    const [first, second] = [keys(0), keys(1)];
    expect(new Set(first).size).toBe(20);
    expect(second).not.toEqual(first);
    expect([...second].sort()).toEqual([...first].sort());
    expect(keys(0)).toEqual(first);
  });

  it("ends its test set", () => {
    const { test } = gabor({ seed: 1, testImages: 5 });
    expect(test?.take(0, 5).input.length).toBe(5 * 1024);
    expect(() => test?.take(3, 3)).toThrow(/past the end; the set has 5/);
  });

  it.each([
    [{ noise: -0.1 }, /noise is -0.1/],
    [{ noise: Number.NaN }, /noise is NaN/],
    [{ angle: -6 }, /angle is -6/],
    [{ jitter: Number.POSITIVE_INFINITY }, /jitter is Infinity/],
    [{ trainingImages: 0 }, /trainingImages is 0/],
    [{ testImages: 1.5 }, /testImages is 1.5/],
  ])("refuses %o", (options, message) => {
    expect(() => gabor({ seed: 1, ...options })).toThrow(message);
  });

  it.each([
    [-1, 1],
    [0.5, 1],
    [0, 0],
    [0, 1.5],
  ])("refuses take(%d, %d)", (first, count) => {
    expect(() => gabor({ seed: 1 }).training.take(first, count)).toThrow(/whole number/);
  });

  it("uses the generator of its purpose, so that a stimulus can be had without the stream", () => {
    const label = random(5, "gabor 17").integer(2);
    expect(classOf(gabor({ seed: 5 }).training.take(17, 1).target!, 0)).toBe(label);
  });
});
