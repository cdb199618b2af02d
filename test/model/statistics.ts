type Numbers = ArrayLike<number>;

export function mean(values: Numbers): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

export function standardDeviation(values: Numbers): number {
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] - centre) ** 2;
  return Math.sqrt(sum / values.length);
}

/**
 * The largest distance between the distribution of the values and another (Kolmogorov and Smirnov). For n values of
 * that very distribution it is below 1.95 / sqrt(n) in 999 of 1000 draws.
 * @param cumulative the part of the other distribution that lies at or below a value
 */
export function distance(values: Numbers, cumulative: (value: number) => number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted.reduce((largest, value, i) => {
    const expected = cumulative(value);
    return Math.max(
      largest,
      Math.abs(expected - i / sorted.length),
      Math.abs(expected - (i + 1) / sorted.length),
    );
  }, 0);
}

/** {@link distance} from uniform numbers in [low, high); infinite when one lies outside. */
export const deviationFromUniform = (values: Numbers, low: number, high: number): number =>
  distance(values, (value) =>
    // float32 rounds a number just below a bound to it
    value >= Math.fround(low) && value <= Math.fround(high)
      ? (value - low) / (high - low)
      : Number.POSITIVE_INFINITY,
  );

/** The part of a normal distribution of deviation 1 below a value, by Simpson's rule. */
export function normalBelow(value: number): number {
  const steps = 200;
  const width = value / steps;
  const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(value);
  for (let i = 1; i < steps; i++) sum += density(i * width) * (i % 2 === 0 ? 2 : 4);
  return 0.5 + (sum * width) / 3;
}
