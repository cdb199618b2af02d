import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Disk } from "./disk.js";
import type { JournalEntry } from "./journal-entry.js";
import { journalLine } from "./journal-lines.js";
import { journalFile } from "./run-folder.js";

interface Slot {
  readonly entry: Promise<JournalEntry> | JournalEntry;
  /** whoever waits until the line is on disk */
  readonly written: (() => void) | null;
}

/** Lines that may wait to be written before the clock has to wait for them. */
const waitingMax = 4096;

/**
 * Writes a journal: lines in the order in which they were asked for, also where their content is still being read back.
 * Those that wait together are written together, and synced where somebody waits for one of them.
 */
export class JournalWriter {
  readonly #file: FileHandle;
  readonly #disk: Disk;
  #slots: Slot[] = [];
  #writing: Promise<void> | null = null;
  #over = false;
  /** of lines that are on disk in full */
  #size = 0;

  private constructor(file: FileHandle, disk: Disk) {
    this.#file = file;
    this.#disk = disk;
  }

  static async begin(disk: Disk): Promise<JournalWriter> {
    return new JournalWriter(await open(join(disk.folder, journalFile), "ax"), disk);
  }

  /** Adds a line. What becomes of it `settled` tells. */
  add(entry: Slot["entry"]): void {
    this.#push({ entry, written: null });
  }

  /** Adds a line; resolves when it is synced, or when the journal has ended without it. */
  acknowledge(entry: Slot["entry"]): Promise<void> {
    return new Promise((written) => this.#push({ entry, written }));
  }

  #push(slot: Slot): void {
    // whoever writes it meets its failure; it may wait for its turn until then
    if (slot.entry instanceof Promise) slot.entry.catch(() => {});
    if (this.#over) slot.written?.();
    else this.#slots.push(slot);
  }

  /** What waits is too much. */
  get full(): boolean {
    return this.#slots.length > waitingMax;
  }

  /** Writes what waits, and what comes meanwhile. @throws what the disk failed with */
  settle(): Promise<void> {
    this.#writing ??= this.#write();
    return this.#writing;
  }

  async #write(): Promise<void> {
    try {
      // after the assignment of what this returns
      await null;
      while (this.#slots.length > 0) await this.#writeBatch();
    } finally {
      // at once: what comes from now on begins anew
      this.#writing = null;
    }
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#slots;
    this.#slots = [];
    try {
      const lines = (await Promise.all(batch.map(({ entry }) => entry))).map(journalLine);
      const bytes = Buffer.from(lines.join(""));
      const synced = batch.some(({ written }) => written);
      await this.#disk.writing(bytes.length, () => this.#append(bytes, synced));
    } finally {
      // when the disk failed, the recording ends; nobody has to wait for that
      for (const { written } of batch) written?.();
    }
  }

  async #append(bytes: Buffer, synced: boolean): Promise<void> {
    try {
      await this.#file.appendFile(bytes);
      if (synced) await this.#file.datasync();
      this.#size += bytes.length;
    } catch (error) {
      // readers would take the half line for the end anyway
      await this.#file.truncate(this.#size).catch(() => {});
      throw error;
    }
  }

  /** Lets go of a journal that nobody will read. */
  async abandon(): Promise<void> {
    this.#over = true;
    this.#slots = [];
    await this.#writing?.catch(() => {});
    await this.#file.close();
  }

  /** Ends it: what still waits is left out, and a last line written if there is room. */
  async end(last: JournalEntry): Promise<void> {
    this.#over = true;
    const left = this.#slots;
    this.#slots = [];
    for (const { written } of left) written?.();
    const bytes = Buffer.from(journalLine(last));
    await this.#writing?.catch(() => {});
    // a disk without room for it has a journal that ends without saying so
    await this.#append(bytes, true)
      .then(() => {
        this.#disk.bytes += bytes.length;
      })
      .catch(() => {});
    await this.#file.close();
  }
}
