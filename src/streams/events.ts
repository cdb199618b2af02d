import type { RecurrentMatrix, Tensor } from "../kernels/kernels.js";

/** A module made its iterations. Handles are lent until the next tick boundary, here and below. */
export interface StateEvent {
  readonly kind: "state";
  readonly tick: number;
  readonly phase: string;
  readonly module: string;
  /** [batch, neurons] h */
  readonly state: Tensor;
  /** [batch, neurons] what drove it */
  readonly drive: Tensor;
  /** [2] residual and iterations made; null when it makes all of them */
  readonly report: Tensor | null;
}

/** A perturbed module has an error. */
export interface ErrorEvent {
  readonly kind: "error";
  readonly tick: number;
  readonly module: string;
  /** [batch, neurons] e = z - h */
  readonly error: Tensor;
}

/** A readout answered at the end of an inference phase. */
export interface OutputEvent {
  readonly kind: "output";
  readonly tick: number;
  readonly readout: string;
  readonly trial: number;
  /** [batch, size] */
  readonly output: Tensor;
}

/** An output was compared with its target. */
export interface OutputErrorEvent {
  readonly kind: "outputError";
  readonly tick: number;
  readonly readout: string;
  /** [batch, size] output - target */
  readonly error: Tensor;
}

/** Weights changed. */
export interface UpdateEvent {
  readonly kind: "update";
  readonly tick: number;
  /** name of the weights */
  readonly weights: string;
  readonly value: Tensor;
  /** kept on request */
  readonly gradient: Tensor | null;
}

/** A recurrent matrix changed. */
export interface RecurrentUpdateEvent {
  readonly kind: "recurrentUpdate";
  readonly tick: number;
  /** name of the matrix, as "m1.W" */
  readonly weights: string;
  readonly value: RecurrentMatrix;
  /** [connections], in the order of `SparseWeights`; kept on request */
  readonly gradient: Tensor | null;
}

/** A pathway was opened, closed or set between. */
export interface GateEvent {
  readonly kind: "gate";
  readonly tick: number;
  readonly pathway: string;
  readonly gate: number;
}

/** A task's clock entered a phase. */
export interface PhaseEvent {
  readonly kind: "phase";
  readonly tick: number;
  readonly task: string;
  readonly phase: "waiting" | "inference" | "learning";
  readonly trial: number;
}

/** Everything that can be observed of a running network. */
export type NetworkEvent =
  | StateEvent
  | ErrorEvent
  | OutputEvent
  | OutputErrorEvent
  | UpdateEvent
  | RecurrentUpdateEvent
  | GateEvent
  | PhaseEvent;
