import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { EddyError } from "../../errors.js";
import type { NetworkEvent } from "../../streams/events.js";
import type { AppliedIntervention, KeepingCommand } from "../command.js";
import type { Engine } from "../engine.js";
import type { PublishedRecord, SimulationEvent } from "../part.js";
import { describeRun } from "../run-description.js";
import { type StateSnapshot, takeSnapshot } from "../state-snapshot.js";
import { version } from "../version.js";
import { Watches } from "../watching/watches.js";
import { type Disk, DiskFull } from "./disk.js";
import { type HashPlaces, hashPlaces } from "./hash-places.js";
import type { JournalEntry } from "./journal-entry.js";
import type { JournalWriter } from "./journal-writer.js";
import { RecordedFrames } from "./recorded-frames.js";
import { knownTopics } from "./recorded-topics.js";
import { checkpointsFolder, type RecordingDescription, runFile, startCheckpoint } from "./run-folder.js";
import { hashState, weightNames } from "./state-hash.js";
import { storeCommand } from "./stored-command.js";
import { WayPoints } from "./way-points.js";

/** What is recorded, and how it is called. */
export type RecordingPlan = Omit<Extract<KeepingCommand, { kind: "record" }>, "kind">;

/** Why a recording ends by itself: what the disk or the device failed with; null for a bug of ours. */
function reasonOf(error: unknown): string | null {
  if (error instanceof DiskFull) return error.reason;
  const isKnown = error instanceof EddyError || (error instanceof Error && "syscall" in error);
  return isKnown && "code" in error ? `${error.code}: ${error.message}` : null;
}

