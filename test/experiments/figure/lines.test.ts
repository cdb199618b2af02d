import { describe, expect, it } from "vitest";
import { figure } from "../../../src/experiments/figure.js";
import type { PanelInput } from "../../../src/experiments/panel.js";
import type { Table } from "../../../src/experiments/table.js";
import { combinations, marksOf, panels, textsOf, trainingTable } from "../figure-rows.js";

const training = trainingTable([1, 2], 4);
const svgOf = async (table: Table, panel: PanelInput): Promise<string> =>
  (await figure(panels(panel), { main: table })).svg;
const where = { data: "mnist", layers: 1 };

describe("lines", () => {
  it("have a band and points for each colour, and titles with units", async () => {
    const svg = await svgOf(training, {
      kind: "lines",
      x: "epoch",
      y: "testAccuracy",
      colour: "rule",
      where,
    });
    expect([marksOf(svg, "line"), marksOf(svg, "area"), marksOf(svg, "symbol")]).toEqual([2, 2, 8]);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["epoch", "test accuracy, %", "rule", "AP", "BP"]));
  });

  it("have no band for one seed, nor where none is wanted, and no points where none are", async () => {
    const panel: PanelInput = { kind: "lines", x: "epoch", y: "testAccuracy", colour: "rule", where };
    expect(marksOf(await svgOf(trainingTable([1], 4), panel), "area")).toBe(0);
    const bare = await svgOf(training, { ...panel, spread: false, points: false });
    expect([marksOf(bare, "line"), marksOf(bare, "area"), marksOf(bare, "symbol")]).toEqual([2, 0, 0]);
  });

  it("are told apart by their y columns where there are several", async () => {
    const y = ["trainAccuracy", "testAccuracy"];
    const svg = await svgOf(training, { kind: "lines", x: "epoch", y, colour: "rule", where });
    expect(marksOf(svg, "line")).toBe(4);
    expect(textsOf(svg)).toEqual(
      expect.arrayContaining(["accuracy, %", "training accuracy", "test accuracy"]),
    );
    const all = await svgOf(training, {
      kind: "lines",
      x: "epoch",
      y,
      colour: "rule",
      dash: "layers",
      where: { data: "mnist" },
    });
    expect(marksOf(all, "line")).toBe(8);
    expect(textsOf(all)).toEqual(expect.arrayContaining(["AP, test accuracy", "BP, training accuracy"]));
  });

  it("are repeated over columns and rows", async () => {
    const svg = await svgOf(training, {
      kind: "lines",
      x: "epoch",
      y: "testAccuracy",
      colour: "rule",
      column: "data",
      row: "layers",
    });
    expect(marksOf(svg, "line")).toBe(8);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["mnist", "fashion-mnist", "layers 1", "layers 3"]));
  });

  it("break where a number is missing", async () => {
    const rows = [1, 2, 3, 4, 5].map((epoch) => ({
      seed: 1,
      epoch,
      trainLoss: epoch === 3 ? null : 1 / epoch,
    }));
    const svg = await svgOf({ axes: [], rows }, { kind: "lines", x: "epoch", y: "trainLoss" });
    const [, path] = /<g class="mark-line role-mark[^>]*>\s*<path[^>]*\bd="([^"]+)"/.exec(svg) ?? [];
    expect(path?.match(/M/g)).toHaveLength(2);
    expect(marksOf(svg, "symbol")).toBe(4);
  });

  it("average time and accuracy epoch by epoch, since no two seeds take the same time", async () => {
    const svg = await svgOf(training, {
      kind: "lines",
      x: "seconds",
      y: "testAccuracy",
      colour: "rule",
      where,
    });
    expect([marksOf(svg, "line"), marksOf(svg, "symbol")]).toEqual([2, 8]);
    expect(textsOf(svg)).toContain("time, s");
  });

  it("take the best or the last line of each cell", async () => {
    const rows = combinations({ SR: [0.1, 1], seed: [1], epoch: [1, 2, 3] }).map((row) => ({
      ...row,
      testAccuracy: row.epoch === 2 ? 90 : 50,
    }));
    const table = { axes: ["SR"], rows };
    const panel: PanelInput = { kind: "lines", x: "SR", y: "testAccuracy", yDomain: [0, 100] };
    const heights = async (take: "best" | "last"): Promise<string[]> => {
      const svg = await svgOf(table, { ...panel, take });
      const [, path] = /<g class="mark-line role-mark[^>]*>\s*<path[^>]*\bd="([^"]+)"/.exec(svg) ?? [];
      return [...(path ?? "").matchAll(/,(-?[\d.]+)/g)].map(([, y]) => y);
    };
    expect(await heights("best")).toEqual(["21", "21"]);
    expect(await heights("last")).toEqual(["105", "105"]);
  });

  it("stand on shaded regions, which end halfway to the next on a logarithm too", async () => {
    const names = ["stable", "stable", "periodic", "chaotic"];
    const rows = [0.01, 0.1, 1, 10].map((SR, i) => ({ seed: 1, SR, mle: Math.log(SR), dynamics: names[i] }));
    const svg = await svgOf(
      { axes: ["SR"], rows },
      { kind: "lines", x: "SR", y: "mle", xScale: "log", regions: "dynamics" },
    );
    expect(marksOf(svg, "rect")).toBe(3);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["stable", "periodic", "chaotic", "0.01", "10"]));
    const [group] = /<g class="mark-rect role-mark[^>]*[^/]>.*?<\/g>/s.exec(svg) ?? [""];
    const widths = [...group.matchAll(/\bd="M[\d.]+,0h(-?[\d.]+)/g)].map(([, width]) =>
      Math.abs(Number(width)),
    );
    const [stable, periodic, chaotic] = widths;
    expect(stable / periodic).toBeCloseTo(1.5, 1);
    expect(periodic / chaotic).toBeCloseTo(2, 1);
  });

  it("keep small ticks as they are", async () => {
    const rows = [1, 2].map((epoch) => ({ seed: 1, epoch, trainLoss: 0.0012 * epoch }));
    const svg = await svgOf({ axes: [], rows }, { kind: "lines", x: "epoch", y: "trainLoss", yScale: "log" });
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["0.0012", "0.0024"]));
  });

  it("say which epoch they take, and have a legend only of what differs", async () => {
    const panel = {
      kind: "lines",
      x: "layers",
      y: "testAccuracy",
      take: "best",
      colour: "rule",
      dash: "data",
    } as const;
    const texts = textsOf(await svgOf(training, { ...panel, where: { data: "mnist" } }));
    expect(texts).toContain("test accuracy of the best epoch, %");
    expect(texts).toContain("AP");
    expect(texts).not.toContain("mnist");
    expect(textsOf(await svgOf(training, panel))).toContain("mnist");
  });

  it("of accuracies have no band beyond what is possible", async () => {
    const rows = combinations({ seed: [1, 2], epoch: [1, 2, 3] }).map((row) => ({
      ...row,
      testAccuracy: row.seed === 1 ? 99 : 5 * Number(row.epoch),
    }));
    const svg = await svgOf({ axes: [], rows }, { kind: "lines", x: "epoch", y: "testAccuracy" });
    const ticks = textsOf(svg).map((text) => Number(text.replace("−", "-")));
    const places = ticks.filter(Number.isFinite);
    expect([Math.min(...places), Math.max(...places)]).toEqual([0, 100]);
  });

  it("of a single point show it, whatever the others have", async () => {
    const rows = [
      { seed: 1, rule: "AP", epoch: 1, testAccuracy: 10 },
      { seed: 1, rule: "AP", epoch: 2, testAccuracy: 20 },
      { seed: 1, rule: "BP", epoch: 1, testAccuracy: 15 },
    ];
    const panel = { kind: "lines", x: "epoch", y: "testAccuracy", colour: "rule", points: false } as const;
    expect(marksOf(await svgOf({ axes: ["rule"], rows }, panel), "symbol")).toBe(1);
  });

  it("are cut at a domain only where they leave it", async () => {
    const rows = [1, 2, 3].map((batch) => ({ seed: 1, batch, cosine: batch === 2 ? 0.5 : 1 }));
    const panel = { kind: "lines", x: "batch", y: "cosine" } as const;
    const clips = async (high: number) =>
      (await svgOf({ axes: [], rows }, { ...panel, yDomain: [0, high] })).includes("clip-path");
    expect([await clips(1), await clips(0.9)]).toEqual([false, true]);
  });

  it("have one form of number on a logarithm", async () => {
    const rows = [1e-8, 1e-6, 1e-2].map((epsilon) => ({ seed: 1, epsilon, share: 1 }));
    const svg = await svgOf(
      { axes: ["epsilon"], rows },
      { kind: "lines", x: "epsilon", y: "share", xScale: "log" },
    );
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["1e-8", "1e-6", "1e-2"]));
  });
});
