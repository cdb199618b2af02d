import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeLearnableSet } from "../arbitraries/learnable-images.js";
import { runEddy, startEddy } from "../child-process.js";
import { imageRun } from "../simulation/small-runs.js";
import { temporaryFolder } from "../temporary-folder.js";
import { refused } from "./refused.js";

const folder = temporaryFolder();
const data = join(folder, "data");
writeLearnableSet(data, { training: 400, test: 100 });
const runFile = join(folder, "run.json");
writeFileSync(runFile, JSON.stringify(imageRun));
const common = ["--data", data, "--backend", "reference"];
const ofTask = ["train", "--task", "mnist", ...common, "-p", "network.neurons=32", "--batch", "20"];

const objects = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

let names = 0;
const newName = (): string => {
  names += 1;
  return join(folder, `checkpoint-${names}`);
};

/** The weights, byte by byte. */
const tensorsOf = (name: string): string => {
  const { tensors } = JSON.parse(readFileSync(`${name}.json`, "utf8"));
  return readFileSync(join(folder, tensors.file), "hex");
};
const progressOf = (name: string) => JSON.parse(readFileSync(`${name}.json`, "utf8")).progress;

describe("eddy train", () => {
  it("learns from a run file, and tells people an epoch a line", async () => {
    const { code, stdout, stderr } = await runEddy(["train", runFile, ...common, "--epochs", "2"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trim().split("\n")).toEqual([
      expect.stringMatching(/^epoch 1\/2 {2}mnist: loss \d+\.\d{4}, train [\d.]+ %, test [\d.]+ %/),
      expect.stringMatching(/^epoch 2\/2 {2}mnist: /),
    ]);
  });

  it("learns, and tells programs an object an epoch, accuracies in percent", async () => {
    const { code, stdout } = await runEddy([
      "train",
      runFile,
      ...common,
      "--json",
      "--epochs",
      "6",
      "--seed",
      "7",
    ]);
    expect(code).toBe(0);
    const epochs = objects(stdout);
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const epoch of epochs) {
      expect(epoch).toMatchObject({ run: "small images", seed: 7, backend: "reference" });
      expect(epoch.tasks.mnist.testAccuracy).toBe(epoch.testAccuracy);
      expect(epoch.seconds).toBeGreaterThan(0);
    }
    expect(epochs[5].trainLoss).toBeLessThan(epochs[0].trainLoss);
    expect(epochs[5].testAccuracy).toBeGreaterThan(60);
    expect(epochs[5].testAccuracy).toBeLessThanOrEqual(100);
  });

  it("knows tasks by name, and takes options for the run's fields", async () => {
    const args = [
      ...ofTask,
      "--modules",
      "3",
      "--algorithm",
      "epe",
      "--epochs",
      "1",
      "--json",
      "--checkpoint",
    ];
    const name = newName();
    const { code, stdout } = await runEddy([...args, name, "-p", "modules.m2.spectralRadius=0.4"]);
    expect(code).toBe(0);
    expect(objects(stdout)).toHaveLength(1);
    const { run } = JSON.parse(readFileSync(`${name}.json`, "utf8"));
    expect(run).toMatchObject({ rule: "EPE", batch: 20, schedule: { epochs: 1 } });
    expect(run.network.modules).toMatchObject({
      m2: { neurons: 32, spectralRadius: 0.4 },
      m3: { spectralRadius: 0.25 },
    });
  });

  it("tells the mean iterations of each phase, where a tolerance ends them", async () => {
    const args = [...ofTask, "--epochs", "1", "-p", "iterations.tolerance=1e-3"];
    const [told, plain, json] = await Promise.all([
      runEddy(args),
      runEddy([...ofTask, "--epochs", "1", "--json"]),
      runEddy([...args, "-p", "propagation.epsilon=1e-4", "--json"]),
    ]);
    expect(told.stdout).toMatch(/ {2}\| {2}iterations: \d\.\d in inference, \d\.\d in learning {2}\(/);
    expect(objects(plain.stdout)[0]).not.toHaveProperty("iterations");
    const [{ iterations }] = objects(json.stdout);
    expect(Object.keys(iterations)).toEqual(["inference", "learning"]);
    for (const mean of [iterations.inference, iterations.learning]) {
      expect(mean).toBeGreaterThanOrEqual(1);
      expect(mean).toBeLessThanOrEqual(8);
    }
  });

  it("gives the same weights for the same seed, and keeps one checkpoint a name", async () => {
    const [one, two, other] = [newName(), newName(), newName()];
    const train = (name: string, seed: string) =>
      runEddy([...ofTask, "--epochs", "2", "--seed", seed, "--checkpoint", name]);
    await Promise.all([train(one, "1"), train(two, "1")]);
    await train(other, "2");
    expect(tensorsOf(one)).toBe(tensorsOf(two));
    expect(tensorsOf(other)).not.toBe(tensorsOf(one));
    expect(readdirSync(folder).filter((file) => file.startsWith(one.slice(folder.length + 1)))).toHaveLength(
      2,
    );
  });
});

describe("Ctrl-C", () => {
  it("ends the batch and keeps it; resuming gives the bytes of a run that was never stopped", async () => {
    const [whole, stopped] = [newName(), newName()];
    const args = [...ofTask, "--json", "--epochs", "20"];
    const never = await runEddy([...args, "--checkpoint", whole]);
    const child = startEddy([...args, "--checkpoint", stopped]);
    await child.says(/"epoch":2/);
    child.process.kill("SIGINT");
    const first = await child.ended;
    expect(first).toMatchObject({ code: 130, signal: null });
    expect(first.stderr).toMatch(
      /^stopped after epoch \d+, batch \d+; go on with --resume .* --checkpoint .*\n$/,
    );
    const { epoch } = progressOf(stopped);
    expect(epoch).toBeGreaterThanOrEqual(2);
    expect(epoch).toBeLessThan(20);
    const second = await runEddy([
      "train",
      "--resume",
      stopped,
      "--checkpoint",
      stopped,
      "--json",
      ...common,
    ]);
    expect(second.code).toBe(0);
    expect(tensorsOf(stopped)).toBe(tensorsOf(whole));
    const told = [...objects(first.stdout), ...objects(second.stdout)];
    const timeless = (epochs: { seconds: number }[]) => epochs.map(({ seconds: _, ...rest }) => rest);
    expect(timeless(told)).toEqual(timeless(objects(never.stdout)));
  });

  it("without --checkpoint says that nothing was kept", async () => {
    const child = startEddy([...ofTask, "--json", "--epochs", "1000"]);
    await child.says(/"epoch":1/);
    child.process.kill("SIGTERM");
    const { code, stderr } = await child.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^stopped in epoch \d+, batch \d+; nothing was kept, since --checkpoint was not given\n$/,
    );
  });
});

