import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { validate } from "../model/validate.js";
import { writeAtomically } from "../simulation/write-atomically.js";
import { type ComparedResult, comparedFigure, comparedTables, comparisonReport } from "./compare.js";
import { toCsv } from "./csv.js";
import { panelSchema } from "./panel.js";
import { resultFiles } from "./result-folder.js";

/**
 * Writes results side by side: their rows, a figure where they have accuracies by epoch, and a report.
 * @param folder made where there is none; files of these names in it are replaced
 */
export async function writeComparison(folder: string, results: readonly ComparedResult[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const write = (file: keyof typeof resultFiles, content: string | Uint8Array) =>
    writeAtomically(join(folder, resultFiles[file]), content);
  const tables = comparedTables(results);
  const drawn = comparedFigure(tables);
  await write("data", toCsv(tables));
  if (drawn.panels.length > 0) {
    const { figure } = await import("./figure.js");
    const { svg, png } = await figure(validate(z.array(panelSchema), drawn.panels, "panels"), drawn.tables);
    await write("svg", svg);
    await write("png", png);
  }
  await write("report", comparisonReport(results, drawn.panels.length > 0));
}
