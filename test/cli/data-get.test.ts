import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type DataProgress, type GetDataOptions, getData } from "../../src/cli/data-get.js";
import { type Publisher, publishers } from "../../src/cli/data-publishers.js";
import { imageSet } from "../../src/streams/tasks/image-set.js";
import { writeImageSet } from "../arbitraries/idx-files.js";
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
      message: 'no data set is called "cifar"; there are mnist and fashion-mnist',
    });
  });
});

describe("the publishers", () => {
  it.each(Object.entries(publishers))("%s: four files, with an MD5 each", (_, { address, files }) => {
    expect(new URL(address).pathname).toMatch(/\/$/);
    expect(new Set(files.map(({ name }) => name)).size).toBe(4);
    expect(new Set(files.map((file) => file.md5)).size).toBe(4);
    for (const file of files) expect(file.md5).toMatch(/^[0-9a-f]{32}$/);
  });
});
