import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DownloadOptions, type DownloadProgress, download } from "../../src/cli/download.js";
import { EddyError } from "../../src/errors.js";
import { permutation, random } from "../../src/model/random.js";
import { type LoopbackPublisher, loopbackPublisher, md5 } from "./loopback-publisher.js";

/** 200 kB, so that a cut leaves a part; random, so that a wrongly joined part shows. */
const body = Buffer.from(permutation(50_000, random(1, "published bytes")).buffer);
/** Three such pieces still do not make the whole. */
const stopAfterBytes = 40_000;

let directory: string;
let server: LoopbackPublisher;
let target: string;
let part: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "eddy-download-"));
  target = join(directory, "file");
  part = `${target}.part`;
  server = await loopbackPublisher();
  server.files.set("file", body);
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

const get = (options: Partial<DownloadOptions> = {}) =>
  download(`${server.address}file`, target, { md5: md5(body), ...options });

async function errorOf(run: Promise<unknown>): Promise<EddyError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EddyError);
  expect((error as EddyError).message).not.toContain("\n");
  return error as EddyError;
}

/** Cuts the connection once something has come: what fetch has not handed over by then is lost with it. */
async function cutOff(): Promise<EddyError> {
  server.behaviour.stopAfterBytes = stopAfterBytes;
  let before: number | null = null;
  const error = await errorOf(
    get({
      onProgress({ received }) {
        before ??= received;
        if (received > before) server.cut();
      },
    }),
  );
  server.behaviour.stopAfterBytes = null;
  return error;
}

/** The file is there, and nothing else. (expect's own comparison of so many bytes takes half a second.) */
function expectStored(bytes: Buffer = body): void {
  expect(md5(readFileSync(target))).toBe(md5(bytes));
  expect(readdirSync(directory)).toEqual(["file"]);
}

