import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type DataProgress, type GetDataOptions, getData } from "../../src/cli/data-get.js";
import { type Publisher, publishers } from "../../src/cli/data-publishers.js";
import { imageSet } from "../../src/streams/tasks/image-set.js";
import { cifarFile, recordBytes } from "../arbitraries/cifar-files.js";
import { writeImageSet } from "../arbitraries/idx-files.js";
import { tarArchive } from "../arbitraries/tar.js";
import { type LoopbackPublisher, loopbackPublisher, md5 } from "./loopback-publisher.js";

let directory: string;
let server: LoopbackPublisher;
let publisher: Publisher;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "eddy-data-"));
  const source = join(directory, "published");
  writeImageSet(source, 40, 10);
  server = await loopbackPublisher();
  for (const name of readdirSync(source)) server.files.set(name, readFileSync(join(source, name)));
  publisher = {
    address: server.address,
    files: publishers.mnist.files.map(({ name }) => ({ name, md5: md5(server.files.get(name)!) })),
  };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(directory, { recursive: true });
});

const get = (options: GetDataOptions = {}) => getData("mnist", { directory, publisher, ...options });
const outcomes = async (files: ReturnType<typeof get>) => (await files).map(({ outcome }) => outcome);

describe("getData", () => {
  it("downloads all files, with progress, to where imageSet reads them", async () => {
    const progress: DataProgress[] = [];
    const files = await get({ onProgress: (step) => progress.push(step) });
    expect(readdirSync(join(directory, "mnist")).sort()).toEqual([...server.files.keys()].sort());
    for (const [index, { name }] of publisher.files.entries()) {
      const bytes = server.files.get(name)!.length;
      expect(files[index]).toEqual({ path: join(directory, "mnist", name), outcome: "downloaded", bytes });
      const steps = progress.filter((step) => step.index === index);
      expect(steps[0]).toEqual({ file: name, index, files: 4, received: 0, total: bytes });
      expect(steps.at(-1)?.received).toBe(bytes);
    }
    const { training, test } = imageSet("mnist", { directory, seed: 1 });
    expect([training.length, test?.length]).toEqual([40, 10]);
  });

  it("downloads to EDDY_DATA when no folder is given", async () => {
    vi.stubEnv("EDDY_DATA", join(directory, "elsewhere"));
    await getData("fashion-mnist", { publisher });
    const { training } = imageSet("fashion-mnist", { directory: join(directory, "elsewhere"), seed: 1 });
    expect(training.length).toBe(40);
  });

  it("asks for nothing that is there and right, and gets the rest", async () => {
    await get();
    expect(await outcomes(get())).toEqual(new Array(4).fill("present"));
    expect(server.requests).toHaveLength(4);
    const lost = publisher.files[2].name;
    rmSync(join(directory, "mnist", lost));
    expect(await outcomes(get())).toEqual(["present", "present", "downloaded", "present"]);
    expect(server.requests.slice(4).map(({ file }) => file)).toEqual([lost]);
  });

  it("takes an address without a slash at its end", async () => {
    publisher = { ...publisher, address: publisher.address.slice(0, -1) };
    expect(await get()).toHaveLength(4);
  });

  it("stops at a file that is wrong, and keeps those before it", async () => {
    server.files.set(publisher.files[1].name, Buffer.from("something else"));
    await expect(get()).rejects.toMatchObject({ code: "CHECKSUM_MISMATCH" });
    expect(readdirSync(join(directory, "mnist"))).toEqual([publisher.files[0].name]);
  });

  it("ends with the signal's reason between files, too", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const ended = get({
      signal: abort.signal,
      onProgress: ({ index, received, total }) => {
        if (index === 1 && received === total) abort.abort(reason);
      },
    });
    await expect(ended).rejects.toBe(reason);
    expect(server.requests).toHaveLength(2);
  });

  it("knows the published sets only", async () => {
    await expect(getData("cifar", { directory, publisher })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: 'no data set is called "cifar"; there are mnist, fashion-mnist, cifar-10',
    });
  });
});

describe("getData of a set in an archive", () => {
  const files = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
    "test_batch.bin",
  ];
  const archive = "cifar-10-binary.tar.gz";
  const folder = () => join(directory, "cifar-10");
  const getCifar = () => getData("cifar-10", { directory, publisher });

  beforeEach(() => {
    const contents = files.map((name, file) => ({
      name: `cifar-10-batches-bin/${name}`,
      content: Buffer.from(cifarFile(file, file + 1)),
    }));
    const packed = gzipSync(
      tarArchive([{ name: "cifar-10-batches-bin/readme.html", content: Buffer.from("hello") }, ...contents]),
    );
    server.files.set(archive, packed);
    publisher = {
      address: server.address,
      files: [{ name: archive, md5: md5(packed) }],
      unpacked: files.map((name, file) => ({ name, bytes: (file + 1) * recordBytes })),
    };
  });

  it("unpacks it to where imageSet reads it, and deletes it", async () => {
    expect(await outcomes(getCifar())).toEqual(new Array(6).fill("downloaded"));
    expect(readdirSync(folder()).sort()).toEqual([...files].sort());
    const { training, test } = imageSet("cifar-10", { directory, seed: 1 });
    expect([training.length, test?.length]).toEqual([15, 6]);
  });

  it("asks for nothing when all files are there, and gets what is lost", async () => {
    await getCifar();
    expect(await outcomes(getCifar())).toEqual(new Array(6).fill("present"));
    expect(server.requests).toHaveLength(1);
    rmSync(join(folder(), files[3]));
    expect(await outcomes(getCifar())).toEqual(files.map((_, i) => (i === 3 ? "downloaded" : "present")));
  });

  it("leaves a file of another size as it is", async () => {
    await getCifar();
    writeFileSync(join(folder(), files[0]), "mine");
    await expect(getCifar()).rejects.toMatchObject({
      code: "FILE_EXISTS",
      message: expect.stringMatching(/has 4 bytes where .* 3073/),
    });
    expect(readFileSync(join(folder(), files[0]), "utf8")).toBe("mine");
  });

  it("is told what is wrong with the archive", async () => {
    const packed = gzipSync(tarArchive([]));
    server.files.set(archive, packed);
    publisher = { ...publisher, files: [{ name: archive, md5: md5(packed) }] };
    await expect(getCifar()).rejects.toMatchObject({
      code: "FILE_INVALID",
      message: expect.stringMatching(/lacks data_batch_1/),
    });
    expect(readdirSync(folder())).toEqual([archive]);
  });

  it("takes no archive that is larger than it may be", async () => {
    publisher = { ...publisher, files: [{ ...publisher.files[0], bytesMax: 10 }] };
    await expect(getCifar()).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: expect.stringMatching(/at most 10/),
    });
  });
});

describe("the publishers", () => {
  it.each([
    ["mnist", 4],
    ["fashion-mnist", 4],
    ["cifar-10", 1],
  ] as const)("%s: %i files, with an MD5 each", (name, count) => {
    const { address, files } = publishers[name];
    expect(new URL(address).pathname).toMatch(/\/$/);
    expect(new Set(files.map((file) => file.name)).size).toBe(count);
    expect(new Set(files.map((file) => file.md5)).size).toBe(count);
    for (const file of files) expect(file.md5).toMatch(/^[0-9a-f]{32}$/);
  });
});
