/** How rows of a batch lie in memory: in tiles of `lanes` rows, unit by unit. */
export interface Layout {
  readonly lanes: number;
  readonly tiles: number;
}

/** Time of a lane in a tile so wide, against the widest: measured on AVX-512, alike on the others. */
const cost: Readonly<Record<number, number>> = { 16: 1.6, 32: 1.15, 64: 1 };

/**
 * The layout of a batch: the width of tiles that leaves the least work to the busiest thread. It does not show in any
 * result.
 * @param widest lanes of the widest tile that stays in registers
 */
export function layoutOf(batch: number, widest: number, threads: number): Layout {
  // kernels write whole vectors, so one row alone may end within one
  if (batch <= 1) return { lanes: 1, tiles: batch };
  let best: Layout = { lanes: 16, tiles: Math.ceil(batch / 16) };
  let least = Number.POSITIVE_INFINITY;
  for (let lanes = 16; lanes <= widest; lanes *= 2) {
    const tiles = Math.ceil(batch / lanes);
    // with fewer tiles than threads, several threads share one
    const turns = Math.max(tiles / threads, tiles < threads ? 1 / Math.floor(threads / tiles) : 0);
    const work = (tiles < threads ? turns : Math.ceil(turns)) * lanes * cost[lanes];
    if (work < least) {
      least = work;
      best = { lanes, tiles };
    }
  }
  return best;
}

/** Numbers of a [batch, units] tensor in this layout. */
export const sizeIn = ({ lanes, tiles }: Layout, units: number): number => lanes * tiles * units;
