import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Checkpoint,
  checkCheckpointFolder,
  checkpointPath,
  readCheckpoint,
  writeCheckpoint,
} from "../../src/simulation/checkpoint.js";
import { scalarsSchema } from "../../src/simulation/state-snapshot.js";
import { rejectionOf } from "../error-of.js";
import { temporaryFolder } from "../temporary-folder.js";

const root = temporaryFolder();
let folders = 0;
function newFolder(): string {
  folders += 1;
  const folder = join(root, String(folders));
  mkdirSync(folder);
  return folder;
}

/** A checkpoint whose numbers say which it is. */
const checkpointOf = (mark: number): Checkpoint => ({
  run: { name: "a run", seed: mark },
  progress: { epoch: mark, batch: 3, sums: { "a task": { count: 1, loss: 1e-8, right: -0.25 } } },
  snapshot: {
    scalars: scalarsSchema.parse({
      tick: 17,
      batch: 2,
      beta: 1,
      seed: mark,
      trials: 3,
      optimiser: { kind: "adam", learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      gates: { "x->m1": 0.5 },
      spectralRadii: { m1: 0.25 },
      steps: { "x->m1": 4 },
      tasks: {},
      past: 0,
    }),
    tensors: new Map([
      ["weights/x->m1", { shape: [2, 2], data: Float32Array.of(mark, Number.MIN_VALUE, -0, 1 / 3) }],
      ["weights/m1.W", { shape: [1, 1], data: Float32Array.of(Math.PI) }],
      ["weights/nothing", { shape: [0], data: new Float32Array(0) }],
    ]),
  },
});

const tensorsIn = (folder: string) => readdirSync(folder).filter((file) => file.endsWith(".safetensors"));
const content = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "hex")]));

async function written(folder = newFolder()) {
  await writeCheckpoint(join(folder, "c"), checkpointOf(1));
  return { folder, json: join(folder, "c.json"), tensors: join(folder, tensorsIn(folder)[0]) };
}

describe("a checkpoint", () => {
  it("is read as it was written, to the bit", async () => {
    const { json } = await written();
    expect(await readCheckpoint(json)).toEqual({
      ...checkpointOf(1),
      snapshot: {
        scalars: checkpointOf(1).snapshot.scalars,
        tensors: new Map([...checkpointOf(1).snapshot.tensors].sort()),
      },
    });
  });

  it("has its checksum over the other lines as they stand, so that any program can make it", async () => {
    const { json } = await written();
    const lines = readFileSync(json, "utf8").split("\n");
    const rest = [lines[0], ...lines.slice(2)].join("\n").replace('"loss": 1e-8', '"loss": 1.0E-08 ');
    const digest = createHash("sha256").update(rest).digest("hex");
    writeFileSync(json, rest.replace("{\n", `{\n "sha256": "${digest}",\n`));
    expect((await readCheckpoint(json)).progress).toEqual(checkpointOf(1).progress);
  });

  it("of the format before is read, too", async () => {
    const { json } = await written();
    const { sha256: _digest, ...content } = JSON.parse(readFileSync(json, "utf8"));
    const old = { ...content, format: "eddy-checkpoint/2" };
    const sha256 = createHash("sha256").update(JSON.stringify(old)).digest("hex");
    writeFileSync(json, JSON.stringify({ ...old, sha256 }, null, 1));
    expect((await readCheckpoint(json)).progress).toEqual(checkpointOf(1).progress);
    writeFileSync(json, JSON.stringify({ ...old, sha256, progress: 1 }, null, 1));
    expect((await rejectionOf(readCheckpoint(json))).code).toBe("CHECKSUM_MISMATCH");
  });

  it("has a name with or without .json", async () => {
    const { folder } = await written();
    expect(checkpointPath("a/b")).toBe(join("a", "b.json").replaceAll("\\", "/"));
    expect(await readCheckpoint(join(folder, "c"))).toEqual(await readCheckpoint(join(folder, "c.json")));
  });

  it("takes the place of the one before, tensors and all", async () => {
    const { folder, json } = await written();
    await writeCheckpoint(json, checkpointOf(2));
    expect((await readCheckpoint(json)).progress).toMatchObject({ epoch: 2 });
    expect(readdirSync(folder)).toHaveLength(2);
    await writeCheckpoint(json, checkpointOf(2));
    expect((await readCheckpoint(json)).progress).toMatchObject({ epoch: 2 });
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it("leaves others in its folder alone", async () => {
    const { folder, json } = await written();
    await writeCheckpoint(join(folder, "d"), checkpointOf(3));
    await writeCheckpoint(json, checkpointOf(2));
    expect((await readCheckpoint(join(folder, "d"))).progress).toMatchObject({ epoch: 3 });
    expect(readdirSync(folder)).toHaveLength(4);
  });

  it("deletes nothing that a copied or foreign file names", async () => {
    const { folder, json, tensors } = await written();
    copyFileSync(json, join(folder, "copy.json"));
    await writeCheckpoint(join(folder, "copy"), checkpointOf(2));
    expect(readFileSync(tensors).length).toBeGreaterThan(0);
    expect((await readCheckpoint(json)).progress).toMatchObject({ epoch: 1 });
  });
});

describe("a damaged checkpoint is refused:", () => {
  const codes = ["FILE_INVALID", "CHECKSUM_MISMATCH", "INVALID_DESCRIPTION", "FILE_NOT_FOUND"];

  it("a JSON half cut off anywhere", async () => {
    const { json } = await written();
    const bytes = readFileSync(json);
    const cut = fc.integer({ min: 0, max: bytes.length - 2 });
    await fc.assert(
      fc.asyncProperty(cut, async (length) => {
        writeFileSync(json, bytes.subarray(0, length));
        const error = await rejectionOf(readCheckpoint(json));
        expect(error.code).toBe("FILE_INVALID");
        expect(error.message).toContain(json);
      }),
    );
  });

  it("a JSON half with any bit flipped", async () => {
    const { json } = await written();
    const bytes = readFileSync(json);
    const place = fc.record({ byte: fc.nat(bytes.length - 1), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(place, async ({ byte, bit }) => {
        const flipped = Buffer.from(bytes);
        flipped[byte] ^= 1 << bit;
        writeFileSync(json, flipped);
        expect(codes).toContain((await rejectionOf(readCheckpoint(json))).code);
      }),
      { numRuns: 500 },
    );
  });

  it("a number changed by hand", async () => {
    const { json } = await written();
    writeFileSync(json, readFileSync(json, "utf8").replace('"batch": 3', '"batch": 4'));
    const error = await rejectionOf(readCheckpoint(json));
    expect(error.code).toBe("CHECKSUM_MISMATCH");
    expect(error.message).toMatch(/damaged.*checksum; take an earlier one/);
  });

  it("tensors cut off, longer, or with any bit flipped", async () => {
    const { json, tensors } = await written();
    const bytes = readFileSync(tensors);
    const refused = async (changed: Uint8Array) => {
      writeFileSync(tensors, changed);
      const error = await rejectionOf(readCheckpoint(json));
      expect(error.code).toBe("CHECKSUM_MISMATCH");
      expect(error.message).toContain(tensors);
      expect(error.message).toContain(json);
    };
    await refused(Buffer.concat([bytes, Buffer.of(0)]));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), (length) => refused(bytes.subarray(0, length))),
    );
    const flip = fc.record({ byte: fc.nat(bytes.length - 1), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(flip, ({ byte, bit }) => {
        const flipped = Buffer.from(bytes);
        flipped[byte] ^= 1 << bit;
        return refused(flipped);
      }),
    );
  });

  it("a half that is missing, or a folder, or something else", async () => {
    const { folder, json, tensors } = await written();
    rmSync(tensors);
    expect(await rejectionOf(readCheckpoint(json))).toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining(tensors),
    });
    const missing = await rejectionOf(readCheckpoint(join(folder, "none")));
    expect(missing).toMatchObject({ code: "FILE_NOT_FOUND", message: expect.stringContaining("none.json") });
    mkdirSync(join(folder, "f.json"));
    expect((await rejectionOf(readCheckpoint(join(folder, "f")))).code).toBe("FILE_INVALID");
    writeFileSync(join(folder, "other.json"), '{"format": "something/2"}');
    expect((await rejectionOf(readCheckpoint(join(folder, "other")))).message).toMatch(
      /other\.json: not a checkpoint of Eddy/,
    );
  });

  it("tensors outside its folder", async () => {
    const { json } = await written();
    writeFileSync(json, readFileSync(json, "utf8").replace('"file": "', '"file": "../'));
    expect((await rejectionOf(readCheckpoint(json))).message).toMatch(/tensors\.file: given "\.\.\/c-/);
  });
});

