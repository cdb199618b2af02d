import { describe, expect, it } from "vitest";
import { cellsOf } from "../../src/experiments/cells.js";
import { checkPanels } from "../../src/experiments/check-panels.js";
import { panelSchema } from "../../src/experiments/panel.js";
import { errorOf } from "../error-of.js";
import { smallStudy } from "./small-studies.js";

const cells = cellsOf("accuracy", smallStudy);
const check = (panel: object) =>
  checkPanels(
    [panelSchema.parse({ kind: "lines", study: "accuracy", x: "SR", y: "testAccuracy", ...panel })],
    cells,
  );

describe("panels, before anything is measured", () => {
  it.each([
    [{ colour: "rule" }],
    [{ row: "rule" }],
    [{ where: { rule: "STE" } }],
    [{ where: { rule: ["EPE"] } }],
    [{ kind: "bars", x: "rule", colour: "SR" }],
    [{ study: "another" }],
    [{ colour: "rule", where: { epoch: 3 } }],
  ])("may draw %j", (panel) => expect(() => check(panel)).not.toThrow());

  it.each([
    [{}, 'panels.0: given "lines", needed a panel that tells the values of rule apart'],
    [{ x: "epoch", colour: "rule" }, "the values of SR apart"],
    [{ where: { rule: ["STE", "EPE"] } }, "the values of rule apart"],
    [
      { colour: "rule", where: { SR: 7 } },
      'panels.0.where.SR: given 7, needed a value that it has: "0.1", "0.5"',
    ],
    [{ kind: "path", x: "trainLoss", order: "epoch", colour: "rule" }, "the values of SR apart"],
  ])("are refused where they mix cells or choose none: %j", (panel, message) =>
    expect(errorOf(() => check(panel)).message).toContain(message),
  );
});
