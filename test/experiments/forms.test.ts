import { describe, expect, it } from "vitest";
import { cellsOf } from "../../src/experiments/cells.js";
import { studiesOf } from "../../src/experiments/forms.js";
import { errorOf } from "../error-of.js";
import { smallExperiment, smallRun } from "./small-studies.js";

const sizes = {
  ...smallExperiment,
  studies: {
    sizes: {
      run: smallRun,
      vary: {
        size: {
          cases: [4, 8, 16].map((block) => ({ labels: { block }, set: { "network.neurons": 4 * block } })),
        },
        kind: { choices: { one: { beta: 1 }, two: { beta: 2 } } },
      },
    },
  },
};

describe("the forms of an experiment", () => {
  it("leave the full form as it is", () => {
    expect(cellsOf("accuracy", studiesOf(smallExperiment, "full").accuracy)).toHaveLength(8);
  });

  it("change all studies, or those that they name", () => {
    expect(cellsOf("accuracy", studiesOf(smallExperiment, "quick").accuracy)).toHaveLength(4);
    const cells = cellsOf("accuracy", studiesOf(smallExperiment, "smoke").accuracy);
    expect(cells.map(({ labels, seed }) => [labels.rule, labels.SR, seed])).toEqual([
      ["STE", 0.3, 1],
      ["EPE", 0.3, 1],
    ]);
    expect(cells[0].run).toMatchObject({ schedule: { epochs: 1 } });
  });

  it("take a user's changes last", () => {
    const { accuracy } = studiesOf(smallExperiment, "smoke", {
      seeds: 3,
      epochs: 5,
      set: { beta: 0.5 },
      vary: { rule: ["STE"] },
    });
    const cells = cellsOf("accuracy", accuracy);
    expect(cells.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    for (const { run } of cells)
      expect(run).toMatchObject({ rule: "STE", beta: 0.5, schedule: { epochs: 5 } });
  });

  it("give continuous runs no epochs", () => {
    const schedule = { kind: "continuous" };
    const live = { ...smallExperiment, studies: { live: { run: { ...smallRun, schedule } } }, smoke: {} };
    const both = { ...live, studies: { ...live.studies, ...smallExperiment.studies } };
    expect(() => cellsOf("live", studiesOf(both, "full", { epochs: 3 }).live)).not.toThrow();
    expect(errorOf(() => studiesOf(live, "full", { epochs: 3 })).message).toContain("measure.trials");
  });

  it("choose from choices by name, from cases by column", () => {
    const chosen = studiesOf(sizes, "full", { vary: { block: [4, 16], kind: ["two"] } }).sizes;
    expect(cellsOf("sizes", chosen).map(({ labels }) => labels)).toEqual([
      { block: 4, kind: "two" },
      { block: 16, kind: "two" },
    ]);
  });

  it.each([
    [smallExperiment, { set: { rule: "EPE" } }, "-p rule: the axis rule sets this"],
    [smallExperiment, { set: { "network.spectralRadius": 1 } }, "the axis SR sets this"],
    [sizes, { set: { neurons: 8 } }, "the axis size sets this"],
    [sizes, { set: { beta: 8 } }, "--vary kind="],
  ])("refuse a change that would make an axis untrue: %#", (experiment, changes, message) => {
    const { message: told } = errorOf(() => studiesOf(experiment, "full", changes));
    expect(told).toContain(message);
  });

  it("leave studies out", () => {
    const both = { ...sizes, studies: { ...sizes.studies, ...smallExperiment.studies } };
    expect(Object.keys(studiesOf(both, "full", { studies: ["accuracy"] }))).toEqual(["accuracy"]);
    const { message } = errorOf(() => studiesOf(both, "full", { studies: ["accuracies"] }));
    expect(message).toContain("did you mean accuracy?");
  });

  it.each([
    [{ blok: [4] }, "did you mean block?"],
    [{ kind: ["three"] }, "one, two"],
    [{ block: [5] }, "values that a case has: 4, 8, 16"],
    [{ block: [4, 5] }, "given 5"],
    [{ kind: ["constructor"] }, "one, two"],
  ])("refuse what is no axis, or not on it: %j", (vary, message) => {
    expect(errorOf(() => studiesOf(sizes, "full", { vary })).message).toContain(message);
  });
});
