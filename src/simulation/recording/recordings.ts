import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { EddyError } from "../../errors.js";
import type { NetworkEvent } from "../../streams/events.js";
import type { AppliedIntervention } from "../command.js";
import type { Engine } from "../engine.js";
import { inRange, refuse, wholeInRange } from "../interventions/ranges.js";
import { makeFolder } from "../make-folder.js";
import type { RecordingOptions } from "../open-options.js";
import type { Part, PartCommand, PublishedRecord, SimulationEvent } from "../part.js";
import type { SimulationStatus } from "../simulation.js";
import { Disk, DiskFull } from "./disk.js";
import { JournalWriter } from "./journal-writer.js";
import { checkTopics } from "./recorded-topics.js";
import { Recording, type RecordingPlan } from "./recording.js";
import { everyTicksDefault } from "./way-points.js";

const freeBytesMinDefault = 64 * 1024 * 1024;

/** A folder's name and no path: letters, digits, dots, underscores and hyphens. */
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

/** @throws EddyError INVALID_ARGUMENT unless a recording may be called so */
export function checkRecordingName(name: string): void {
  if (!namePattern.test(name))
    throw refuse(
      "name",
      name,
      "up to 100 letters, digits, '.', '_' and '-', beginning with neither '.' nor '-'",
    );
}

type Result = Record<string, string | number | boolean | null>;

/** Records a running simulation, one recording at a time. */
class Recordings implements Part {
  readonly #engine: Engine;
  readonly #options: RecordingOptions;
  #recording: Recording | null = null;
  /** resolves when a recording that is about to begin has what it begins with on disk, or does not begin */
  #beginning: Promise<void> | null = null;
  /** why the one that was to begin at once does not */
  #failure: { readonly error: unknown } | null = null;
  /** those that are ending */
  readonly #ending = new Set<Promise<unknown>>();

  constructor(engine: Engine, options: RecordingOptions) {
    const { bytesMax, freeBytesMin, everyTicks, atOnce } = options;
    if (bytesMax !== undefined) inRange("recordings.bytesMax", bytesMax, 1, Number.MAX_SAFE_INTEGER);
    if (freeBytesMin !== undefined)
      inRange("recordings.freeBytesMin", freeBytesMin, 0, Number.MAX_SAFE_INTEGER);
    if (everyTicks !== undefined)
      wholeInRange("recordings.everyTicks", everyTicks, 1, Number.MAX_SAFE_INTEGER);
    this.#engine = engine;
    this.#options = options;
    if (!atOnce) return;
    this.#begin(atOnce).catch((error) => {
      this.#failure = { error };
    });
  }

  see(event: NetworkEvent): void {
    this.#recording?.see(event);
  }

  told(event: SimulationEvent): void {
    this.#recording?.told(event);
  }

  published(record: PublishedRecord): void {
    this.#recording?.published(record);
  }

  applied(intervention: AppliedIntervention): Promise<void> | void {
    return this.#recording?.applied(intervention);
  }

  ticked(): void {
    this.#recording?.ticked();
  }

  hold(): Promise<unknown> | null {
    if (this.#failure) return Promise.reject(this.#failure.error);
    return this.#beginning ?? this.#recording?.hold() ?? null;
  }

  status(): Partial<SimulationStatus> {
    const recording = this.#recording;
    return { recording: recording && { name: recording.name, bytes: recording.bytes } };
  }

  command(command: PartCommand): Promise<Result> | null {
    if (command.kind === "record") {
      const { kind: _, ...plan } = command;
      return this.#begin(plan);
    }
    return command.kind === "stopRecording" ? this.#stop("stopped") : null;
  }

  /** @throws EddyError INVALID_ARGUMENT or FILE_EXISTS unless a recording of this name may begin now */
  #checkNew(name: string): void {
    checkRecordingName(name);
    const running = this.#recording?.name;
    if (this.#beginning || running !== undefined)
      throw refuse("name", name, `none: a recording goes on already${running ? `, "${running}"` : ""}`);
    if (existsSync(join(this.#options.folder, name)))
      throw new EddyError("FILE_EXISTS", `name: there is a recording "${name}" already`);
  }

  async #begin(plan: RecordingPlan): Promise<Result> {
    this.#checkNew(plan.name);
    const begun = this.#beginNow(plan);
    const over = () => {
      this.#beginning = null;
    };
    // whoever asked for it hears of a failure; the clock, which only waits, goes on
    this.#beginning = begun.then(over, over);
    return begun;
  }

  async #beginNow(plan: RecordingPlan): Promise<Result> {
    const folder = join(this.#options.folder, plan.name);
    // after the attachment of all parts, whose topics can be recorded, too
    await Promise.resolve();
    checkTopics(this.#engine, plan.topics);
    makeFolder(folder);
    try {
      return await this.#beginIn(folder, plan);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      if (error instanceof DiskFull)
        throw new EddyError("NO_SPACE", `recording "${plan.name}": cannot begin: ${error.message}`, {
          cause: error,
        });
      throw error;
    }
  }

  async #beginIn(folder: string, plan: RecordingPlan): Promise<Result> {
    const {
      bytesMax = Number.POSITIVE_INFINITY,
      freeBytesMin = freeBytesMinDefault,
      everyTicks = everyTicksDefault,
    } = this.#options;
    const disk = new Disk(folder, { bytesMax, freeBytesMin });
    const journal = await JournalWriter.begin(disk);
    const recording = new Recording(this.#engine, disk, plan, journal, everyTicks, (reason) =>
      this.#ended(recording, reason),
    );
    try {
      await recording.prepare();
      return await this.#engine.between(async () => {
        const { tick } = this.#engine.net.state;
        this.#recording = recording;
        await recording.begin();
        if (recording.over) throw new DiskFull("noSpace");
        return { recording: plan.name, tick };
      });
    } catch (error) {
      this.#recording = null;
      await recording.abandon();
      throw error;
    }
  }

  /** It has ended by itself. */
  #ended(recording: Recording, reason: string): void {
    // one that never began is refused
    if (this.#beginning) return;
    if (this.#recording === recording) this.#recording = null;
    this.#tell(recording, reason);
  }

  #tell({ name, bytes }: Recording, reason: string): void {
    const { tick } = this.#engine.net.state;
    this.#engine.tell({ kind: "recordingEnded", tick, name, reason, bytes });
  }

  async #stop(reason: string): Promise<Result> {
    const recording = this.#recording;
    if (!recording) throw refuse("kind", "stopRecording", "a recording that goes on");
    const { tick, ending } = await this.#engine.between(() => {
      const ending = recording.end(reason);
      if (this.#recording === recording) this.#recording = null;
      this.#ending.add(ending);
      // the clock waits for this turn, and not for what is left to write
      return { tick: this.#engine.net.state.tick, ending: { whole: ending } };
    });
    const whole = await ending.whole.finally(() => this.#ending.delete(ending.whole));
    if (whole) this.#tell(recording, reason);
    return { recording: recording.name, tick, bytes: recording.bytes };
  }

  async close(): Promise<void> {
    await this.#beginning;
    if (this.#recording) await this.#stop("ended");
    await Promise.all(this.#ending);
  }
}

/** The part that records a simulation. @throws EddyError INVALID_ARGUMENT for limits that are none */
export const recordings = (engine: Engine, options: RecordingOptions): Part =>
  new Recordings(engine, options);
