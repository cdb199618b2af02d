import { join } from "node:path";
import FileSystemStore from "@zarrita/storage/fs";
import * as zarr from "zarrita";
import { EddyError, invariant } from "../../errors.js";
import { arraysFolder, type RecordedArrays } from "./run-folder.js";

/** A topic of tensors as it lies in a recording. */
export interface StoredSamples {
  readonly arrays: RecordedArrays;
  /** those that are whole, whatever is being written */
  readonly samples: number;
  /** of the samples, in order; they go back only with a restore */
  readonly ticks: Float64Array;
  readonly epochs: Int32Array;
  /** number of each recorded unit within its tensor */
  readonly units: readonly number[];
  /** The values, chunk by chunk: `count` samples from `first` on, [count, units]. */
  chunks(): AsyncIterable<{ readonly first: number; readonly count: number; readonly values: Float32Array }>;
}

type Numbers = Float32Array | Int32Array | BigInt64Array;

async function openArray(folder: string, path: string) {
  const store = new FileSystemStore(join(folder, arraysFolder));
  try {
    return await zarr.open.v3(zarr.root(store).resolve(path), { kind: "array" });
  } catch (cause) {
    throw new EddyError(
      "FILE_INVALID",
      `recording ${folder}: ${arraysFolder}/${path} cannot be read: ${cause}`,
      {
        cause,
      },
    );
  }
}

type OpenArray = Awaited<ReturnType<typeof openArray>>;

async function chunkOf(array: OpenArray, coordinates: number[]): Promise<Numbers> {
  const { data } = await array.getChunk(coordinates);
  invariant(
    data instanceof Float32Array || data instanceof Int32Array || data instanceof BigInt64Array,
    "arrays of a recording are float32, int32 and int64",
  );
  return data;
}

/** The first numbers of an array with one axis. */
async function column(array: OpenArray, samples: number): Promise<Float64Array> {
  const numbers = new Float64Array(samples);
  const [chunkSamples] = array.chunks;
  for (let first = 0; first < samples; first += chunkSamples) {
    const chunk = await chunkOf(array, [first / chunkSamples]);
    const count = Math.min(chunkSamples, samples - first);
    for (let i = 0; i < count; i++) numbers[first + i] = Number(chunk[i]);
  }
  return numbers;
}

/**
 * Opens the samples of a topic, also while they are being written: of those three arrays what all of them have.
 * @param folder of the recording
 * @throws EddyError FILE_INVALID, as a rejection, for an array that cannot be read
 */
export async function readSamples(folder: string, arrays: RecordedArrays): Promise<StoredSamples> {
  // values first: the shapes of the others grow before theirs
  const values = await openArray(folder, `${arrays.path}/values`);
  const tick = await openArray(folder, `${arrays.path}/tick`);
  const epoch = await openArray(folder, `${arrays.path}/epoch`);
  const samples = Math.min(values.shape[0], tick.shape[0], epoch.shape[0]);
  const { start, end, every } = arrays.units;
  const units = Array.from({ length: values.shape[1] }, (_unused, i) => start + i * every);
  invariant(
    units.every((unit) => unit < end),
    "as many units as were asked for",
  );
  return {
    arrays,
    samples,
    units,
    ticks: await column(tick, samples),
    epochs: Int32Array.from(await column(epoch, samples)),
    async *chunks() {
      const [chunkSamples] = values.chunks;
      for (let first = 0; first < samples; first += chunkSamples) {
        const count = Math.min(chunkSamples, samples - first);
        const chunk = await chunkOf(values, [first / chunkSamples, 0]);
        invariant(chunk instanceof Float32Array, "values are float32");
        yield { first, count, values: chunk.subarray(0, count * units.length) };
      }
    },
  };
}
