import { EddyError } from "../errors.js";

/** A float32 tensor of a file. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const headerBytesMax = 100_000_000;

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const wholeNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null) return false;
  const { dtype, shape, data_offsets: offsets } = value as Partial<Entry>;
  return typeof dtype === "string" && wholeNumbers(shape) && wholeNumbers(offsets) && offsets.length === 2;
}

/** What is wrong with a file of tensors. */
const broken = (file: string, found: string): EddyError =>
  new EddyError("FILE_INVALID", `${file}: not a whole safetensors file: ${found}; make it or copy it again`);

function parseHeader(bytes: Uint8Array, file: string): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8) throw broken(file, `${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > headerBytesMax || 8 + length > bytes.length)
    throw broken(file, `a header of ${length} bytes in ${bytes.length}`);
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    if (typeof header === "object" && header !== null && !Array.isArray(header)) {
      return { header: header as Record<string, unknown>, start: 8 + length };
    }
  } catch (cause) {
    throw new EddyError("FILE_INVALID", `${file}: the header is not JSON`, { cause });
  }
  throw broken(file, "a header that is no object");
}

/**
 * Reads tensors in the safetensors format; only float32 ones.
 * @param file its name, for messages
 * @throws EddyError FILE_INVALID when it is truncated, of another format, or holds another type
 * @see https://github.com/huggingface/safetensors, "Format"
 */
export function parseSafetensors(bytes: Uint8Array, file: string): ReadonlyMap<string, StoredTensor> {
  const { header, start } = parseHeader(bytes, file);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    if (!isEntry(entry)) throw broken(file, `tensor "${name}" without dtype, shape and data_offsets`);
    const [first, end] = entry.data_offsets;
    const length = entry.shape.reduce((size, axis) => size * axis, 1);
    if (entry.dtype !== "F32")
      throw new EddyError("FILE_INVALID", `${file}: tensor "${name}" is ${entry.dtype}, needed F32`);
    if (end - first !== 4 * length || start + end > bytes.length) {
      throw broken(
        file,
        `tensor "${name}" of shape [${entry.shape}] at bytes ${first} to ${end} of ${bytes.length - start}`,
      );
    }
    // copied byte by byte: the data may start at an odd offset, and Node's buffers share their memory
    const data = new Float32Array(length);
    new Uint8Array(data.buffer).set(bytes.subarray(start + first, start + end));
    tensors.set(name, { shape: entry.shape, data });
  }
  return tensors;
}

/** Writes tensors in the safetensors format, in the order of their names, data aligned to 8 bytes. */
export function serialiseSafetensors(tensors: ReadonlyMap<string, StoredTensor>): Uint8Array<ArrayBuffer> {
  const names = [...tensors.keys()].sort();
  const header: Record<string, Entry> = {};
  let end = 0;
  for (const name of names) {
    const { shape, data } = tensors.get(name) as StoredTensor;
    header[name] = { dtype: "F32", shape: [...shape], data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const encoded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  encoded.set(text);
  const bytes = new Uint8Array(8 + encoded.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  for (const name of names) {
    const { data } = tensors.get(name) as StoredTensor;
    const offset = 8 + encoded.length + header[name].data_offsets[0];
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
  }
  return bytes;
}
