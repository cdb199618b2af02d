import { z } from "zod";
import type { Tensor } from "../../kernels/kernels.js";
import { validate } from "../../model/validate.js";
import type { NetworkEvent } from "../../streams/events.js";
import type { NetworkState } from "../../streams/network-state.js";
import type { Engine } from "../engine.js";
import { magnitude } from "../magnitude.js";
import type { Part, PartMemory } from "../part.js";
import { holdsNumbers } from "./finite-look.js";
import { allFinite, carriers, describeNotFinite, findNotFinite, type NotFinite } from "./not-finite.js";

/** Ticks after which one of the learned tensors is looked at, in turn: a tanh hides weights that are infinite. */
const weightsEveryTicks = 4096;

/** So many looks that find nothing, one after the other, and the network counts as finite again. */
const cleanLooks = 8;

const keptSchema = z.strictObject({
  tick: z.int().min(0),
  lastTold: z.string(),
  clean: z.int().min(0),
});

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
class Guard implements Part {
  readonly #engine: Engine;
  readonly memory: PartMemory;
  #looks: (boolean | Promise<boolean>)[] = [];
  #working: Promise<void> | null = null;
  /** at which it looked last */
  #tick: number;
  #lastTold = "";
  /** looks that found nothing, since the last that did */
  #clean = cleanLooks;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#tick = engine.net.state.tick;
    this.memory = {
      name: "guard",
      keep: async () => ({ tick: this.#tick, lastTold: this.#lastTold, clean: this.#clean }),
      recall: (kept) => {
        const { tick, lastTold, clean } = validate(keptSchema, kept, "checkpoint.progress.parts.guard");
        this.#tick = tick;
        this.#lastTold = lastTold;
        this.#clean = clean;
      },
    };
  }

  see(event: NetworkEvent): void {
    if (event.kind === "output") this.#look(event.output);
    if (event.kind === "outputError") this.#look(event.error);
  }

  ticked(): void {
    const { state } = this.#engine.net;
    if (this.#looks.length === 0 && !learnsNext(state)) return;
    for (const tensor of state.states.values()) this.#look(tensor);
    this.#lookAtWeights(state);
    this.#tick = state.tick;
    const looked = this.#looks;
    this.#looks = [];
    if (looked.every((finite) => typeof finite === "boolean")) {
      const acting = this.#conclude(looked.every(Boolean));
      if (acting) this.#await(acting);
    } else {
      this.#await(Promise.all(looked).then((finite) => this.#conclude(finite.every(Boolean))));
    }
  }

  hold(): Promise<void> | null {
    return this.#working;
  }

  async close(): Promise<void> {
    await this.#working?.catch(() => {});
  }

  #look(tensor: Tensor): void {
    const { kernels, net } = this.#engine;
    const look = holdsNumbers(kernels, tensor, net.state.tick);
    // where the tick throws nobody waits for it, and a failure of what is being read would end the process
    if (typeof look !== "boolean") look.catch(() => {});
    this.#looks.push(look);
  }

  /** Now and then at one of the learned tensors. */
  #lookAtWeights({ tick, parameters }: NetworkState): void {
    const turn = Math.floor(tick / weightsEveryTicks);
    if (turn <= Math.floor(this.#tick / weightsEveryTicks)) return;
    const learned = [...parameters.learned.values()];
    const { weights } = learned[turn % learned.length] ?? {};
    if (weights) this.#looks.push(magnitude(this.#engine.kernels, weights).then(Number.isFinite));
  }

  /** Has the clock wait for work, and those who end the simulation. */
  #await(work: Promise<unknown>): void {
    const whole = work.then(() => {});
    this.#working = whole;
    const done = () => {
      if (this.#working === whole) this.#working = null;
    };
    // whoever holds the clock hears of a failure
    whole.then(done, done);
  }

  #conclude(finite: boolean): Promise<void> | null {
    this.#clean = finite ? this.#clean + 1 : 0;
    if (!finite) return this.#act();
    if (this.#clean === cleanLooks) {
      this.#lastTold = "";
      this.#engine.tell({ kind: "finite", tick: this.#engine.net.state.tick });
    }
    return null;
  }

  async #act(): Promise<void> {
    const engine = this.#engine;
    // in its turn, as it looks at one tensor after the other; an output error that waits has been let in then
    const { found, state, network } = await engine.between(async () => {
      const { state, network } = engine.net;
      return { found: await findNotFinite(engine.kernels, network, state), state, network };
    });
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
    if (gates.length === 0 && where === this.#lastTold) return;
    this.#lastTold = where;
    engine.tell({ kind: "notFinite", tick: state.tick, where, action: describeAction(gates, found), gates });
  }
}

/** The part that guards a simulation against NaN. */
export const guard = (engine: Engine): Part => new Guard(engine);
