import { EddyError } from "../../errors.js";
import type { RecurrentMatrix, Tensor } from "../../kernels/kernels.js";
import type { Task } from "../../model/network.js";
import { gainOf, type Recurrent } from "../../model/parameters.js";
import { spectralRadius } from "../../model/spectral-radius.js";
import type { NetworkEvent } from "../../streams/events.js";
import { answersProbabilities, scoreOutput } from "../../streams/score.js";
import type { Engine } from "../engine.js";
import { residual } from "../magnitude.js";

/** What an alarm reads its value from. It reads back at the ends of phases alone. */
export interface Gauge {
  /** The network tells something; its handles are lent until the next tick boundary. */
  see(event: NetworkEvent): void;
  /** After a tick. @returns the value, null inside while there is none yet; null when nothing is due */
  look(): Promise<number | null> | null;
  /** Another state was put in place of the one that it knows. */
  restart(): void;
  /** What a checkpoint keeps of it, and takes back before the first tick. */
  keep(): readonly (number | null)[];
  recall(kept: readonly (number | null)[]): void;
  /** Frees what it has. */
  close(): void;
}

/** Fraction of right answers over the last so many trials of a task; none before there were so many. */
export function accuracyGauge(engine: Engine, task: Task, over: number): Gauge {
  const { kernels, run } = engine;
  const probabilities = answersProbabilities(run.network, task);
  let recent: number[] = [];
  let due: Promise<number | null> | null = null;
  const measure = async (output: Tensor, target: Tensor): Promise<number | null> => {
    const window = recent;
    const { accuracy } = await scoreOutput(kernels, task.target, output, target, probabilities);
    window.push(accuracy ?? 0);
    if (window.length > over) window.shift();
    return window.length < over ? null : window.reduce((sum, value) => sum + value, 0) / over;
  };
  return {
    see(event) {
      if (event.kind !== "output" || event.readout !== task.readout) return;
      const target = engine.net.state.targets.get(event.readout);
      if (!target) return;
      due = measure(event.output, target);
      // where the tick throws nobody looks any more, and a failure of what is being read would end the process
      due.catch(() => {});
    },
    look() {
      const looked = due;
      due = null;
      return looked;
    },
    restart() {
      recent = [];
      due = null;
    },
    keep: () => recent,
    recall(kept) {
      recent = kept.filter((accuracy) => accuracy !== null);
    },
    close() {},
  };
}

/** Mean |h(t) - h(t-1)| of a module's units on the last tick of each inference phase, of any task. */
export function residualGauge(engine: Engine, module: string): Gauge {
  const { kernels } = engine;
  const present = () => engine.net.state.states.get(module);
  const retained = (h: Tensor | undefined) => (h ? kernels.retain(h) : null);
  let before = retained(present());
  let due = false;
  const forget = () => {
    if (before) kernels.dispose(before);
    before = null;
  };
  return {
    see(event) {
      if (event.kind === "output") due = true;
    },
    look() {
      const h = present();
      const looked = due && h && before ? residual(kernels, h, before) : null;
      due = false;
      forget();
      before = retained(h);
      return looked;
    },
    restart() {
      forget();
      before = retained(present());
      due = false;
    },
    // what it knows is the state
    keep: () => [],
    recall() {},
    close: forget,
  };
}

/** Ends of learning phases between two computations of a spectral radius: one of 1024 units takes a fifth of a second. */
const learningPhases = 64;

/** gain * rho(W), at the ends of learning phases; rho of a W that learns is computed at every 64th. */
export function radiusGauge(engine: Engine, module: string): Gauge {
  const { kernels } = engine;
  let known: { readonly matrix: RecurrentMatrix | null; readonly rho: number | null } | null = null;
  let phases = 0;
  /** restarts so far */
  let epoch = 0;
  let due = false;
  const radius = async ({ matrix }: Recurrent): Promise<number | null> => {
    try {
      return spectralRadius(await kernels.weights(matrix));
    } catch (error) {
      // it has none, as where W has grown beyond all numbers: that is another alarm's
      if (error instanceof EddyError) return null;
      throw error;
    }
  };
  const measure = async (recurrent: Recurrent): Promise<number | null> => {
    const { matrix } = recurrent;
    const gain = gainOf(recurrent);
    if (!known || (known.matrix !== matrix && phases >= learningPhases)) {
      phases = 0;
      const begun = epoch;
      const rho = await radius(recurrent);
      // meanwhile another W may have taken its place
      if (begun !== epoch) return null;
      known = { matrix, rho };
    }
    return known.rho === null ? null : gain * known.rho;
  };
  return {
    see(event) {
      if (event.kind !== "phase" || event.phase !== "waiting") return;
      phases += 1;
      due = true;
    },
    look() {
      const recurrent = engine.net.state.parameters.recurrent.get(module);
      const looked = due && recurrent ? measure(recurrent) : null;
      due = false;
      return looked;
    },
    restart() {
      known = null;
      due = false;
      epoch += 1;
    },
    keep: () => (known ? [phases, known.rho] : []),
    recall([kept, rho]) {
      if (typeof kept !== "number" || rho === undefined) return;
      phases = kept;
      known = { matrix: null, rho };
    },
    close() {},
  };
}
