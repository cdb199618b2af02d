import fc from "fast-check";
import { EVD, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { principalAxes, principalComponents, projected } from "../../src/model/principal-components.js";
import { seeded } from "../arbitraries/seeded.js";

const coordinate = fc.double({ min: -10, max: 10, noNaN: true });
const points = fc
  .tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 6 }))
  .chain(([count, units]) =>
    fc.array(fc.array(coordinate, { minLength: units, maxLength: units }), {
      minLength: count,
      maxLength: count,
    }),
  );

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.hypot(...Array.from(a, (value, i) => value - b[i]));

describe("principal components", () => {
  it("keep all distances when there are as many as the points have dimensions", () => {
    fc.assert(
      fc.property(points, (given) => {
        const { coordinates } = principalComponents(given, given.length);
        for (const [i, a] of given.entries())
          for (const [j, b] of given.entries())
            expect(Math.abs(distance(coordinates[i], coordinates[j]) - distance(a, b))).toBeLessThan(1e-5);
      }),
      seeded(100),
    );
  });

  it("have the variances of the covariance matrix, the largest first, and no covariance", () => {
    fc.assert(
      fc.property(points, (given) => {
        const { coordinates, shares } = principalComponents(given, 3);
        const X = new Matrix(given).center("column");
        const covariance = X.transpose().mmul(X);
        const wanted = new EVD(covariance, { assumeSymmetric: true }).realEigenvalues.sort((a, b) => b - a);
        const total = wanted.reduce((sum, value) => sum + Math.max(0, value), 0);
        for (let a = 0; a < 3; a++) {
          for (let b = 0; b < 3; b++) {
            const both = coordinates.reduce((sum, point) => sum + point[a] * point[b], 0);
            expect(Math.abs(both - (a === b ? Math.max(0, wanted[a] ?? 0) : 0))).toBeLessThan(
              1e-6 * (1 + total),
            );
          }
          if (total > 1e-6) expect(shares[a]).toBeCloseTo(Math.max(0, wanted[a] ?? 0) / total, 6);
        }
      }),
      seeded(100),
    );
  });

  it("of points on a line are one, whose largest coordinate is positive, and zeros", () => {
    const { coordinates, shares } = principalComponents(
      [3, 0, 1, 0].map((t) => [0.6 * t, -0.8 * t, 5]),
      3,
    );
    for (const [i, wanted] of [2, -1, 0, -1].entries()) {
      expect(coordinates[i][0]).toBeCloseTo(wanted, 10);
      expect(coordinates[i][1]).toBeCloseTo(0, 6);
      expect(coordinates[i][2]).toBeCloseTo(0, 6);
    }
    expect(shares[0]).toBeCloseTo(1, 10);
  });

  it("of a single point are zero", () => {
    expect(principalComponents([[1, 2]], 2)).toEqual({
      coordinates: [new Float64Array(2)],
      shares: new Float64Array(2),
    });
  });
});

describe("principal axes", () => {
  it("project the points that they were found from on their principal components", () => {
    fc.assert(
      fc.property(points, (given) => {
        const { coordinates, shares } = principalComponents(given, 3);
        const axes = principalAxes(given, 3);
        for (const [row, point] of given.entries()) {
          for (const [k, value] of projected(point, axes).entries()) {
            if (shares[k] > 1e-6) expect(Math.abs(value - coordinates[row][k])).toBeLessThan(1e-3);
          }
        }
        for (const [k, axis] of axes.axes.entries()) {
          if (shares[k] > 1e-6) expect(Math.hypot(...axis)).toBeCloseTo(1, 4);
        }
      }),
      seeded(100),
    );
  });

  it("of points that do not vary are zero", () => {
    const axes = principalAxes(
      [
        [1, 2],
        [1, 2],
      ],
      2,
    );
    expect([...projected([3, 4], axes)]).toEqual([0, 0]);
  });
});
