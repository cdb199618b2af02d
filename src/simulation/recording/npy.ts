/** Types of numbers as NumPy writes them. */
export type NpyType = "<f4" | "<f8" | "<i4" | "<i8";

/**
 * The header of a .npy file, after which the numbers follow, row by row.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0
 */
export function npyHeader(type: NpyType, shape: readonly number[]): Uint8Array {
  const axes = shape.map((size) => `${size},`).join(" ");
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${axes}), }`;
  // magic, version and length take 10 bytes, a line feed 1; all of it is a multiple of 64
  const length = Math.ceil((text.length + 11) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + length, " ");
  header.write("\x93NUMPY\x01\x00", 0, "latin1");
  header.writeUInt16LE(length, 8);
  header.write(text, 10, "latin1");
  header[header.length - 1] = 0x0a;
  return header;
}