describe("when writing fails", () => {
  /** A folder in the place of a file that has to be written makes the write fail, also for root. */
  async function expectUntouched(block: (folder: string) => string): Promise<void> {
    const { folder, json } = await written();
    const blocker = block(folder);
    mkdirSync(join(folder, blocker));
    const before = readdirSync(folder).sort();
    const error = await rejectionOf(writeCheckpoint(json, checkpointOf(2)));
    expect(error.code).toBe("FILE_INVALID");
    expect(error.message).toMatch(/c\.json: cannot be written: .*the one before it, if any, is untouched/);
    expect(readdirSync(folder).sort()).toEqual(before);
    expect((await readCheckpoint(json)).progress).toMatchObject({ epoch: 1 });
  }

  it("at the tensors, the one before stays whole and nothing is left", async () => {
    const probe = newFolder();
    await writeCheckpoint(join(probe, "c"), checkpointOf(2));
    const [tensors] = tensorsIn(probe);
    await expectUntouched(() => `${tensors}.part`);
    await expectUntouched(() => tensors);
  });

  it("at the JSON half, the one before stays whole and nothing is left", async () => {
    await expectUntouched(() => "c.json.part");
  });

  it("over a folder, nothing is left", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "c.json"));
    expect((await rejectionOf(writeCheckpoint(join(folder, "c"), checkpointOf(1)))).code).toBe(
      "FILE_INVALID",
    );
    expect(readdirSync(folder)).toEqual(["c.json"]);
  });

  it("because the folder is not there, that is known beforehand", async () => {
    const folder = newFolder();
    const name = join(folder, "none", "c");
    expect((await rejectionOf(checkCheckpointFolder(name))).message).toMatch(
      /its folder .*none does not exist/,
    );
    await expect(checkCheckpointFolder(join(folder, "c"))).resolves.toBeUndefined();
    await rejectionOf(writeCheckpoint(name, checkpointOf(1)));
    expect(content(folder)).toEqual({});
  });
});
