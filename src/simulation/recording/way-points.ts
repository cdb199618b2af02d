import { join } from "node:path";
import { removeCheckpoint, writeCheckpoint } from "../checkpoint.js";
import { describeRun, type Run } from "../run-description.js";
import type { StateSnapshot } from "../state-snapshot.js";
import type { Disk } from "./disk.js";
import { checkpointsFolder } from "./run-folder.js";

/** Ticks between two checkpoints at first, unless somebody says otherwise. */
export const everyTicksDefault = 20_000;
/** When there are more, every second one goes, and the next come half as often. */
const keptMax = 8;

/** Bytes that a checkpoint has, but for its JSON half. */
const sizeOf = ({ tensors }: StateSnapshot): number =>
  [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);

/** Checkpoints that a recording keeps of its way, so that a replay can begin near any tick: few, however long it is. */
export class WayPoints {
  readonly #run: Run;
  readonly #disk: Disk;
  #every: number;
  #sinceLast = 0;
  #kept: { readonly name: string; readonly bytes: number }[] = [];

  constructor(run: Run, disk: Disk, everyTicks: number) {
    this.#every = everyTicks;
    this.#run = run;
    this.#disk = disk;
  }

  /** A tick was made. @returns whether it is time for a checkpoint */
  due(): boolean {
    this.#sinceLast += 1;
    if (this.#sinceLast < this.#every) return false;
    this.#sinceLast = 0;
    return true;
  }

  /**
   * Writes one that stays.
   * @param path below the recording's folder, without .json
   * @throws DiskFull
   */
  async write(path: string, snapshot: StateSnapshot): Promise<void> {
    const checkpoint = { run: describeRun(this.#run), progress: {}, snapshot };
    await this.#disk.writing(sizeOf(snapshot), () =>
      writeCheckpoint(join(this.#disk.folder, path), checkpoint),
    );
  }

  /** Writes one that may go when there are too many. @throws DiskFull */
  async keep(name: string, snapshot: StateSnapshot): Promise<void> {
    await this.write(`${checkpointsFolder}/${name}`, snapshot);
    this.#kept.push({ name, bytes: sizeOf(snapshot) });
    if (this.#kept.length <= keptMax) return;
    const going = this.#kept.filter((_unused, i) => i % 2 === 0);
    this.#kept = this.#kept.filter((_unused, i) => i % 2 === 1);
    this.#every *= 2;
    for (const { name: other, bytes } of going) {
      await removeCheckpoint(join(this.#disk.folder, checkpointsFolder, other));
      this.#disk.bytes -= bytes;
    }
  }
}
