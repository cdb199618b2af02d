export interface TarEntry {
  readonly name: string;
  readonly content: Buffer;
  /** default "0", a regular file */
  readonly type?: string;
}

/** A header of the format ustar. @see POSIX.1-2017, pax */
function header({ name, content, type = "0" }: TarEntry): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, "latin1");
  block.write("0000644\0", 100);
  block.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  block.write("        ", 148);
  block.write(type, 156);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** A tar archive, not gzipped. @param ended with the two blocks of zeros that end one */
export const tarArchive = (entries: readonly TarEntry[], ended = true): Buffer =>
  Buffer.concat([
    ...entries.flatMap((entry) => [
      header(entry),
      entry.content,
      Buffer.alloc((512 - (entry.content.length % 512)) % 512),
    ]),
    ...(ended ? [Buffer.alloc(1024)] : []),
  ]);
