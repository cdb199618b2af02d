import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import { EddyError } from "../errors.js";

/** A file that an archive has to hold, wherever in it. */
export interface Member {
  readonly name: string;
  readonly bytes: number;
}

const blockBytes = 512;

/** Reads so many bytes at a time, whatever the sizes in which they come. */
class Blocks {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** At least one byte and at most so many; none at the end. */
  async some(most: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return this.#rest;
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Gives so many bytes to a reader, piece by piece. @returns how many there were */
  async read(bytes: number, use: (piece: Uint8Array) => unknown): Promise<number> {
    let read = 0;
    while (read < bytes) {
      const piece = await this.some(bytes - read);
      if (piece.length === 0) break;
      await use(piece);
      read += piece.length;
    }
    return read;
  }
}

interface Header {
  readonly name: string;
  readonly bytes: number;
  readonly regular: boolean;
}

const text = (block: Uint8Array, start: number, end: number): string =>
  Buffer.from(block.subarray(start, end)).toString("latin1").replace(/\0.*$/s, "");

/** A header of the format ustar, or null for what is none. @see POSIX.1-2017, pax, "ustar Interchange Format" */
function headerOf(block: Uint8Array): Header | null {
  const octal = (start: number, end: number): number => {
    const digits = text(block, start, end).trim();
    return /^[0-7]{1,11}$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  };
  // the sum is of the block with blanks in its own place
  let sum = 0;
  for (let at = 0; at < blockBytes; at++) sum += at >= 148 && at < 156 ? 32 : block[at];
  const bytes = octal(124, 136);
  if (octal(148, 156) !== sum || Number.isNaN(bytes)) return null;
  return { name: text(block, 0, 100), bytes, regular: block[156] === 0 || block[156] === 0x30 };
}

/** Where wanted files go while not all of them are there. */
const partOf = (folder: string, name: string): string => join(folder, `${name}.part`);

async function writeMember(blocks: Blocks, { name, bytes }: Member, folder: string): Promise<number> {
  const file: FileHandle = await open(partOf(folder, name), "w");
  try {
    return await blocks.read(bytes, (piece) => file.writeFile(piece));
  } finally {
    await file.close();
  }
}

/** Writes the members as parts. @returns what is wrong with the archive, or null */
async function writeParts(
  blocks: Blocks,
  members: readonly Member[],
  folder: string,
): Promise<string | null> {
  const missing = new Map(members.map((member) => [member.name, member]));
  while (missing.size > 0) {
    const block = new Uint8Array(blockBytes);
    let filled = 0;
    await blocks.read(blockBytes, (piece) => {
      block.set(piece, filled);
      filled += piece.length;
    });
    // an archive ends with blocks of zeros, or just so
    if (filled === 0 || (filled === blockBytes && block.every((byte) => byte === 0)))
      return `lacks ${[...missing.keys()].join(", ")}`;
    const header = filled === blockBytes ? headerOf(block) : null;
    if (!header) return "is no tar archive, or corrupt";
    const wanted = header.regular ? missing.get(basename(header.name)) : undefined;
    if (wanted && wanted.bytes !== header.bytes)
      return `${wanted.name} has ${header.bytes} bytes where ${wanted.bytes} are needed`;
    const read = wanted
      ? await writeMember(blocks, wanted, folder)
      : await blocks.read(header.bytes, () => {});
    const padding = (blockBytes - (header.bytes % blockBytes)) % blockBytes;
    if (read + (await blocks.read(padding, () => {})) < header.bytes + padding) return "ends too early";
    if (wanted) missing.delete(wanted.name);
  }
  return null;
}

/**
 * Takes files out of a gzipped tar archive. They get their names only when all of them are there, each with as many bytes
 * as it must have; everything else in the archive is passed over, and no path of it is followed.
 * @throws EddyError FILE_INVALID when the archive is none, is corrupt, ends too early or lacks a file
 */
export async function unpackTar(archive: string, members: readonly Member[], folder: string): Promise<void> {
  const source = createReadStream(archive);
  const inflated = createGunzip();
  source.on("error", (error) => inflated.destroy(error));
  try {
    const wrong = await writeParts(new Blocks(source.pipe(inflated)), members, folder);
    if (wrong !== null) throw new EddyError("FILE_INVALID", `${archive}: ${wrong}`);
    for (const { name } of members) await rename(partOf(folder, name), join(folder, name));
  } catch (error) {
    for (const { name } of members) await rm(partOf(folder, name), { force: true });
    if (error instanceof EddyError) throw error;
    throw new EddyError("FILE_INVALID", `${archive}: cannot be unpacked (${(error as Error).message})`, {
      cause: error,
    });
  } finally {
    source.destroy();
    inflated.destroy();
  }
}
