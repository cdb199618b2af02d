import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { EddyError } from "../errors.js";
import { makeFolder } from "../simulation/make-folder.js";

/** Largest file that is downloaded; the largest published one has 27 MB. */
const defaultBytesMax = 2 ** 26;

/** How far the download of a file is. */
export interface DownloadProgress {
  /** bytes on disk, those of an earlier attempt included */
  readonly received: number;
  /** bytes of the whole file; null while the server has not said */
  readonly total: number | null;
}

/** What the file has to be, and how its download is followed and ended. */
export interface DownloadOptions {
  /** of the whole file, in hexadecimal */
  readonly md5: string;
  /** default 64 MiB */
  readonly bytesMax?: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** ends the download; what has come stays for the next one */
  readonly signal?: AbortSignal;
}

/** What a download has come to. */
export interface Downloaded {
  /** present: was there already, and right; resumed: only what an earlier attempt lacked was fetched */
  readonly outcome: "downloaded" | "resumed" | "present";
  readonly bytes: number;
}

interface Job extends DownloadOptions {
  readonly url: string;
  readonly target: string;
  /** what has come so far */
  readonly part: string;
  /** ETag or date of the file that the part belongs to, so that a changed file is never continued */
  readonly version: string;
  readonly bytesMax: number;
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    // a file in the place of a folder is found when the folder is made
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash("md5");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function discard({ part, version }: Job): Promise<void> {
  await rm(part, { force: true });
  await rm(version, { force: true });
}

function failed({ url, target }: Job, reason: string, options?: ErrorOptions): EddyError {
  return new EddyError(
    "DOWNLOAD_FAILED",
    `${url}: ${reason}; run the command again, which goes on where it stopped, or put the file at ${target} yourself`,
    options,
  );
}

/** fetch says only "fetch failed" or "terminated"; what went wrong is in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (!(cause instanceof Error)) return message;
  const { code } = cause as NodeJS.ErrnoException;
  return `${message} (${cause.message || (code ?? cause.name)})`;
}

/** What a failure of the network means: the caller's own reason when it was an abort. */
function networkError(job: Job, error: unknown): unknown {
  return job.signal?.aborted ? job.signal.reason : failed(job, reasonOf(error), { cause: error });
}

/** RFC 9110, section 13.1.5: only a strong ETag or a date may say which file to continue. */
function versionOf(headers: Headers): string | null {
  const tag = headers.get("etag");
  return tag?.startsWith('"') ? tag : headers.get("last-modified");
}

async function knownVersion({ version }: Job): Promise<string | null> {
  const text = await readFile(version, "latin1").catch(() => "");
  return /^[\x20-\x7e]{1,256}$/.test(text) ? text : null;
}

async function request(job: Job, have: number): Promise<Response> {
  // the checksum is that of the file as it is published, so nothing may be encoded on the way
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (have > 0) {
    headers.range = `bytes=${have}-`;
    const version = await knownVersion(job);
    if (version !== null) headers["if-range"] = version;
  }
  const response = await fetch(job.url, { headers, signal: job.signal ?? null }).catch((error: unknown) => {
    throw networkError(job, error);
  });
  const encoding = response.headers.get("content-encoding") ?? "identity";
  if (encoding === "identity") return response;
  await response.body?.cancel();
  throw failed(job, `came encoded as ${encoding}, so its checksum cannot be told`);
}

interface Place {
  /** first byte of the file that the body holds */
  readonly start: number;
  /** bytes of the whole file, if the server says so */
  readonly total: number | null;
}

/** Which part of the file a response holds; null: none that continues the `have` bytes that are there. */
function placeOf(response: Response, have: number): Place | null {
  if (response.status === 200) {
    const length = response.headers.get("content-length");
    return { start: 0, total: length === null ? null : Number(length) };
  }
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  if (response.status !== 206 || range === null || Number(range[1]) !== have) return null;
  return { start: have, total: range[2] === "*" ? null : Number(range[2]) };
}

async function* chunks(job: Job, response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  try {
    yield* response.body;
  } catch (error) {
    throw networkError(job, error);
  }
}

async function save(job: Job, response: Response, { start, total }: Place): Promise<void> {
  const tooLarge = async (bytes: number): Promise<never> => {
    await discard(job);
    throw failed(job, `${bytes} bytes or more, but at most ${job.bytesMax} are allowed`);
  };
  if (total !== null && total > job.bytesMax) {
    await response.body?.cancel();
    await tooLarge(total);
  }
  const file = await open(job.part, start === 0 ? "w" : "a");
  try {
    const version = versionOf(response.headers);
    if (start === 0) await writeFile(job.version, version ?? "", "latin1");
    let received = start;
    job.onProgress?.({ received, total });
    for await (const chunk of chunks(job, response)) {
      received += chunk.length;
      if (received > job.bytesMax) await tooLarge(received);
      await file.writeFile(chunk);
      job.onProgress?.({ received, total });
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Fetches what a part lacks. @returns whether it continued what was there */
async function complete(job: Job): Promise<boolean> {
  const have = (await sizeOf(job.part)) ?? 0;
  if (have > 0 && (await md5Of(job.part)) === job.md5) return true;
  const response = await request(job, have);
  const place = placeOf(response, have);
  if (place !== null) {
    await save(job, response, place);
    return place.start > 0;
  }
  await response.body?.cancel();
  const refusesPart = have > 0 && (response.status === 416 || response.status === 206);
  if (!refusesPart)
    throw failed(job, `the server answered ${response.status} ${response.statusText}`.trimEnd());
  await discard(job);
  return complete(job);
}

async function fetchFile(job: Job): Promise<Downloaded> {
  job.signal?.throwIfAborted();
  const present = await sizeOf(job.target);
  if (present !== null) {
    const found = await md5Of(job.target);
    if (found === job.md5) return { outcome: "present", bytes: present };
    throw new EddyError(
      "CHECKSUM_MISMATCH",
      `${job.target} is there already, but its MD5 is ${found} where the publisher's is ${job.md5}; it was left as it is: delete it, or choose another folder, to download the publisher's`,
    );
  }
  makeFolder(dirname(job.target));
  const resumed = await complete(job);
  const found = await md5Of(job.part);
  if (found !== job.md5) {
    await discard(job);
    throw new EddyError(
      "CHECKSUM_MISMATCH",
      `${job.url}: what came has MD5 ${found} where ${job.md5} is needed, and was deleted; run the command again to download it anew`,
    );
  }
  const bytes = (await sizeOf(job.part)) ?? 0;
  await rename(job.part, job.target);
  await rm(job.version, { force: true });
  return { outcome: resumed ? "resumed" : "downloaded", bytes };
}

/**
 * Downloads a file to a `.part` beside it, checks its MD5 and only then gives it its name. What an earlier attempt
 * left is continued (HTTP Range), where the server can. A file that is there already is never written to.
 * @throws EddyError DOWNLOAD_FAILED (network, server, disk, too large), CHECKSUM_MISMATCH, FILE_INVALID (the folder);
 *   the signal's reason
 */
export async function download(url: string, target: string, options: DownloadOptions): Promise<Downloaded> {
  const part = `${target}.part`;
  const job: Job = {
    bytesMax: defaultBytesMax,
    ...options,
    url,
    target,
    part,
    version: `${part}.version`,
  };
  try {
    return await fetchFile(job);
  } catch (error) {
    // Node's file errors name the call and the path
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    throw new EddyError("DOWNLOAD_FAILED", `${target}: cannot be written (${error.message})`, {
      cause: error,
    });
  }
}
