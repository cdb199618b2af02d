import { mkdir, open, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { saysFull, writeAtomically } from "../write-atomically.js";

/** Why a recording ended by itself. */
export type FullReason = "bytesMax" | "freeBytesMin" | "noSpace";

/** There is no room for more of a recording. */
export class DiskFull extends Error {
  constructor(readonly reason: FullReason) {
    super(`no room: ${reason}`);
  }
}

/** How much room a recording may take. */
export interface DiskLimits {
  readonly bytesMax: number;
  readonly freeBytesMin: number;
}

/** How long what was found about free space holds, ms. */
const freeMs = 1000;
/** And for how many bytes that are written meanwhile. */
const freeBytes = 1 << 20;

/** What is written into one folder: counted, and refused where there is no room. */
export class Disk {
  /** written so far */
  bytes = 0;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #sinceCheck = 0;

  constructor(
    readonly folder: string,
    readonly limits: DiskLimits,
  ) {}

  /** @throws DiskFull when so much more is too much */
  async room(bytes: number): Promise<void> {
    if (this.bytes + bytes > this.limits.bytesMax) throw new DiskFull("bytesMax");
    this.#sinceCheck += bytes;
    if (performance.now() - this.#checkedMs < freeMs && this.#sinceCheck < freeBytes) return;
    const { bavail, bsize } = await statfs(this.folder);
    if (bavail * bsize - bytes < this.limits.freeBytesMin) throw new DiskFull("freeBytesMin");
    this.#checkedMs = performance.now();
    this.#sinceCheck = 0;
  }

  /** Does what writes so many bytes. @throws DiskFull */
  async writing<Result>(bytes: number, write: () => Promise<Result>): Promise<Result> {
    await this.room(bytes);
    try {
      const result = await write();
      this.bytes += bytes;
      return result;
    } catch (error) {
      throw saysFull(error) ? new DiskFull("noSpace") : error;
    }
  }

  /** Writes a file that is there for good, once; the names of its folders are there before it. @throws DiskFull */
  async once(path: string, content: Uint8Array | string): Promise<void> {
    const target = join(this.folder, path);
    await this.writing(Buffer.byteLength(content), async () => {
      await mkdir(dirname(target), { recursive: true });
      const file = await open(target, "w");
      try {
        await file.writeFile(content);
        await file.datasync();
      } finally {
        await file.close();
      }
    });
  }

  /** Writes a whole file or leaves the one before. @throws DiskFull */
  async atomically(path: string, content: string): Promise<void> {
    await this.writing(Buffer.byteLength(content), () => writeAtomically(join(this.folder, path), content));
  }
}
