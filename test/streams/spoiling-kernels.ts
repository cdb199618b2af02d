import type { Block, DriveTerm, Kernels, Settled, SettleRequest } from "../../src/kernels/kernels.js";

const identity = (size: number): Float32Array =>
  Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));

/**
 * Kernels that leave no number in the units of a settled state that were not asked for: whoever reads one of them has
 * NaN in all that comes of it.
 */
export function spoilingKernels(kernels: Kernels): Kernels & { spoilt(): number } {
  let spoilt = 0;
  const spoil = (settled: Settled, needed: readonly Block[]): Settled => {
    const [batch, units] = settled.state.shape;
    const asked = (unit: number) => needed.some(([start, end]) => start <= unit && unit < end);
    const base = Float32Array.from({ length: batch * units }, (_, i) => (asked(i % units) ? 0 : Number.NaN));
    spoilt += base.filter(Number.isNaN).length;
    const terms: DriveTerm[] = needed.map((block) => {
      const size = block[1] - block[0];
      const weights = kernels.tensor(identity(size), [size, size]);
      return { source: settled.state, block, weights, scale: 1, target: block };
    });
    const start = kernels.tensor(base, [batch, units]);
    const state = kernels.drive({ batch, units, terms, base: start });
    for (const tensor of [settled.state, start, ...terms.map(({ weights }) => weights)])
      kernels.dispose(tensor);
    return { ...settled, state };
  };
  return {
    ...kernels,
    spoilt: () => spoilt,
    settle: (requests: readonly SettleRequest[]) =>
      kernels.settle(requests).map((settled, i) => {
        const { needed } = requests[i];
        return needed ? spoil(settled, needed) : settled;
      }),
  };
}
