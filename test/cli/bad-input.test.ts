import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeLearnableSet } from "../arbitraries/learnable-images.js";
import { commandLine } from "../built.js";
import { runEddy } from "../child-process.js";
import { scene } from "../simulation/running.js";
import { imageRun } from "../simulation/small-runs.js";
import { temporaryFolder } from "../temporary-folder.js";
import { refused } from "./refused.js";

const folder = temporaryFolder();
const data = join(folder, "data");
writeLearnableSet(data, { training: 40, test: 10 });

/** A run file of this content, and the command lines that read it. */
function commandsWith(value: unknown): string[][] {
  const file = join(folder, "run.json");
  writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
  return [
    ["train", file, "--data", data, "--backend", "reference"],
    ["run", file, "--headless", "--ticks", "3", "--data", data, "--backend", "reference"],
  ];
}

const network = {
  modules: { m1: { neurons: 16 } },
  inputs: { x: 1024 },
  forward: [{ source: "x", target: "m1.RI" }],
  errorPathways: [{ source: "error(out)", target: "m1.RE" }],
  readouts: { out: { size: 2, sources: ["m1.SI"] } },
  tasks: { gabor: { input: "x", readout: "out" } },
};
const withModule = (change: object) => ({
  ...scene,
  network: { ...network, modules: { m1: { neurons: 16, ...change } } },
});

describe("a bad run file is refused in one line, exit code 2:", () => {
  it.each<[what: string, value: unknown, text: RegExp]>([
    ["no JSON", "{", /run\.json: not JSON/],
    ["an unknown field", { ...scene, epoch: 3 }, /run: unknown field "epoch"; allowed: /],
    [
      "a block outside its module",
      withModule({ blocks: { RI: [0, 17] } }),
      /network\.modules\.m1\.blocks\.RI: .*16 neurons/,
    ],
    [
      "a pathway to nowhere",
      { ...scene, network: { ...network, forward: [{ source: "x", target: "m2.RI" }] } },
      /network\.forward\.0\.target: given "m2\.RI"/,
    ],
    ["SR 0", withModule({ spectralRadius: 0 }), /network\.modules\.m1\.spectralRadius: given 0/],
    ["SR -1", withModule({ spectralRadius: -1 }), /network\.modules\.m1\.spectralRadius: given -1/],
    ["CR < 0", withModule({ connectionRate: -0.5 }), /network\.modules\.m1\.connectionRate: given -0\.5/],
    ["CR 1.5", withModule({ connectionRate: 1.5 }), /network\.modules\.m1\.connectionRate: given 1\.5/],
  ])("%s", async (_what, value, text) => {
    const [train] = commandsWith(value);
    const line = await refused(train);
    expect(line).toMatch(/^eddy: /);
    expect(line).toMatch(text);
  });

  it("and by eddy run like by eddy train", async () => {
    const [, run] = commandsWith(withModule({ spectralRadius: 0 }));
    expect(await refused(run)).toMatch(/network\.modules\.m1\.spectralRadius: given 0/);
  });

  it("a run of the other kind, with the command to use", async () => {
    const [train] = commandsWith({ ...scene });
    expect(await refused(train)).toMatch(/run\.schedule\.kind: .*eddy run/);
    const [, run] = commandsWith(imageRun);
    expect(await refused(run)).toMatch(/run\.schedule\.kind: .*eddy train/);
  });

  it("no file, or a folder", async () => {
    for (const command of ["train", "run"]) {
      expect(await refused([command, join(folder, "none.json")])).toMatch(
        /none\.json: there is no such file/,
      );
      expect(await refused([command, folder])).toMatch(/is a folder, needed a file/);
    }
  });
});

