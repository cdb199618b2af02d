import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Disk } from "./disk.js";
import type { RecordedArrays } from "./run-folder.js";
import { arrayMetadata, chunkPath, type GrowingArray, groupMetadata, gzipLevel } from "./zarr-metadata.js";

const compress = promisify(gzip);

/** Size of a chunk of values before it is compressed, bytes: what a crash costs at most. */
const chunkBytes = 256 * 1024;
const chunkSamplesMax = 1024;

/** Samples of so many units that go into a chunk. */
const samplesOfChunk = (units: number): number =>
  Math.max(1, Math.min(chunkSamplesMax, Math.floor(chunkBytes / (4 * units))));

/** Samples of a topic until there are enough for a chunk; those that it lacks are 0. */
interface Gathering {
  readonly values: Float32Array;
  readonly ticks: BigInt64Array;
  readonly epochs: Int32Array;
  samples: number;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * The arrays of one topic: `values` [samples, units], and of each sample its `tick` and its `epoch`. Chunks are written
 * whole and once; then the shapes say that they are there, so a reader never meets half of one.
 */
export class TopicArrays {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #arrays: Readonly<Record<"values" | "tick" | "epoch", GrowingArray>>;
  readonly #chunkSamples: number;
  readonly #units: number;
  #gathering: Gathering;
  #chunks = 0;

  /** @param path of the topic's group below the disk's folder */
  constructor(disk: Disk, path: string, units: number) {
    const chunkSamples = samplesOfChunk(units);
    this.#disk = disk;
    this.#path = path;
    this.#units = units;
    this.#chunkSamples = chunkSamples;
    this.#arrays = {
      epoch: { dataType: "int32", chunkSamples, axes: [] },
      tick: { dataType: "int64", chunkSamples, axes: [] },
      values: { dataType: "float32", chunkSamples, axes: [{ name: "unit", size: units }] },
    };
    this.#gathering = this.#empty();
  }

  #empty(): Gathering {
    const samples = this.#chunkSamples;
    return {
      values: new Float32Array(samples * this.#units),
      ticks: new BigInt64Array(samples),
      epochs: new Int32Array(samples),
      samples: 0,
    };
  }

  /** Writes the group and its arrays, without a sample yet. */
  async begin(attributes: RecordedArrays): Promise<void> {
    for (const [name, array] of Object.entries(this.#arrays)) {
      await this.#disk.once(`${this.#path}/${name}/zarr.json`, arrayMetadata(array, 0));
    }
    await this.#disk.once(`${this.#path}/zarr.json`, groupMetadata(attributes));
  }

  /** Adds a sample. @returns work that writes a chunk, when there are enough for one */
  add(values: Float32Array, tick: number, epoch: number): (() => Promise<void>) | null {
    const gathering = this.#gathering;
    const { samples } = gathering;
    gathering.values.set(values, samples * this.#units);
    gathering.ticks[samples] = BigInt(tick);
    gathering.epochs[samples] = epoch;
    gathering.samples += 1;
    return gathering.samples === this.#chunkSamples ? this.flush() : null;
  }

  /** @returns work that writes what has gathered, if anything; no sample may follow unless a chunk was full */
  flush(): (() => Promise<void>) | null {
    const gathering = this.#gathering;
    if (gathering.samples === 0) return null;
    const chunk = this.#chunks;
    this.#chunks += 1;
    this.#gathering = this.#empty();
    return () => this.#write(chunk, gathering);
  }

  async #write(chunk: number, { values, ticks, epochs, samples }: Gathering): Promise<void> {
    const contents = { epoch: epochs, tick: ticks, values };
    const compressed = await Promise.all(
      Object.values(contents).map((content) => compress(bytesOf(content), { level: gzipLevel })),
    );
    const names = ["epoch", "tick", "values"] as const;
    await Promise.all(
      names.map((name, i) =>
        this.#disk.once(`${this.#path}/${name}/${chunkPath(this.#arrays[name], chunk)}`, compressed[i]),
      ),
    );
    const total = chunk * this.#chunkSamples + samples;
    const grow = (name: (typeof names)[number]) =>
      this.#disk.atomically(`${this.#path}/${name}/zarr.json`, arrayMetadata(this.#arrays[name], total));
    // ticks and epochs first: whoever reads values finds both of each
    await Promise.all([grow("epoch"), grow("tick")]);
    await grow("values");
  }
}
