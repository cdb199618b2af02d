/** Data types of a recording's arrays, as Zarr v3 names them. */
export type DataType = "float32" | "int64" | "int32";

/** An array that grows along its first axis, which is that of the samples. */
export interface GrowingArray {
  readonly dataType: DataType;
  /** samples that a chunk has */
  readonly chunkSamples: number;
  /** the other axes; a chunk spans all of them */
  readonly axes: readonly { readonly name: string; readonly size: number }[];
}

/** Level of gzip: numbers that look random shrink no further at higher ones. */
export const gzipLevel = 1;

/** zarr.json of a group. */
export const groupMetadata = (attributes: Readonly<Record<string, unknown>> = {}): string =>
  `${JSON.stringify({ zarr_format: 3, node_type: "group", attributes }, null, 1)}\n`;

/** zarr.json of an array with so many samples. */
export function arrayMetadata({ dataType, chunkSamples, axes }: GrowingArray, samples: number): string {
  const sizes = axes.map(({ size }) => size);
  const metadata = {
    zarr_format: 3,
    node_type: "array",
    shape: [samples, ...sizes],
    data_type: dataType,
    chunk_grid: { name: "regular", configuration: { chunk_shape: [chunkSamples, ...sizes] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: 0,
    codecs: [
      { name: "bytes", configuration: { endian: "little" } },
      { name: "gzip", configuration: { level: gzipLevel } },
    ],
    dimension_names: ["sample", ...axes.map(({ name }) => name)],
    attributes: {},
  };
  return `${JSON.stringify(metadata, null, 1)}\n`;
}

/** Path of a chunk below its array. */
export const chunkPath = ({ axes }: GrowingArray, chunk: number): string =>
  ["c", chunk, ...axes.map(() => 0)].join("/");

/** A name as a part of a path, on any file system: what is neither letter, digit, "_", "." nor "-" as ~XX, which no URL changes. */
const pathPart = (name: string): string =>
  [...new TextEncoder().encode(name)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9_.-]/.test(character)
        ? character
        : `~${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("")
    // these two mean other folders, and names that begin so are Zarr's own
    .replace(/^\.+$/, (dots) => dots.replaceAll(".", "~2E"))
    .replace(/^__/, "~5F_");

/** Path of the group of a topic: "weights/m1->m2" lies in weights/m1-~3Em2. */
export function topicPath(topic: string): string {
  const slash = topic.indexOf("/");
  return slash < 0
    ? pathPart(topic)
    : `${pathPart(topic.slice(0, slash))}/${pathPart(topic.slice(slash + 1))}`;
}
