import type { Tensor } from "../kernels/kernels.js";
import type { NetworkEvent } from "../streams/events.js";
import type { NetworkState } from "../streams/network-state.js";
import type { Engine } from "./engine.js";
import { holdsNumbers } from "./finite-look.js";
import {
  allFinite,
  carriers,
  describeNotFinite,
  findNotFinite,
  magnitude,
  type NotFinite,
} from "./not-finite.js";
import type { Part } from "./part.js";

/** Ticks after which one of the learned tensors is looked at, in turn: a tanh hides weights that are infinite. */
const weightsEveryTicks = 4096;

/** So many looks that find nothing, one after the other, and the network counts as finite again. */
const cleanLooks = 8;

/** Whether a task's weights change on the next tick. */
function learnsNext({ tasks }: NetworkState): boolean {
  for (const { phase, ticksLeft } of tasks.values()) if (phase === "learning" && ticksLeft === 1) return true;
  return false;
}

/** What the guard did, for people. */
function describeAction(gates: readonly string[], { modules, matrices, biases }: NotFinite): string {
  const parts = [
    ["gates shut:", gates],
    ["brought to rest:", [...modules]],
    ["connections mended in W of:", [...matrices]],
    ["set to zero:", [...biases]],
  ] as const;
  const told = parts
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${what} ${names.join(", ")}`);
  return told.join("; ") || "none: what carries it is shut already";
}

/**
 * The guard against NaN. Where a phase ends (inference as the output error is about to enter, learning before the
 * weights change) it looks at every module's state and at the output error; the clock waits for what has to be read
 * back. If anything is no number any more it finds where, shuts the gates that carry it and brings to rest what it has
 * reached, by interventions; the rest of the network goes on.
 */
export function guard(engine: Engine): Part {
  const { kernels } = engine;
  let looks: (boolean | Promise<boolean>)[] = [];
  let working: Promise<void> | null = null;
  let lastTick = engine.net.state.tick;
  let lastTold = "";
  let clean = cleanLooks;

  const look = (tensor: Tensor) => void looks.push(holdsNumbers(kernels, tensor, engine.net.state.tick));

  const act = async (): Promise<void> => {
    const { net } = engine;
    // an output error that waits has to be found, too; whatever is found brings an intervention, which would do the same
    net.drain();
    const { state, network } = net;
    const found = await findNotFinite(kernels, network, state);
    if (allFinite(found)) return;
    const gates = carriers(network, state.gates, found);
    for (const pathway of gates) await engine.intervene({ kind: "gate", pathway, gate: 0 }, "guard");
    const { modules, readouts, biases, matrices } = found;
    if (modules.size + readouts.size + biases.size + matrices.size > 0) {
      await engine.intervene(
        {
          kind: "quiet",
          modules: [...modules],
          readouts: [...readouts],
          biases: [...biases],
          matrices: [...matrices],
        },
        "guard",
      );
    }
    const where = describeNotFinite(found);
    // what comes again and again at a place that is shut off is told once
    if (gates.length === 0 && where === lastTold) return;
    lastTold = where;
    engine.tell({ kind: "notFinite", tick: state.tick, where, action: describeAction(gates, found), gates });
  };

  const conclude = (finite: boolean): Promise<void> | null => {
    clean = finite ? clean + 1 : 0;
    if (!finite) return act();
    if (clean === cleanLooks) {
      lastTold = "";
      engine.tell({ kind: "finite", tick: engine.net.state.tick });
    }
    return null;
  };

  /** Has the clock wait for work, and those who end the simulation. */
  const awaited = (work: Promise<unknown>): void => {
    const whole = work.then(() => {});
    working = whole;
    const done = () => {
      if (working === whole) working = null;
    };
    // whoever holds the clock hears of a failure
    whole.then(done, done);
  };

  return {
    see(event: NetworkEvent) {
      if (event.kind === "output") look(event.output);
      if (event.kind === "outputError") look(event.error);
    },
    ticked() {
      const { state } = engine.net;
      if (looks.length === 0 && !learnsNext(state)) return;
      for (const tensor of state.states.values()) look(tensor);
      const turn = Math.floor(state.tick / weightsEveryTicks);
      if (turn > Math.floor(lastTick / weightsEveryTicks)) {
        const learned = [...state.parameters.learned.values()];
        const { weights } = learned[turn % learned.length] ?? {};
        if (weights) looks.push(magnitude(kernels, weights).then(Number.isFinite));
      }
      lastTick = state.tick;
      const looked = looks;
      looks = [];
      if (looked.every((finite) => typeof finite === "boolean")) {
        const acting = conclude(looked.every(Boolean));
        if (acting) awaited(acting);
      } else {
        awaited(Promise.all(looked).then((finite) => conclude(finite.every(Boolean))));
      }
    },
    hold: () => working,
    async close() {
      await working?.catch(() => {});
    },
  };
}
