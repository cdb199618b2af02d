import type { NetworkEvent } from "../streams/events.js";
import type { Checkpoint } from "./checkpoint.js";
import type { AppliedIntervention, BranchCommand, KeepingCommand } from "./command.js";
import type { SimulationStatus } from "./simulation.js";

/**
 * What a simulation tells of itself, besides what its network does: records for people and programs. `kind` says which;
 * everything in it can be JSON.
 */
export type SimulationEvent = Readonly<
  Record<string, string | number | boolean | null | readonly (string | number)[]>
> & {
  readonly kind: string;
  readonly tick: number;
};

/** A command that a part carries out. */
export type PartCommand = KeepingCommand | BranchCommand;

/**
 * Something that takes part in a running simulation without being of its network: watches, recording, alarms. What it
 * leaves out it does not care for. Whatever a part throws fails the simulation.
 */
export interface Part {
  /** The network tells something; its handles are lent until the next tick boundary. */
  see?(event: NetworkEvent): void;
  /** The simulation tells something of itself. */
  told?(event: SimulationEvent): void;
  /** An intervention took place. Its reply waits for what this returns; the clock does not. */
  applied?(intervention: AppliedIntervention): Promise<void> | void;
  /** A tick was made: the state is that between two ticks; what the network told itself waits in the queue. */
  ticked?(): void;
  /** What the clock has to wait for before the next tick. */
  hold?(): Promise<unknown> | null;
  /** What this part has to say about how the simulation stands. */
  status?(): Partial<SimulationStatus>;
  /** Carries a command out; null where it is another part's. */
  command?(command: PartCommand): Promise<Record<string, string | number | boolean | null>> | null;
  /** A checkpoint that it keeps, for `restore`; null where it keeps none. */
  checkpoint?(name: string): Promise<Checkpoint> | null;
  /** No tick follows; resolves when nothing of it is left to do. The network still stands. */
  close?(): Promise<void>;
}
