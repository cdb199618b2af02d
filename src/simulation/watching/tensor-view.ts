import type { Tensor } from "../../kernels/kernels.js";
import { residual } from "../magnitude.js";
import type { Frame } from "../simulation.js";
import { readWeights } from "./read-weights.js";
import { reducerOf } from "./reduction.js";
import { isMatrix, presentOf, type Seen } from "./seen.js";
import type { View, ViewContext } from "./view.js";

/** Reads what a watch wants of a tensor; the kernel is enqueued before this returns. */
function readChosen({ engine: { kernels }, watch }: ViewContext, { value }: Seen): Promise<Float32Array> {
  const { topic, units, row = 0, reduce } = watch;
  if (topic.startsWith("weights/") || isMatrix(value)) {
    return readWeights(kernels, value, units, reduce?.kind === "histogram");
  }
  const { start, end, every } = units ?? { start: 0, end: value.shape[1], every: 1 };
  const sample = kernels.sample({ tensor: value, row, units: [start, end], every });
  return kernels.read(sample).finally(() => kernels.dispose(sample));
}

/** A view of a tensor: states, drives, errors, outputs, weights. */
export function tensorView(context: ViewContext): View {
  const { engine, watch, rate, send } = context;
  const reducer = reducerOf(watch.reduce);
  const reduced = (values: Float32Array): Frame["payload"] | null => {
    const startMs = performance.now();
    const payload = reducer.reduce(values);
    engine.countWatching(performance.now() - startMs);
    return payload;
  };
  const show = (seen: Seen) => send(seen.tick, readChosen(context, seen).then(reduced));
  return {
    listensTo: watch.topic,
    see(seen) {
      const turn = rate.turn(seen.tick);
      if (turn === "skip") return;
      const collects = reducer.collects();
      if (turn === "now" || collects) show(seen);
    },
    present() {
      const seen = presentOf(engine.net.state, watch.topic);
      if (seen) show(seen);
    },
  };
}

/**
 * A view of how far a module is from rest: mean |h(t) - h(t-1)| over its units and the batch, one number. It keeps the
 * module's last state, and the one before while a frame of the two is owed.
 */
export function residualView({ engine, watch, rate, send }: ViewContext): View {
  const module = watch.topic.slice("residual/".length);
  const { kernels } = engine;
  const resting = engine.net.state.states.get(module);
  let last = resting ? kernels.retain(resting) : null;
  let owed: { readonly before: Tensor; readonly tick: number } | null = null;
  const forgetOwed = () => {
    if (owed) kernels.dispose(owed.before);
    owed = null;
  };
  const show = (before: Tensor, now: Tensor, tick: number) =>
    send(
      tick,
      residual(kernels, now, before).then((mean) => Float32Array.of(mean)),
    );
  return {
    listensTo: `state/${module}`,
    see({ tick, value }) {
      if (isMatrix(value)) return;
      forgetOwed();
      const before = last;
      last = kernels.retain(value);
      if (!before) return;
      const turn = rate.turn(tick);
      if (turn === "now") show(before, value, tick);
      if (turn === "early") owed = { before, tick };
      else kernels.dispose(before);
    },
    present() {
      if (owed && last) show(owed.before, last, owed.tick);
      forgetOwed();
    },
    forget() {
      forgetOwed();
      if (last) kernels.dispose(last);
      last = null;
    },
  };
}
