/** Values that wait for the other side's, at most: 16 MiB. */
const valuesMax = 4 * 1024 * 1024;

/** Two streams of tensors, subtracted tick by tick. */
export interface Difference {
  /** values of the original at a tick */
  original(tick: number, values: Float32Array): void;
  /** values of the twin at a tick */
  twin(tick: number, values: Float32Array): void;
}

/**
 * Joins what two simulations tell of the same tick, original minus twin. What one of them tells waits for the other; of
 * too much that waits the oldest is dropped, so that there is no difference of that tick.
 */
export function difference(emit: (tick: number, values: Float32Array) => void): Difference {
  const waiting = { original: new Map<number, Float32Array>(), twin: new Map<number, Float32Array>() };
  const forget = (side: Map<number, Float32Array>, until: number) => {
    for (const tick of side.keys()) if (tick <= until) side.delete(tick);
  };
  const add = (own: keyof typeof waiting, tick: number, values: Float32Array) => {
    const side = waiting[own];
    const other = waiting[own === "original" ? "twin" : "original"].get(tick);
    if (!other) {
      // a tick that is told again, after a restore, counts as new
      side.delete(tick);
      side.set(tick, values);
      const [oldest] = side.keys();
      if (side.size * values.length > valuesMax) side.delete(oldest);
      return;
    }
    const [left, right] = own === "original" ? [values, other] : [other, values];
    // each side tells its ticks in order, so what waits for an earlier one waits in vain
    forget(waiting.original, tick);
    forget(waiting.twin, tick);
    emit(
      tick,
      left.map((value, i) => value - right[i]),
    );
  };
  return {
    original: (tick, values) => add("original", tick, values),
    twin: (tick, values) => add("twin", tick, values),
  };
}
