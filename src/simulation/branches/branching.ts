import { join } from "node:path";
import { Subject } from "rxjs";
import { EddyError, messageOf } from "../../errors.js";
import { removeCheckpoint } from "../checkpoint.js";
import type { Applied, BranchCommand, Command } from "../command.js";
import { hasEnded } from "../engine.js";
import { oneOf, refuse } from "../interventions/ranges.js";
import { type Relay, relay } from "../relay.js";
import type { Frame, Simulation, Watch } from "../simulation.js";
import { type Twin, twin } from "./twin.js";
import { checkTwinName } from "./twin-name.js";
import { watchDifference } from "./watch-difference.js";

/** Twins at once. */
const twinsMax = 4;

/** What twins are made of. */
export interface BranchingOptions {
  /** where the original writes what a twin begins with: its option `branchPoints` */
  readonly folder: string;
  /** Opens a twin, paused, from a checkpoint. */
  open(from: string): Promise<Simulation>;
  /** Takes the folder away, when all has ended. */
  release(): Promise<void>;
}

type Branch = Extract<BranchCommand, { kind: "branch" }>;

/** A simulation and the twins that branched off it, as one. */
class Branching implements Simulation {
  readonly #original: Simulation;
  readonly #options: BranchingOptions;
  readonly #relay: Relay;
  readonly #twins = new Map<string, Twin>();
  /** names of twins that are being opened */
  readonly #opening = new Set<string>();
  readonly #frames = new Subject<Frame>();
  readonly frames = this.#frames.asObservable();
  /** what ends each watch */
  readonly #ends = new Map<number, () => void>();
  #handles = 0;
  #over = false;

  constructor(original: Simulation, options: BranchingOptions) {
    this.#original = original;
    this.#options = options;
    this.#relay = relay(original);
    const endAll = (tell: () => void) => {
      this.#over = true;
      void this.#closeTwins().then(tell);
    };
    this.#relay.frames.subscribe({
      next: (frame) => this.#frames.next(frame),
      error: (error) => endAll(() => this.#frames.error(error)),
      complete: () => endAll(() => this.#frames.complete()),
    });
  }

  get info() {
    return this.#original.info;
  }

  get choice() {
    return this.#original.choice;
  }

  get topics() {
    return [...this.#original.topics, ...[...this.#twins.values()].flatMap((each) => each.topics())];
  }

  status() {
    const branches = Object.fromEntries([...this.#twins].map(([name, each]) => [name, each.status()]));
    return { ...this.#original.status(), branches };
  }

  async watch(watch: Watch): Promise<number> {
    this.#handles += 1;
    const handle = this.#handles;
    this.#ends.set(handle, await this.#begin(handle, watch));
    return handle;
  }

  unwatch(handle: number): void {
    this.#ends.get(handle)?.();
    this.#ends.delete(handle);
  }

  async command(command: Command, branch?: string): Promise<Applied> {
    if (branch !== undefined) return this.#twin(branch).command(command);
    switch (command.kind) {
      case "branch":
        return this.#branch(command);
      case "endBranch": {
        this.#twin(command.name);
        await this.#end(command.name, null);
        return { tick: this.#original.status().tick };
      }
      default:
        return this.#original.command(command);
    }
  }

  async close(): Promise<void> {
    this.#over = true;
    await this.#closeTwins();
    await this.#original.close();
    await this.#options.release();
  }

  /** Begins a watch of the original, of a twin, or of a difference. @returns what ends it */
  async #begin(handle: number, watch: Watch): Promise<() => void> {
    const [, other, topic] = /^difference:([^/]+)\/(.+)$/.exec(watch.topic) ?? [];
    if (other !== undefined) {
      const { simulation } = this.#twin(other);
      const tensors = this.#original.topics.filter(({ payload }) => payload === "tensor");
      if (!tensors.some((tensor) => tensor.topic === topic))
        throw refuse("topic", watch.topic, "the difference of a tensor that both have");
      return watchDifference(this.#original, simulation, { ...watch, topic }, (tick, payload) =>
        this.#frames.next({ watch: handle, tick, payload }),
      );
    }
    const [, name, own] = /^([^/:]+):(.+)$/.exec(watch.topic) ?? [];
    const place = name === undefined ? this.#relay : this.#twin(name).relay;
    await place.watch(handle, { ...watch, topic: own ?? watch.topic });
    return () => place.unwatch(handle);
  }

  /** @throws EddyError INVALID_ARGUMENT that names the others */
  #twin(name: string): Twin {
    const found = this.#twins.get(name);
    if (found) return found;
    throw refuse("branch", name, this.#twins.size > 0 ? oneOf(this.#twins.keys()) : "none: there is no twin");
  }

  #checkNew(name: string): void {
    if (this.#over) throw hasEnded();
    checkTwinName(name);
    if (this.#twins.has(name) || this.#opening.has(name))
      throw refuse("name", name, "one that no other twin has");
    if (this.#twins.size + this.#opening.size >= twinsMax) {
      throw new EddyError(
        "LIMIT_EXCEEDED",
        `branch ${name}: there are ${twinsMax} twins already, the most there may be; end one first`,
      );
    }
  }

  async #branch(command: Branch): Promise<Applied> {
    const { name, changes } = command;
    this.#checkNew(name);
    this.#opening.add(name);
    try {
      const applied = await this.#original.command(command);
      try {
        await this.#openTwin(name, changes);
      } catch (error) {
        this.#tellEnd(name, messageOf(error));
        throw error;
      }
      return applied;
    } finally {
      this.#opening.delete(name);
      await removeCheckpoint(join(this.#options.folder, name));
    }
  }

  async #openTwin(name: string, changes: Branch["changes"]): Promise<void> {
    const simulation = await this.#options.open(join(this.#options.folder, `${name}.json`));
    try {
      for (const change of changes) await simulation.command(change);
      if (this.#over) throw hasEnded();
    } catch (error) {
      await simulation.close();
      throw error;
    }
    const opened = twin(name, simulation, this.#original);
    this.#twins.set(name, opened);
    opened.relay.frames.subscribe({
      next: (frame) => this.#frames.next(frame),
      // it ends alone
      error: (error) => void this.#end(name, messageOf(error)),
      complete: () => void this.#end(name, null),
    });
  }

  async #end(name: string, reason: string | null): Promise<void> {
    const ended = this.#twins.get(name);
    if (!ended) return;
    this.#twins.delete(name);
    await ended.close();
    this.#tellEnd(name, reason);
  }

  #tellEnd(name: string, reason: string | null): void {
    // an original that has ended itself tells nothing more
    this.#original.command({ kind: "endBranch", name, ...(reason !== null && { reason }) }).catch(() => {});
  }

  async #closeTwins(): Promise<void> {
    const all = [...this.#twins.values()];
    this.#twins.clear();
    await Promise.all(all.map((each) => each.close()));
  }
}

/**
 * Gives a simulation twins: each goes on from the original's state, or from a checkpoint, with changes of its own,
 * follows the original's ticks unless it is told otherwise, and can be watched beside it, the differences too.
 */
export const branching = (original: Simulation, options: BranchingOptions): Simulation =>
  new Branching(original, options);
