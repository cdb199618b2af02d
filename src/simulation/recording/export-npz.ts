import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { Zip, ZipPassThrough } from "fflate";
import { EddyError } from "../../errors.js";
import { type NpyType, npyHeader } from "./npy.js";
import { readSamples, type StoredSamples } from "./read-arrays.js";
import { fieldsOf, recordsOf, type Selected, type StoredRecord } from "./selection.js";

/** Archives of the plain format end here. */
const bytesMax = 2 ** 32 - 2 ** 20;

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  // copied: the archive may keep it, and its memory may be lent
  new Uint8Array(buffer, byteOffset, byteLength).slice();

/** An archive that is written as it is made. */
class Archive {
  readonly #zip: Zip;
  #pieces: Uint8Array[] = [];
  #failure: Error | null = null;
  #bytes = 0;

  constructor(
    readonly path: string,
    readonly file: FileHandle,
  ) {
    this.#zip = new Zip((error, piece) => {
      if (error) this.#failure ??= error;
      else this.#pieces.push(piece);
    });
  }

  /** Adds an array. @param numbers in pieces */
  async add(
    name: string,
    type: NpyType,
    shape: readonly number[],
    numbers: AsyncIterable<ArrayBufferView> | Iterable<ArrayBufferView>,
  ): Promise<void> {
    const entry = new ZipPassThrough(`${name}.npy`);
    // the same archive from the same recording
    entry.mtime = new Date(1980, 0, 1);
    this.#zip.add(entry);
    entry.push(npyHeader(type, shape));
    for await (const piece of numbers) {
      entry.push(bytesOf(piece));
      await this.#write();
    }
    entry.push(new Uint8Array(0), true);
    await this.#write();
  }

  async end(): Promise<void> {
    this.#zip.end();
    await this.#write();
  }

  async #write(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = [];
    for (const piece of pieces) {
      this.#bytes += piece.length;
      await this.file.appendFile(piece);
    }
    if (this.#failure) throw this.#failure;
    if (this.#bytes > bytesMax)
      throw new EddyError(
        "LIMIT_EXCEEDED",
        `${this.path}: more than 4 GiB, which such a file cannot hold; choose fewer --topics or ticks (--from, --to)`,
      );
  }
}

/** The samples that are wanted, in pieces. */
async function* valuesOf({ chunks, ticks, units }: StoredSamples, includes: Selected["includes"]) {
  for await (const { first, count, values } of chunks()) {
    const kept = Array.from({ length: count }, (_unused, i) => i).filter((i) => includes(ticks[first + i]));
    const piece = new Float32Array(kept.length * units.length);
    for (const [to, i] of kept.entries())
      piece.set(values.subarray(i * units.length, (i + 1) * units.length), to * units.length);
    yield piece;
  }
}

async function addSamples(archive: Archive, stored: StoredSamples, includes: Selected["includes"]) {
  const { arrays, ticks, epochs, units } = stored;
  const kept = [...ticks.keys()].filter((i) => includes(ticks[i]));
  const shape = [kept.length];
  const wanted = BigInt64Array.from(kept, (i) => BigInt(ticks[i]));
  await archive.add(`${arrays.topic}/tick`, "<i8", shape, [wanted]);
  await archive.add(`${arrays.topic}/epoch`, "<i4", shape, [Int32Array.from(kept, (i) => epochs[i])]);
  const values = valuesOf(stored, includes);
  await archive.add(`${arrays.topic}/values`, "<f4", [kept.length, units.length], values);
  await archive.add(`${arrays.topic}/units`, "<i4", [units.length], [Int32Array.from(units)]);
}

/** Fields that are numbers wherever they are there; what is missing is NaN. */
async function addRecords(archive: Archive, topic: string, records: readonly StoredRecord[]): Promise<void> {
  const numeric = fieldsOf(records).filter((field) =>
    records.every(
      (record) => record[field] === undefined || record[field] === null || typeof record[field] === "number",
    ),
  );
  for (const field of numeric) {
    const numbers = Float64Array.from(records, (record) => Number(record[field] ?? Number.NaN));
    await archive.add(`${topic}/${field}`, "<f8", [records.length], [numbers]);
  }
}

/**
 * Writes one .npz file: of each topic of tensors `TOPIC/values`, `tick`, `epoch` and `units`, of each topic of records
 * those fields that are numbers.
 * @throws EddyError LIMIT_EXCEEDED, as a rejection, when it would be larger than such a file can be; whatever fails, the
 *   file before, if any, is untouched
 */
export async function exportNpz(selected: Selected, path: string): Promise<void> {
  const temporary = `${path}.part`;
  try {
    const file = await open(temporary, "w");
    try {
      const archive = new Archive(path, file);
      for (const arrays of selected.arrays)
        await addSamples(archive, await readSamples(selected.folder, arrays), selected.includes);
      for (const [topic, records] of await recordsOf(selected)) await addRecords(archive, topic, records);
      await archive.end();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // whatever keeps it from being removed is no failure of what was asked for
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}
