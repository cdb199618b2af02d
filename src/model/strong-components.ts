import type { SparseMatrix } from "./sparse-matrix.js";

/**
 * The strongly connected components of a matrix read as a graph (an edge i -> j for each entry [i, j]). Sorted
 * by them the matrix is block triangular: its eigenvalues are those of the diagonal blocks together.
 * @returns the members of each component
 * @see Tarjan 1972, Depth-first search and linear graph algorithms; here without recursion
 */
export function strongComponents(matrix: SparseMatrix): Int32Array[] {
  const { size, starts, columns } = matrix;
  const order = new Int32Array(size).fill(-1);
  const lowest = new Int32Array(size);
  const nextEdge = starts.slice(0, size);
  const assigned = new Uint8Array(size);
  const unassigned: number[] = [];
  const path: number[] = [];
  const components: Int32Array[] = [];
  let visited = 0;
  const enter = (node: number) => {
    order[node] = lowest[node] = visited++;
    unassigned.push(node);
    path.push(node);
  };
  const leave = (node: number) => {
    path.pop();
    if (path.length > 0) {
      const parent = path[path.length - 1];
      lowest[parent] = Math.min(lowest[parent], lowest[node]);
    }
    if (lowest[node] !== order[node]) return;
    const members = unassigned.splice(unassigned.lastIndexOf(node));
    for (const member of members) assigned[member] = 1;
    components.push(Int32Array.from(members));
  };
  for (let root = 0; root < size; root++) {
    if (order[root] >= 0) continue;
    enter(root);
    while (path.length > 0) {
      const node = path[path.length - 1];
      if (nextEdge[node] === starts[node + 1]) {
        leave(node);
        continue;
      }
      const target = columns[nextEdge[node]++];
      if (order[target] < 0) enter(target);
      else if (!assigned[target]) lowest[node] = Math.min(lowest[node], order[target]);
    }
  }
  return components;
}

/**
 * The cyclic classes of an irreducible matrix: every edge leads from class c to class c + 1 modulo the period,
 * the greatest common divisor of the lengths of all its cycles.
 * @param matrix strongly connected
 * @returns members sorted by class, and where each class starts among them (period + 1 numbers)
 */
export function cyclicClasses(matrix: SparseMatrix): { members: Int32Array; classStarts: Int32Array } {
  const { size, starts, columns } = matrix;
  const depth = new Int32Array(size).fill(-1);
  const queue = new Int32Array(size);
  depth[0] = 0;
  let queued = 1;
  let period = 0;
  for (let head = 0; head < queued; head++) {
    const node = queue[head];
    for (let at = starts[node]; at < starts[node + 1]; at++) {
      const target = columns[at];
      if (depth[target] < 0) {
        depth[target] = depth[node] + 1;
        queue[queued++] = target;
      } else period = greatestCommonDivisor(Math.abs(depth[node] + 1 - depth[target]), period);
    }
  }
  const classStarts = new Int32Array(period + 1);
  for (let node = 0; node < size; node++) classStarts[(depth[node] % period) + 1]++;
  for (let c = 0; c < period; c++) classStarts[c + 1] += classStarts[c];
  const next = classStarts.slice(0, period);
  const members = new Int32Array(size);
  for (let node = 0; node < size; node++) members[next[depth[node] % period]++] = node;
  return { members, classStarts };
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}
