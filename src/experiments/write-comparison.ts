import { join } from "node:path";
import { makeFolder } from "../simulation/make-folder.js";
import { writeAtomically } from "../simulation/write-atomically.js";
import { type ComparedResult, comparedFigure, comparedTables, comparisonReport } from "./compare.js";
import { drawnPanels } from "./drawn-panels.js";
import { resultFiles } from "./result-folder.js";
import { writeData, writeFigure } from "./write-result.js";

/**
 * Writes results side by side: their rows, a figure where they have accuracies by epoch, and a report.
 * @param folder made where there is none; files of these names in it are replaced
 */
export async function writeComparison(folder: string, results: readonly ComparedResult[]): Promise<void> {
  makeFolder(folder);
  const tables = comparedTables(results);
  const drawn = comparedFigure(tables);
  await writeData(folder, tables);
  await writeFigure(folder, drawnPanels({ panels: drawn.panels, studies: {} }, drawn.tables), drawn.tables);
  await writeAtomically(join(folder, resultFiles.report), comparisonReport(results, drawn.panels.length > 0));
}
