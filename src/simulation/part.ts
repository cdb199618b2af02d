import type { NetworkEvent } from "../streams/events.js";
import type { Checkpoint } from "./checkpoint.js";
import type { AppliedIntervention, BranchCommand, KeepingCommand } from "./command.js";
import type { SimulationStatus, Topic } from "./simulation.js";

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

/**
 * A record on a topic of a part's own, as "world/TASK". Everything in `payload` can be sent: null, booleans, numbers,
 * strings, lists and plain objects of them, and `Uint8Array`; a `Float32Array` cannot.
 */
export interface PublishedRecord {
  readonly topic: string;
  readonly tick: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A command that a part carries out. */
export type PartCommand = KeepingCommand | BranchCommand;

/** What a checkpoint keeps of a part. */
export interface PartMemory {
  /** of the part, among all */
  readonly name: string;
  /** What is to be kept, as JSON, once what the part still reads of the ticks before is there. */
  readonly keep: () => Promise<unknown>;
  /** Takes it back, before the first tick. @throws EddyError for what it cannot have kept */
  recall(kept: unknown): void;
}

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
  /**
   * Topics of records of this part's own, all that there will ever be of them; they are listed with the network's. It
   * sends a record with `engine.publish({ topic, tick, payload })`, at any time; whoever watches the topic gets it.
   */
  readonly topics?: readonly Topic[];
  /**
   * The record that whoever begins to watch one of its own {@link topics} gets at once, as a request that nobody has
   * answered yet; null: none.
   */
  present?(topic: string): PublishedRecord | null;
  /** So many watch one of its own topics now; told whenever that changes, before {@link present} is asked. */
  watched?(topic: string, watchers: number): void;
  /** A part has sent a record on a topic of its own. */
  published?(record: PublishedRecord): void;
  /** What a simulation that goes on from a checkpoint has to know of this part. */
  readonly memory?: PartMemory;
  /** No tick follows; resolves when nothing of it is left to do. The network still stands. */
  close?(): Promise<void>;
}
