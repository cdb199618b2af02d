import { createCanvas, loadImage } from "@napi-rs/canvas";
import { describe, expect, it } from "vitest";
import { figure } from "../../src/experiments/figure.js";
import type { Row } from "../../src/experiments/measure.js";
import type { PanelInput } from "../../src/experiments/panel.js";
import type { Table } from "../../src/experiments/table.js";
import { combinations, marksOf, panels, textsOf, trainingTable } from "./figure-rows.js";

const training = trainingTable([1, 2], 4);
const draw = (table: Table, ...given: PanelInput[]) => figure(panels(...given), { main: table });
const sizeOf = (svg: string): number[] =>
  (/^<svg[^>]*width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? []).slice(1).map(Number);

describe("a figure", () => {
  it("letters its panels in their order, with their titles, and has a PNG of twice its size", async () => {
    const where = { data: "mnist", layers: 1 };
    const { svg, png } = await draw(
      training,
      { kind: "lines", x: "epoch", y: "testAccuracy", colour: "rule", where, title: "First & foremost" },
      { kind: "lines", x: "epoch", y: "trainLoss", colour: "rule", where },
    );
    const texts = textsOf(svg);
    expect(texts).toEqual(expect.arrayContaining(["a", "First &amp; foremost", "b"]));
    expect(texts.indexOf("a")).toBeLessThan(texts.indexOf("b"));
    const image = await loadImage(Buffer.from(png));
    expect([image.width, image.height]).toEqual(sizeOf(svg).map((side) => side * 2));
  });

  it("has no letter where there is one panel", async () => {
    const where = { data: "mnist", layers: 1 };
    const { svg } = await draw(training, {
      kind: "lines",
      x: "epoch",
      y: "testAccuracy",
      colour: "rule",
      where,
    });
    expect(textsOf(svg)).not.toContain("a");
  });

  it("draws text in pixels", async () => {
    const panel = {
      kind: "lines",
      x: "epoch",
      y: "trainLoss",
      where: { data: "mnist", layers: 1, rule: "AP" },
    } as const;
    const { svg, png } = await draw(training, { ...panel, title: "learning β" });
    const image = await loadImage(Buffer.from(png));
    const canvas = createCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const [, x, baseline] = (/<text x="([\d.]+)" y="([\d.]+)"[^>]*>learning β</.exec(svg) ?? []).map(Number);
    const { data } = context.getImageData(2 * x, 2 * (baseline - 10), 120, 20);
    const dark = data.filter((value, i) => i % 4 === 0 && value < 128).length;
    expect(dark).toBeGreaterThan(100);
    expect(dark).toBeLessThan(120 * 20 * 0.5);
  });

  it("is the same text for the same rows, and names nothing twice", async () => {
    const panel: PanelInput = {
      kind: "heatmap",
      x: "layers",
      y: "rule",
      colour: "testAccuracy",
      column: "data",
      take: "last",
    };
    const [one, other] = [await draw(training, panel, panel), await draw(training, panel, panel)];
    expect(other.svg).toBe(one.svg);
    const names = [...one.svg.matchAll(/\bid="([^"]+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(1);
    expect(new Set(names).size).toBe(names.length);
    const used = [...one.svg.matchAll(/url\(#([^)]+)\)/g)].map(([, name]) => name);
    expect(names).toEqual(expect.arrayContaining(used));
  });

  it("gives a name the same colour in each panel, in whatever order the studies have it", async () => {
    const rows = combinations({ task: ["b", "a"], seed: [1], epoch: [1, 2] }).map((row) => ({
      ...row,
      loss: row.epoch,
    }));
    const tables = { one: { axes: [], rows }, other: { axes: [], rows: [...rows].reverse() } };
    const panel = { kind: "lines", x: "epoch", y: "loss", colour: "task" } as const;
    const { svg } = await figure(panels(panel, { ...panel, study: "other" }), tables);
    const named = textsOf(svg).filter((text) => text === "a" || text === "b");
    expect(named).toEqual(["a", "b", "a", "b", "b", "a"]);
  });

  it("wraps its panels so that it is no wider than a page", async () => {
    const panel: PanelInput = {
      kind: "bars",
      x: "rule",
      y: "testAccuracy",
      take: "last",
      where: { data: "mnist", layers: 1 },
    };
    const [width, height] = sizeOf((await draw(training, panel)).svg);
    const [wide, high] = sizeOf((await draw(training, ...Array.from({ length: 9 }, () => panel))).svg);
    expect(wide).toBeLessThanOrEqual(1020);
    expect(wide).toBeGreaterThan(2 * width);
    expect(high).toBeGreaterThan(2 * height);
  });

  it.each([
    [{ kind: "lines", x: "epoch", y: "accuracy" } as const, /panels\.0\.y: given "accuracy".*testAccuracy/],
    [{ kind: "lines", x: "epoch", y: "trainLoss", study: "other" } as const, /panels\.0\.study.*one of main/],
    [{ kind: "lines", x: "epoch", y: "trainLoss", colour: "rule" } as const, /data, layers told apart/],
    [
      { kind: "bars", x: "rule", y: "trainLoss", take: "last", where: { data: "mnist" } } as const,
      /layers told apart/,
    ],
  ])("refuses %j", async (panel, message) => {
    await expect(draw(training, panel)).rejects.toMatchObject({
      code: "INVALID_DESCRIPTION",
      message: expect.stringMatching(message),
    });
  });

  it("draws 10,000 rows, rows without numbers, one row, and no rows", async () => {
    const many: Row[] = Array.from({ length: 10_000 }, (_unused, batch) => ({
      seed: 1,
      batch,
      cosine: batch % 7 === 0 ? null : Math.sin(batch / 500),
      norm: batch === 3 ? Number.NaN : 10 ** (batch % 5),
    }));
    const lines: PanelInput[] = [
      { kind: "lines", x: "batch", y: "cosine" },
      { kind: "lines", x: "batch", y: ["cosine", "norm"], yScale: "symlog" },
      { kind: "lines", x: "batch", y: "norm", xScale: "log", yScale: "log" },
    ];
    for (const rows of [many, many.slice(1, 2), many.slice(0, 1), []]) {
      const { svg } = await draw({ axes: [], rows }, ...lines);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      expect(textsOf(svg)).toEqual(expect.arrayContaining(["a", "b", "c", "batch", "cosine", "norm"]));
    }
  });
});

const beta: Row[] = combinations({ beta: [0.001, 1, 10], SR: [0.1, 1], seed: [1, 2] }).map((row) => ({
  ...row,
  testAccuracy: row.beta === 10 ? null : 80 + Number(row.SR) + Number(row.seed),
}));

describe("a heat map", () => {
  it("has a cell for each pair, the mean over seeds in it, and a bar of colours with a title", async () => {
    const { svg } = await draw(
      { axes: ["beta", "SR"], rows: beta },
      { kind: "heatmap", x: "SR", y: "beta", colour: "testAccuracy" },
    );
    expect(marksOf(svg, "rect")).toBe(6);
    const texts = textsOf(svg);
    expect(texts).toEqual(
      expect.arrayContaining(["spectral radius", "β", "test accuracy, %", "0.001", "81.6", "82.5"]),
    );
    expect(texts.filter((text) => text === "–")).toHaveLength(2);
  });
});

describe("bars", () => {
  it("stand side by side by colour, with their means, and whiskers where there are several seeds", async () => {
    const panel: PanelInput = {
      kind: "bars",
      x: "data",
      y: "testAccuracy",
      colour: "rule",
      take: "best",
      where: { layers: 1 },
    };
    const { svg } = await draw(training, panel);
    expect(marksOf(svg, "rect")).toBe(4);
    expect(marksOf(svg, "rule")).toBe(4);
    expect(textsOf(svg)).toEqual(
      expect.arrayContaining(["86.35", "87.35", "mnist", "fashion-mnist", "rule", "AP", "BP"]),
    );
    expect(marksOf((await draw(trainingTable([1], 4), panel)).svg, "rule")).toBe(0);
  });
});

describe("paths", () => {
  it("are joined in their order, one a cell, with start and end marked", async () => {
    const rows = combinations({
      phase: ["inference", "learning"],
      iterations: ["2-2", "8-8"],
      tick: [2, 0, 1, 3],
    }).map((row) => ({
      ...row,
      seed: 1,
      pc1: Number(row.tick),
      pc2: Number(row.tick) ** 2,
    }));
    const { svg } = await draw(
      { axes: ["iterations"], rows },
      { kind: "path", x: "pc1", y: "pc2", order: "tick", colour: "phase", column: "iterations" },
    );
    expect(marksOf(svg, "line")).toBe(4);
    expect(marksOf(svg, "symbol")).toBe(4 * 4 + 4 * 2);
    expect(textsOf(svg)).toEqual(
      expect.arrayContaining(["start", "end", "principal component 1", "2-2", "8-8"]),
    );
    const [, path] = /<g class="mark-line role-mark[^>]*>\s*<path[^>]*\bd="([^"]+)"/.exec(svg) ?? [];
    const xs = [...(path ?? "").matchAll(/[ML](-?[\d.]+),/g)].map(([, x]) => Number(x));
    expect(xs).toHaveLength(4);
    expect(xs).toEqual([...xs].sort((one, other) => one - other));
  });

  it("are those of the first seed, and no two of one colour", async () => {
    const rows = combinations({ SR: [0.1, 1], seed: [2, 3], step: [0, 1] }).map((row) => ({
      ...row,
      pc1: Number(row.step),
      pc2: Number(row.seed),
    }));
    const panel = { kind: "path", x: "pc1", y: "pc2", order: "step" } as const;
    const { svg } = await draw({ axes: ["SR"], rows }, { ...panel, colour: "SR" });
    expect(marksOf(svg, "line")).toBe(2);
    await expect(draw({ axes: ["SR"], rows }, panel)).rejects.toThrow(/SR told apart/);
  });
});

describe("images", () => {
  it("are grey pixels from black to white over all of them, with a heading each", async () => {
    const rows = combinations({ noise: [0, 4], x: [0, 1], y: [0, 1] }).map((row) => ({
      ...row,
      seed: 1,
      value: Number(row.noise) * (Number(row.x) - 0.5),
    }));
    const { svg } = await draw(
      { axes: ["noise"], rows },
      { kind: "image", x: "x", y: "y", colour: "value", column: "noise" },
    );
    expect(textsOf(svg)).toEqual(["noise 0", "noise 4"]);
    const shades = await Promise.all(
      [...svg.matchAll(/ href="data:image\/png;base64,([^"]+)"/g)].map(async ([, base64]) => {
        const image = await loadImage(Buffer.from(base64, "base64"));
        const context = createCanvas(image.width, image.height).getContext("2d");
        context.drawImage(image, 0, 0);
        return [...context.getImageData(0, 0, 2, 2).data].filter((_unused, i) => i % 4 === 0);
      }),
    );
    expect(shades).toEqual([
      [128, 128, 128, 128],
      [0, 255, 0, 255],
    ]);
  });
});
