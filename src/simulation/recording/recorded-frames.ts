import type { RecordedTopic } from "../command.js";
import type { Frame, Topic } from "../simulation.js";
import type { Watches } from "../watching/watches.js";
import type { Disk } from "./disk.js";
import type { JournalEntry } from "./journal-entry.js";
import { arraysFolder, type RecordedArrays } from "./run-folder.js";
import { TopicArrays } from "./topic-arrays.js";
import { groupMetadata, topicPath } from "./zarr-metadata.js";

/** Chunks of a topic that may wait for the disk, or be on their way, before the clock has to wait for them. */
const waitingMax = 1;

/** Where what does not go into arrays goes. */
export interface FrameTargets {
  record(entry: JournalEntry): void;
  fail(error: unknown): void;
}

const isEpoch = (payload: Frame["payload"]): payload is Readonly<Record<string, unknown>> =>
  "kind" in payload && payload.kind === "epoch";

/** The frames of a recording: watches what was asked for, gathers tensors into chunks, and hands records on. */
export class RecordedFrames {
  /** how topics of tensors are recorded */
  readonly arrays: readonly RecordedArrays[];
  readonly records: readonly string[];
  readonly #seen: Watches;
  readonly #disk: Disk;
  readonly #targets: FrameTargets;
  readonly #byHandle = new Map<number, { readonly samples: TopicArrays } | { readonly topic: string }>();
  readonly #samples: readonly TopicArrays[];
  readonly #topics: readonly RecordedTopic[];
  /** of the frames that come in */
  #epoch = 0;
  #epochs = -1;
  /** writes of each topic, one after the other; those of several go side by side */
  readonly #writing = new Map<TopicArrays, { chunks: number; last: Promise<void> }>();
  #dropped = false;

  /**
   * @param seen watches of its own
   * @param topics checked, each there once
   */
  constructor(
    known: readonly Topic[],
    seen: Watches,
    disk: Disk,
    topics: readonly RecordedTopic[],
    targets: FrameTargets,
  ) {
    const sizes = new Map(known.map(({ topic, units }) => [topic, units]));
    this.#seen = seen;
    this.#disk = disk;
    this.#topics = topics;
    this.#targets = targets;
    this.records = topics.filter(({ topic }) => sizes.get(topic) === undefined).map(({ topic }) => topic);
    this.arrays = topics.flatMap(({ topic, every, units, row = 0 }): RecordedArrays[] => {
      const size = sizes.get(topic);
      if (size === undefined) return [];
      return [
        { topic, path: topicPath(topic), every, units: units ?? { start: 0, end: size, every: 1 }, row },
      ];
    });
    this.#samples = this.arrays.map(
      ({ path, units: { start, end, every } }) =>
        new TopicArrays(disk, `${arraysFolder}/${path}`, Math.ceil((end - start) / every)),
    );
  }

  /** Writes the groups and the arrays, without a sample yet. */
  async begin(): Promise<void> {
    const groups = new Set(["", ...this.arrays.map(({ path }) => path.split("/")[0])]);
    const paths = new Set(this.arrays.map(({ path }) => path));
    for (const group of groups) {
      if (!paths.has(group)) await this.#disk.once(`${arraysFolder}/${group}/zarr.json`, groupMetadata());
    }
    for (const [i, samples] of this.#samples.entries()) await samples.begin(this.arrays[i]);
  }

  /** Begins to watch; before the next tick. */
  watch(): void {
    this.#seen.frames.subscribe({
      next: (frame) => this.#take(frame),
      error: (error) => this.#targets.fail(error),
    });
    // told in order with the frames, which says where an epoch begins among them
    this.#epochs = this.#seen.add({ topic: "events", every: 1 });
    for (const { topic, every, units, row } of this.#topics) {
      const at = this.arrays.findIndex((arrays) => arrays.topic === topic);
      const handle = this.#seen.add({
        topic,
        every,
        ...(units && { units }),
        ...(row !== undefined && { row }),
      });
      this.#byHandle.set(handle, at < 0 ? { topic } : { samples: this.#samples[at] });
    }
  }

  #take({ watch, tick, payload }: Frame): void {
    if (this.#dropped) return;
    if (watch === this.#epochs) {
      if (!isEpoch(payload)) return;
      this.#epoch += 1;
      const { epoch, reason } = payload;
      this.#targets.record({ kind: "epoch", tick, epoch: String(epoch), reason: String(reason) });
      return;
    }
    const target = this.#byHandle.get(watch);
    if (!target) return;
    if (payload instanceof Float32Array) {
      if ("samples" in target) this.#write(target.samples, target.samples.add(payload, tick, this.#epoch));
    } else if ("topic" in target && !(payload instanceof Uint8Array)) {
      this.#targets.record({ kind: "record", topic: target.topic, tick, value: { ...payload } });
    }
  }

  #write(samples: TopicArrays, work: (() => Promise<void>) | null): void {
    if (!work) return;
    const { chunks, last } = this.#writing.get(samples) ?? { chunks: 0, last: Promise.resolve() };
    const writing = {
      chunks: chunks + 1,
      last: last
        .then(() => (this.#dropped ? undefined : work()))
        .catch((error) => this.#targets.fail(error))
        .finally(() => {
          const now = this.#writing.get(samples);
          if (now === writing) this.#writing.delete(samples);
          else if (now) now.chunks -= 1;
        }),
    };
    this.#writing.set(samples, writing);
  }

  /** So little waits that a crash costs hardly more than what has not gathered to a chunk yet. */
  hold(): Promise<unknown> | null {
    const waits = [...this.#writing.values()].filter(({ chunks }) => chunks > waitingMax);
    return waits.length > 0 ? Promise.all(waits.map(({ last }) => last)) : null;
  }

  /** Leaves out whatever is not written yet. */
  drop(): void {
    this.#dropped = true;
  }

  /** Writes what has gathered, once no frame can follow. */
  async end(): Promise<void> {
    for (const samples of this.#samples) this.#write(samples, samples.flush());
    await Promise.all([...this.#writing.values()].map(({ last }) => last));
  }
}
