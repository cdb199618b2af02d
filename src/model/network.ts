import type { Activation, Block, Nonlinearity } from "../kernels/kernels.js";
import type { Distribution, NetworkDescription } from "./network-description.js";

/** A module of a network. */
export interface Module {
  readonly name: string;
  readonly neurons: number;
  readonly connectionRate: number;
  readonly spectralRadius: number;
  readonly activation: Activation;
  /** part of its way that a unit goes in an iteration, in (0, 1], dimensionless */
  readonly timeStep: number;
  readonly blocks: ReadonlyMap<string, Block>;
  readonly bias: Distribution;
  /** factors of the learning rate at which W and b learn, dimensionless; 0 keeps them fixed */
  readonly learning: { readonly W: number; readonly b: number };
}

/** Where a pathway reads: an input, a module's state, a readout's error or a module's error. */
export interface Source {
  readonly kind: "input" | "state" | "outputError" | "moduleError";
  /** the input, module or readout */
  readonly name: string;
  readonly block: Block;
}

/** A pathway; `readout` pathways end in a readout, the others in a block of a module. */
export interface Pathway {
  readonly id: string;
  readonly kind: "forward" | "error" | "readout";
  readonly source: Source;
  readonly target: { readonly name: string; readonly block: Block };
  /** the matrix that it projects through; pathways may share one */
  readonly weights: string;
  readonly transposed: boolean;
  /** ticks */
  readonly delay: number;
  readonly gate: number;
  readonly plastic: boolean;
  /** factor of the learning rate of weights of its own, dimensionless */
  readonly rate: number;
}

/** Orders pathways by their ids, for sums whose order must not depend on the description's. */
export const byId = (a: Pathway, b: Pathway): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** A readout: its sources are the `readout` pathways that end in it. */
export interface Readout {
  readonly name: string;
  readonly size: number;
  readonly nonlinearity: Nonlinearity;
  readonly bias: { readonly initial: Distribution; readonly plastic: boolean };
}

/** Gate and plasticity of a pathway. */
export interface Setting {
  readonly gate: number;
  readonly plastic: boolean;
}

/** A task: what it presents, what it teaches, and the pathways that take part. */
export interface Task {
  readonly name: string;
  readonly input: string;
  readonly readout: string;
  readonly target: "class" | "vector";
  /** of every pathway of the network */
  readonly configuration: ReadonlyMap<string, Setting>;
}

/** The shape and first values of one matrix of pathway weights. */
export interface WeightMatrix {
  readonly name: string;
  readonly shape: readonly [from: number, to: number];
  readonly initial: Distribution;
}

/** A network description with every name resolved: what initialisation, kernels and wiring work from. */
export interface Network {
  readonly description: NetworkDescription;
  readonly modules: ReadonlyMap<string, Module>;
  readonly inputs: ReadonlyMap<string, number>;
  readonly pathways: ReadonlyMap<string, Pathway>;
  readonly weights: ReadonlyMap<string, WeightMatrix>;
  readonly readouts: ReadonlyMap<string, Readout>;
  readonly tasks: ReadonlyMap<string, Task>;
}

/** The name of a module's recurrent matrix among a network's numbers. */
export const recurrentName = (module: string): string => `${module}.W`;

/** The name of the bias of a module or a readout among a network's numbers. */
export const biasName = (owner: string): string => `${owner}.b`;
