import { invariant } from "../errors.js";
import type {
  Block,
  ChangePropagation,
  Kernels,
  Settled,
  SettleRequest,
  Tensor,
} from "../kernels/kernels.js";
import type { EventDriven } from "../model/change-propagation.js";
import type { Module, Network } from "../model/network.js";
import { gainOf, moduleBias } from "../model/parameters.js";
import { EnteringDrive } from "./entering-drive.js";
import { ModuleDrive, type ModuleTerms } from "./module-drive.js";
import type { NetworkState } from "./network-state.js";
import { RestingSettles } from "./resting-settle.js";

/** What a module's iterations left; owned by whoever takes it. */
export interface Iterated extends Settled {
  readonly module: Module;
  readonly drive: Tensor;
}

/** How the modules of a tick iterate. */
export interface Iterating {
  readonly iterations: number;
  readonly start: "zero" | "previous";
  /** add the drive that the module ended the inference phase with */
  readonly heldDrive: boolean;
  /** end early when the residual falls to this or under; null makes all iterations */
  readonly tolerance: number | null;
  /** units of which the states will be used; null for all */
  readonly needed: readonly Block[] | null;
}

/** What operators contribute in a tick. The boundary submits it once, in the modules' own order. */
export interface TickPlan {
  /** A module asks for its iterations, driven by what its pathways carry. */
  iterate(module: Module, terms: ModuleTerms, deliver: (result: Iterated) => void): void;
  /** Runs all that was asked for. `publish` takes the results over before anyone hears of them. */
  submit(publish: (results: readonly Iterated[]) => void): void;
}

interface Request {
  readonly module: Module;
  readonly terms: ModuleTerms;
  readonly deliver: (result: Iterated) => void;
}

/** What makes the plans of a network's ticks. */
export interface Planning {
  readonly kernels: Kernels;
  readonly network: Network;
  readonly state: NetworkState;
  /** propagate only changes; absent makes full products */
  readonly propagation?: EventDriven;
}

/** A network's plans, one a tick. */
export class TickPlans {
  readonly #planning: Planning;
  readonly #rank: ReadonlyMap<string, number>;
  readonly #drives: ReadonlyMap<string, ModuleDrive>;
  readonly #entering: ReadonlyMap<string, EnteringDrive>;
  readonly #settles: RestingSettles;

  constructor(planning: Planning) {
    const { kernels, network } = planning;
    this.#planning = planning;
    this.#settles = new RestingSettles(kernels);
    this.#rank = new Map([...network.modules.keys()].map((name, rank) => [name, rank]));
    this.#drives = new Map(
      [...network.modules].map(([name, module]) => [name, new ModuleDrive(kernels, module)]),
    );
    this.#entering = new Map(
      [...network.modules].map(([name, module]) => [name, new EnteringDrive(kernels, module)]),
    );
  }

  /** A plan for one tick. The order in which modules ask does not show in what they get. */
  next(spec: Iterating): TickPlan {
    const requests: Request[] = [];
    const rank = ({ module }: Request): number => this.#rank.get(module.name) ?? 0;
    return {
      iterate: (module, terms, deliver) => {
        const request = { module, terms, deliver };
        const last = requests.at(-1);
        requests.push(request);
        if (last && rank(last) > rank(request)) requests.sort((a, b) => rank(a) - rank(b));
      },
      submit: (publish) => {
        const results = this.#run(requests, spec);
        publish(results);
        for (let i = 0; i < requests.length; i++) requests[i].deliver(results[i]);
      },
    };
  }

  /** Frees what it keeps of the ticks before. */
  close(): void {
    for (const drive of this.#drives.values()) drive.close();
    for (const entering of this.#entering.values()) entering.close();
  }

  #run(requests: readonly Request[], spec: Iterating): Iterated[] {
    const { kernels } = this.#planning;
    const modules = requests.map(({ module }) => module);
    const settles = requests.map((request) => this.#settle(request, spec));
    const settled = this.#settles.settle(modules, settles);
    return modules.map((module, i) => {
      const { state, report, propagated } = settled[i];
      return { module, state, report, propagated, drive: kernels.retain(settles[i].drive) };
    });
  }

  #settle({ module, terms }: Request, spec: Iterating): SettleRequest {
    const { state } = this.#planning;
    const { name, activation, timeStep } = module;
    const recurrent = state.parameters.recurrent.get(name);
    const drive = this.#drives.get(name);
    const entering = this.#entering.get(name);
    invariant(recurrent && drive && entering, `module ${name} has a recurrent matrix and drives`);
    const from = spec.start === "zero" ? "zero" : (state.states.get(name) ?? "zero");
    const changes = this.#changes(name, from);
    const carried = drive.of(terms, state.batch, spec.heldDrive ? state.heldDrives.get(name) : undefined);
    return {
      matrix: recurrent.matrix,
      gain: gainOf(recurrent),
      timeStep,
      bias: moduleBias(state.parameters, name),
      activation,
      from,
      drive: entering.of(carried, state),
      iterations: spec.iterations,
      tolerance: spec.tolerance ?? undefined,
      needed: changes || spec.tolerance !== null ? undefined : (spec.needed ?? undefined),
      changes,
    };
  }

  /** A module that starts from zero, or has not spoken yet, remembers nothing; nor does any on a tick of full products. */
  #changes(module: string, from: Tensor | "zero"): ChangePropagation | undefined {
    const { propagation, state } = this.#planning;
    if (!propagation) return undefined;
    const { epsilon, fullEvery } = propagation;
    const spoken = state.spoken.get(module);
    const sum = state.sums.get(module);
    const full = from === "zero" || (state.tick - state.began) % fullEvery === 0;
    return { epsilon, remembered: full || !spoken || !sum ? null : { spoken, sum } };
  }
}