describe("a checkpoint", () => {
  const trained = async (...more: string[]) => {
    const name = newName();
    const { code } = await runEddy([...ofTask, "--epochs", "1", "--checkpoint", name, ...more]);
    expect(code).toBe(0);
    return name;
  };
  const content = (name: string) => readFileSync(`${name}.json`, "utf8") + tensorsOf(name);

  it("is never overwritten by another training", async () => {
    const name = await trained();
    const before = content(name);
    const line = await refused([...ofTask, "--epochs", "2", "--checkpoint", name]);
    expect(line).toMatch(/checkpoint-\d+\.json exists; go on from it with --resume .*, or choose another/);
    const other = await trained();
    await refused(["train", "--resume", other, "--checkpoint", name, ...common]);
    expect(content(name)).toBe(before);
  });

  it("goes on for more epochs, into its own place or another", async () => {
    const name = await trained();
    const next = newName();
    const resume = ["train", "--resume", name, ...common, "--json", "--epochs", "2"];
    const { code, stdout } = await runEddy([...resume, "--checkpoint", next]);
    expect(code).toBe(0);
    expect(objects(stdout).map(({ epoch }) => epoch)).toEqual([2]);
    expect(progressOf(name)).toMatchObject({ epoch: 1 });
    expect(progressOf(next)).toMatchObject({ epoch: 2 });
    const whole = newName();
    await runEddy([...ofTask, "--epochs", "2", "--checkpoint", whole]);
    expect(tensorsOf(next)).toBe(tensorsOf(whole));
  });

  it("of another network, or another run, is refused by the field", async () => {
    const name = await trained();
    const before = content(name);
    const resume = (...args: string[]) =>
      refused([...args, ...common, "--resume", name, "--checkpoint", name]);
    expect(
      await resume("train", "--task", "mnist", "-p", "network.neurons=32", "--batch", "20", "--modules", "3"),
    ).toMatch(
      /^eddy: checkpoint .*: of another run: network\.\S+ is .* there and .* here; resume it without other settings/,
    );
    expect(await resume("train", "-p", "modules.m1.spectralRadius=0.5")).toMatch(
      /network\.modules\.m1\.spectralRadius is 0\.25 there and 0\.5 here/,
    );
    expect(await resume("train", "--seed", "3")).toMatch(/seed is 1 there and 3 here/);
    expect(content(name)).toBe(before);
  });

  it("that is damaged or missing is refused", async () => {
    const name = await trained();
    const json = readFileSync(`${name}.json`, "utf8");
    const resume = () => refused(["train", "--resume", name, ...common]);
    writeFileSync(`${name}.json`, json.slice(0, 300));
    expect(await resume()).toMatch(/damaged: not JSON; was it cut off/);
    writeFileSync(`${name}.json`, json.replace('"batch": 20', '"batch": 21'));
    expect(await resume()).toMatch(/damaged: its content does not match its checksum/);
    writeFileSync(`${name}.json`, json);
    const tensors = join(folder, JSON.parse(json).tensors.file);
    const bytes = readFileSync(tensors);
    bytes[bytes.length - 9] ^= 4;
    writeFileSync(tensors, bytes);
    expect(await resume()).toMatch(/damaged: its checksum is not the one in/);
    expect(await refused(["train", "--resume", newName(), ...common])).toMatch(/there is no such file/);
  });

  it("that has no folder to go to is refused before the first batch", async () => {
    const name = join(folder, "none", "c");
    expect(await refused([...ofTask, "--epochs", "1", "--checkpoint", name])).toMatch(
      /its folder .*none does not exist/,
    );
    expect(existsSync(join(folder, "none"))).toBe(false);
  });
});