describe("bad data are refused with the file and what to do:", () => {
  const train = (directory: string) =>
    refused(["train", "--task", "mnist", "--data", directory, "--epochs", "1"]);
  const copied = (change: (directory: string) => void): string => {
    const directory = join(folder, `copy-${readdirSync(folder).length}`);
    mkdirSync(directory);
    for (const file of readdirSync(data)) copyFileSync(join(data, file), join(directory, file));
    change(directory);
    return directory;
  };

  it("none", async () => {
    expect(await train(join(folder, "none"))).toMatch(
      /no mnist data: looked in .*eddy data get mnist.*EDDY_DATA/,
    );
    const environment = await refused(["train", "--task", "mnist"], {
      env: { EDDY_DATA: join(folder, "nowhere") },
    });
    expect(environment).toMatch(/nowhere/);
  });

  it("a truncated IDX file", async () => {
    const directory = copied((copy) => truncateSync(join(copy, "train-images-idx3-ubyte"), 5000));
    expect(await train(directory)).toMatch(/train-images-idx3-ubyte: truncated: .*5000; .*eddy data get/);
  });

  it("another file in its place", async () => {
    const directory = copied((copy) =>
      writeFileSync(join(copy, "t10k-labels-idx1-ubyte"), "<!doctype html>"),
    );
    expect(await train(directory)).toMatch(/t10k-labels-idx1-ubyte: .*no IDX file.*eddy data get/);
  });

  it("what eddy data get finds in the place of a file, and it is not overwritten", async () => {
    const target = join(folder, "mnist", "train-images-idx3-ubyte.gz");
    mkdirSync(join(folder, "mnist"));
    writeFileSync(target, "mine");
    const line = await refused(["data", "get", "mnist", "--data", folder]);
    expect(line).toMatch(
      /train-images-idx3-ubyte\.gz is there already, but its MD5 is .*left as it is: delete it/,
    );
    expect(readFileSync(target, "utf8")).toBe("mine");
    expect(readdirSync(join(folder, "mnist"))).toHaveLength(1);
  });

  it("and the files are left as they are", async () => {
    const directory = copied((copy) => truncateSync(join(copy, "train-labels-idx1-ubyte"), 20));
    const before = readdirSync(directory).map((file) => readFileSync(join(directory, file), "hex"));
    await train(directory);
    expect(readdirSync(directory).map((file) => readFileSync(join(directory, file), "hex"))).toEqual(before);
  });
});

describe("a bad command line is refused in one line, exit code 2:", () => {
  it.each<[args: string[], text: RegExp]>([
    [["trian"], /unknown command 'trian'.*Did you mean train/],
    [["train"], /needed a run file, --task NAME \(mnist.*or --resume FILE/],
    [["train", "--epoch", "3"], /unknown option '--epoch'.*Did you mean --epochs/],
    [["train", "--task", "mnist", "--batch", "0"], /'0' is invalid.*whole number from 1/],
    [["train", "a.json", "--task", "mnist"], /given a\.json and --task mnist; needed one of them/],
    [["train", "a.json", "--modules", "3"], /--modules goes with --task/],
    [["train", "--task", "gabor", "-p", "optimiser.rate=1"], /run\.optimiser: unknown field "rate"/],
    [
      ["train", "--task", "gabor", "--backend", "abacus"],
      /backend "abacus" is unknown, allowed are simd, reference, wasm, .*, auto/,
    ],
    [["run", "--headless", "--backend", "abacus", "--ticks", "1"], /backend "abacus" is unknown/],
    [["run", "--speed", "fast"], /'fast' is invalid.*500.*2x.*max/],
    [["run", "--headless", "-p", "schedule.kind=phased"], /run\.schedule/],
    [["data", "get", "imagenet"], /'imagenet' is invalid.*mnist, fashion-mnist/],
  ])("%j", async (args, text) => {
    expect(await refused(args)).toMatch(text);
  });
});

describe("eddy without a command", () => {
  it("prints the help, its commands and exit statuses, to standard error, exit code 2", async () => {
    const { code, stdout, stderr } = await runEddy([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    for (const command of ["run", "train", "verify", "data", "schema", "setup", "doctor"]) {
      expect(stderr).toMatch(new RegExp(`^  ${command} `, "m"));
    }
    expect(stderr).toMatch(/Exit status:\n {2}0 done, .* 130 Ctrl-C\n$/);
  });
});

describe("a reader that has seen enough", () => {
  it.each([
    ["schema"],
    ["run", "--headless", "--json", "--backend", "reference"],
    [
      "train",
      "--task",
      "gabor",
      "--backend",
      "reference",
      "--json",
      "-p",
      "stimuli.gabor.trainingImages=20",
      "-p",
      "network.neurons=16",
    ],
  ])("ends eddy %s without a word", async (...args) => {
    const child = spawn(process.execPath, [commandLine, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let complaints = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      complaints += text;
    });
    await once(child.stdout, "data");
    child.stdout.destroy();
    const [code, signal] = await once(child, "close");
    expect({ code, signal, complaints }).toEqual({ code: 0, signal: null, complaints: "" });
  });
});