describe("a download", () => {
  it.each([true, false])("fetches a file whole (told its length: %s)", async (told) => {
    server.behaviour.contentLength = told;
    const steps: DownloadProgress[] = [];
    expect(await get({ onProgress: (step) => steps.push(step) })).toEqual({
      outcome: "downloaded",
      bytes: body.length,
    });
    expectStored();
    expect(steps[0].received).toBe(0);
    expect(steps.at(-1)?.received).toBe(body.length);
    expect(steps.every(({ received }, step) => step === 0 || received > steps[step - 1].received)).toBe(true);
    expect(new Set(steps.map(({ total }) => total))).toEqual(new Set([told ? body.length : null]));
    // the checksum is that of the published bytes
    expect(server.requests.map(({ acceptEncoding }) => acceptEncoding)).toEqual(["identity"]);
  });

  it.each([
    ["with an ETag", '"first"', '"first"'],
    ["without one", null, undefined],
    ["with a weak one, which may not say what to continue", 'W/"first"', undefined],
  ])("goes on after a cut connection where it stopped, %s", async (_, etag, ifRange) => {
    server.behaviour.etag = etag;
    const error = await cutOff();
    expect(error.code).toBe("DOWNLOAD_FAILED");
    expect(error.message).toContain(`${server.address}file`);
    expect(error.message).toContain("run the command again");
    expect(existsSync(target)).toBe(false);
    const have = readFileSync(part).length;
    expect(have).toBeGreaterThan(0);
    const steps: DownloadProgress[] = [];
    const result = await get({ onProgress: (step) => steps.push(step) });
    expect(result).toEqual({ outcome: "resumed", bytes: body.length });
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]).toMatchObject({ range: `bytes=${have}-`, ifRange });
    expect(steps[0]).toEqual({ received: have, total: body.length });
    expectStored();
  });

  it("goes on after several cuts", async () => {
    for (let cut = 0; cut < 3; cut++) await cutOff();
    expect(server.requests.map(({ range }) => range !== undefined)).toEqual([false, true, true]);
    expect((await get()).outcome).toBe("resumed");
    expectStored();
  });

  it.each(["ignores", "answers wrongly"] as const)(
    "starts anew when the server %s the range",
    async (ranges) => {
      await cutOff();
      server.behaviour.ranges = ranges;
      expect((await get()).outcome).toBe("downloaded");
      expectStored();
    },
  );

  it("starts anew when the published file has changed since", async () => {
    await cutOff();
    server.behaviour.etag = '"second"';
    const other = Buffer.from(body).reverse();
    server.files.set("file", other);
    expect((await get({ md5: md5(other) })).outcome).toBe("downloaded");
    expectStored(other);
  });

  it("starts anew when the part is longer than the file (416)", async () => {
    writeFileSync(part, Buffer.alloc(body.length + 5));
    expect((await get()).outcome).toBe("downloaded");
    expect(server.requests.map(({ range }) => range)).toEqual([`bytes=${body.length + 5}-`, undefined]);
    expectStored();
  });

  it("only gives the part its name when it was complete already", async () => {
    writeFileSync(part, body);
    expect((await get()).outcome).toBe("resumed");
    expect(server.requests).toEqual([]);
    expectStored();
  });

  it("ignores a note of the version that is no header", async () => {
    await cutOff();
    writeFileSync(`${part}.version`, "a\r\nb: c");
    expect((await get()).outcome).toBe("resumed");
    expectStored();
  });

  it.each([true, false])("refuses and deletes another file (told its length: %s)", async (told) => {
    server.behaviour.contentLength = told;
    const other = Buffer.from("something else");
    server.files.set("file", other);
    const error = await errorOf(get());
    expect(error.code).toBe("CHECKSUM_MISMATCH");
    expect(error.message).toContain(md5(other));
    expect(error.message).toContain(md5(body));
    expect(readdirSync(directory)).toEqual([]);
  });

  it("deletes a part whose beginning was wrong, so that the next attempt gets the file", async () => {
    writeFileSync(part, Buffer.alloc(1000));
    expect((await errorOf(get())).code).toBe("CHECKSUM_MISMATCH");
    expect((await get()).outcome).toBe("downloaded");
    expectStored();
  });

  it("leaves a file alone that is there and has another checksum", async () => {
    writeFileSync(target, "the user's own");
    const error = await errorOf(get());
    expect(error.code).toBe("CHECKSUM_MISMATCH");
    expect(error.message).toContain(target);
    expect(error.message).toContain("left as it is");
    expect(readFileSync(target, "utf8")).toBe("the user's own");
    expect(server.requests).toEqual([]);
  });

  it.each([404, 403, 500, 503])("says that the server answered %d, and keeps a part", async (status) => {
    await cutOff();
    const have = readFileSync(part);
    server.behaviour.status = status;
    const error = await errorOf(get());
    expect(error.code).toBe("DOWNLOAD_FAILED");
    expect(error.message).toContain(`answered ${status}`);
    expect(error.message).toContain(target);
    expect(md5(readFileSync(part))).toBe(md5(have));
  });

  it("does not ask for ever when the server refuses every range", async () => {
    server.behaviour.status = 416;
    expect((await errorOf(get())).message).toContain("answered 416");
    expect(server.requests).toHaveLength(1);
    writeFileSync(part, "x");
    expect((await errorOf(get())).message).toContain("answered 416");
    expect(server.requests).toHaveLength(3);
  });

  it("refuses what was encoded on the way", async () => {
    server.behaviour.contentEncoding = "gzip";
    server.files.set("file", gzipSync(body));
    const error = await errorOf(get());
    expect(error.code).toBe("DOWNLOAD_FAILED");
    expect(error.message).toContain("encoded as gzip");
  });

  it.each([true, false])("takes a file of exactly the allowed size (told its length: %s)", async (told) => {
    server.behaviour.contentLength = told;
    expect((await get({ bytesMax: body.length })).bytes).toBe(body.length);
  });

  it.each([true, false])("refuses a larger one and leaves nothing (told its length: %s)", async (told) => {
    server.behaviour.contentLength = told;
    const steps: DownloadProgress[] = [];
    const error = await errorOf(get({ bytesMax: body.length - 1, onProgress: (step) => steps.push(step) }));
    expect(error.code).toBe("DOWNLOAD_FAILED");
    expect(error.message).toContain(`at most ${body.length - 1} are allowed`);
    expect(readdirSync(directory)).toEqual([]);
    // nothing is taken of what is known to be too large
    if (told) expect(steps).toEqual([]);
  });

  it("says why there was no connection", async () => {
    await server.close();
    const error = await errorOf(get());
    expect(error.code).toBe("DOWNLOAD_FAILED");
    expect(error.message).toContain("ECONNREFUSED");
    server = await loopbackPublisher();
  });

  it("says why it cannot write", async () => {
    writeFileSync(join(directory, "folder"), "a file where a folder is needed");
    target = join(directory, "folder", "file");
    const error = await errorOf(get());
    expect(error.code).toBe("FILE_INVALID");
    expect(error.message).toMatch(/folder is a file where a folder is needed; choose another/);
  });

  it("ends with the signal's reason, keeps the part, and goes on from it", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    server.behaviour.stopAfterBytes = stopAfterBytes;
    const ended = get({
      signal: abort.signal,
      onProgress: ({ received }) => {
        if (received > 0) abort.abort(reason);
      },
    });
    await expect(ended).rejects.toBe(reason);
    server.behaviour.stopAfterBytes = null;
    expect([existsSync(target), existsSync(part)]).toEqual([false, true]);
    await expect(get({ signal: abort.signal })).rejects.toBe(reason);
    expect((await get()).outcome).toBe("resumed");
    expectStored();
  });

  it("passes on what the caller's progress function throws, and closes the connection", async () => {
    server.behaviour.stopAfterBytes = stopAfterBytes;
    const closed = server.connectionClosed();
    const failure = new Error("the terminal is gone");
    const ended = get({
      onProgress({ received }) {
        if (received > 0) throw failure;
      },
    });
    await expect(ended).rejects.toBe(failure);
    await closed;
  });
});
