import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sparseWeights } from "../../src/kernels/sparse-weights.js";
import { inDouble } from "../../src/model/sparse-matrix.js";
import { cyclicClasses, strongComponents } from "../../src/model/strong-components.js";
import { squareMatrix } from "../arbitraries/matrices.js";

/** The matrix of a graph on `size` nodes. */
function graph(size: number, edges: [number, number][]) {
  const matrix = new Float32Array(size * size);
  for (const [from, to] of edges) matrix[from * size + to] = 1;
  return inDouble(sparseWeights(matrix, size));
}

/** Which nodes each node reaches, by the definition (Warshall). */
function reachable(entries: Float32Array, size: number): boolean[][] {
  const reach = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => i === j || entries[i * size + j] !== 0),
  );
  for (let k = 0; k < size; k++)
    for (let i = 0; i < size; i++)
      if (reach[i][k]) for (let j = 0; j < size; j++) if (reach[k][j]) reach[i][j] = true;
  return reach;
}

describe("strongComponents", () => {
  it("puts two nodes together exactly when each reaches the other", () => {
    fc.assert(
      fc.property(squareMatrix(25), ({ neurons, entries }) => {
        const components = strongComponents(inDouble(sparseWeights(entries, neurons)));
        const componentOf = new Int32Array(neurons).fill(-1);
        components.forEach((members, component) => {
          for (const member of members) {
            expect(componentOf[member]).toBe(-1);
            componentOf[member] = component;
          }
        });
        const reach = reachable(entries, neurons);
        for (let i = 0; i < neurons; i++)
          for (let j = 0; j < neurons; j++)
            expect(componentOf[i] === componentOf[j]).toBe(reach[i][j] && reach[j][i]);
      }),
    );
  });

  it("follows a path of any length", () => {
    const size = 2000;
    const path = Array.from({ length: size - 1 }, (_, i): [number, number] => [i, i + 1]);
    expect(strongComponents(graph(size, path))).toHaveLength(size);
    expect(strongComponents(graph(size, [...path, [size - 1, 0]]))).toHaveLength(1);
  });
});

describe("cyclicClasses", () => {
  it("finds the period of cycles of 4 and 6 through one node", () => {
    const cycle = (nodes: number[]) =>
      nodes.map((node, k): [number, number] => [node, nodes[(k + 1) % nodes.length]]);
    const edges = [...cycle([0, 1, 2, 3]), ...cycle([0, 4, 5, 6, 7, 8])];
    const { members, classStarts } = cyclicClasses(graph(9, edges));
    expect(classStarts).toHaveLength(3);
    const even = new Set(members.subarray(0, classStarts[1]));
    expect([...even].sort()).toEqual([0, 2, 5, 7]);
    for (const [from, to] of edges) expect(even.has(from)).not.toBe(even.has(to));
  });

  it("finds no period where two cycles have no common divisor, and one of its length in a cycle alone", () => {
    expect(
      cyclicClasses(
        graph(3, [
          [0, 1],
          [1, 2],
          [2, 0],
          [1, 0],
        ]),
      ).classStarts,
    ).toHaveLength(2);
    expect(
      cyclicClasses(
        graph(3, [
          [0, 1],
          [1, 2],
          [2, 0],
        ]),
      ).classStarts,
    ).toHaveLength(4);
  });
});