/** A recording that goes on: writes what happens into a folder, as it happens. */
export class Recording {
  readonly name: string;
  readonly #engine: Engine;
  readonly #disk: Disk;
  readonly #plan: RecordingPlan;
  readonly #journal: JournalWriter;
  readonly #places: HashPlaces;
  readonly #wayPoints: WayPoints;
  readonly #frames: RecordedFrames;
  readonly #seen: Watches;
  readonly #ended: (reason: string) => void;
  /** writes of checkpoints, one after the other */
  #checkpoints: Promise<void> = Promise.resolve();
  #epochs = 0;
  #restores = 0;
  #over = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(
    engine: Engine,
    disk: Disk,
    plan: RecordingPlan,
    journal: JournalWriter,
    everyTicks: number,
    ended: (reason: string) => void,
  ) {
    this.name = plan.name;
    this.#engine = engine;
    this.#disk = disk;
    this.#plan = plan;
    this.#journal = journal;
    this.#places = hashPlaces(plan.hashes);
    this.#wayPoints = new WayPoints(engine.run, disk, everyTicks);
    this.#ended = ended;
    this.#seen = new Watches(engine, { present: false });
    this.#frames = new RecordedFrames(knownTopics(engine), this.#seen, disk, plan.topics, {
      record: (entry) => this.#add(entry),
      fail: (error) => this.#fail(error),
    });
  }

  get bytes(): number {
    return this.#disk.bytes;
  }

  /** It has ended, by itself or because it was told to. */
  get over(): boolean {
    return this.#over;
  }

  /** Makes its folder ready. */
  async prepare(): Promise<void> {
    await mkdir(join(this.#disk.folder, checkpointsFolder));
    await this.#frames.begin();
  }

  /**
   * Begins, between two ticks: from this call on everything is recorded.
   * @returns resolves when what a replay begins with is on disk
   */
  async begin(): Promise<void> {
    const { net, epoch } = this.#engine;
    const { tick } = net.state;
    const snapshot = this.#snapshot();
    this.#frames.watch();
    this.#add({ kind: "begin", tick, epoch });
    await this.#wayPoints.write(startCheckpoint, await snapshot);
    await this.#disk.atomically(runFile, `${JSON.stringify(this.#describe(tick), null, 1)}\n`);
  }

  #describe(tick: number): RecordingDescription {
    const { kernels, run, epoch } = this.#engine;
    return {
      format: "eddy-recording/1",
      eddy: version,
      run: describeRun(run),
      backend: kernels.name,
      exact: kernels.exact,
      hashes: this.#plan.hashes,
      tick,
      epoch,
      arrays: [...this.#frames.arrays],
      records: [...this.#frames.records],
    };
  }

  see(event: NetworkEvent): void {
    this.#seen.see(event);
    this.#places.see(event);
  }

  told(event: SimulationEvent): void {
    if (event.kind === "epoch") this.#epochs += 1;
    this.#seen.told(event);
  }

  published(record: PublishedRecord): void {
    this.#seen.published(record);
  }

  /** Resolves when the intervention is on disk, or when nothing is recorded any more. */
  applied({ seq, tick, by, command }: AppliedIntervention): Promise<void> {
    if (this.#over) return Promise.resolve();
    this.#places.applied({ seq, tick, by, command });
    const entry: JournalEntry = { kind: "intervention", tick, seq, by, command: storeCommand(command) };
    if (command.kind !== "restore") return this.#acknowledge(entry);
    // the folder that it came from may go
    const stored = `restore-${this.#restores}`;
    this.#restores += 1;
    const snapshot = this.#snapshot();
    const kept = this.#checkpoints.then(async () => {
      await this.#wayPoints.write(`${checkpointsFolder}/${stored}`, await snapshot);
      return { ...entry, stored };
    });
    this.#checkpoints = kept.then(
      () => {},
      (error) => this.#fail(error),
    );
    // its line keeps its place before those of the ticks that follow
    return this.#acknowledge(kept);
  }

  ticked(): void {
    this.#seen.ticked();
    const place = this.#places.ticked();
    if (place) this.#hash(place.weights);
    if (this.#wayPoints.due()) this.#keep();
  }

  #hash(weights: readonly string[] | "all"): void {
    const { kernels, net } = this.#engine;
    const { tick } = net.state;
    const names = weights === "all" ? weightNames(net.state) : weights;
    this.#add(hashState(kernels, net.state, names).then((hash) => ({ kind: "hash", tick, ...hash })));
  }

  /** The state as it is now. */
  #snapshot(): Promise<StateSnapshot> {
    const snapshot = takeSnapshot(this.#engine.kernels, this.#engine.net.state, true);
    // whoever writes it meets its failure; it may wait for its turn until then
    snapshot.catch(() => {});
    return snapshot;
  }

  /** Keeps a checkpoint of now. */
  #keep(): void {
    const kept = this.#engine.between(() => {
      if (this.#over) return;
      const { tick } = this.#engine.net.state;
      const name = `tick-${this.#epochs}-${tick}`;
      const snapshot = this.#snapshot();
      this.#add({ kind: "checkpoint", tick, name });
      this.#checkpoints = this.#checkpoints
        .then(async () => this.#wayPoints.keep(name, await snapshot))
        .catch((error) => this.#fail(error));
    });
    kept.catch((error) => this.#fail(error));
  }

  #add(entry: Promise<JournalEntry> | JournalEntry): void {
    if (this.#over) return;
    this.#journal.add(entry);
    this.#write();
  }

  #acknowledge(entry: Promise<JournalEntry> | JournalEntry): Promise<void> {
    const acknowledged = this.#journal.acknowledge(entry);
    this.#write();
    return acknowledged;
  }

  #write(): void {
    this.#journal.settle().catch((error) => this.#fail(error));
  }

  /** What the clock has to wait for: nothing is ever left out because the disk is slow. */
  hold(): Promise<unknown> | null {
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#over) return null;
    const waits = [this.#seen.hold(), this.#frames.hold()].filter((wait) => wait !== null);
    // a failure has been told already
    if (this.#journal.full) waits.push(this.#journal.settle().catch(() => {}));
    return waits.length > 0 ? Promise.all(waits) : null;
  }

  /** Ends by itself: the disk is full, or fails. */
  #fail(error: unknown): void {
    if (this.#over) return;
    const reason = reasonOf(error);
    if (reason === null) {
      this.#failure ??= { error };
      return;
    }
    this.#over = true;
    this.#frames.drop();
    void this.#seen.close();
    const { tick } = this.#engine.net.state;
    void this.#journal.end({ kind: "end", tick, reason });
    this.#ended(reason);
  }

  /** Lets go of what never began. */
  abandon(): Promise<void> {
    this.#over = true;
    void this.#seen.close();
    return this.#journal.abandon();
  }

  /**
   * Ends it between two ticks, whole: what was seen is on disk when this resolves.
   * @returns whether it did not end by itself meanwhile
   */
  async end(reason: string): Promise<boolean> {
    if (this.#over) return false;
    const { tick } = this.#engine.net.state;
    this.#hash("all");
    await this.#seen.close();
    await Promise.all([this.#frames.end(), this.#checkpoints]);
    await this.#journal.settle().catch((error) => this.#fail(error));
    if (this.#failure) throw this.#failure.error;
    if (this.#over) return false;
    this.#over = true;
    await this.#journal.end({ kind: "end", tick, reason });
    return true;
  }
}
