import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EddyError } from "../errors.js";
import { validate } from "../model/validate.js";
import { writeAtomically } from "../simulation/write-atomically.js";
import { axisColumns } from "./cells.js";
import { fromCsv, toCsv } from "./csv.js";
import type { Experiment } from "./experiment.js";
import { type Panel, panelSchema } from "./panel.js";
import { report } from "./report.js";
import { type ResultRecord, resultFiles } from "./result-folder.js";
import type { Study } from "./study.js";
import type { Tables } from "./table.js";

/** Panels of the studies that were made, each with the name of its study. */
function drawnPanels({ panels, studies }: Experiment, tables: Tables): Panel[] {
  const [first] = Object.keys(studies);
  return validate(z.array(panelSchema), panels, "panels")
    .map((panel) => ({ ...panel, study: panel.study ?? first }))
    .filter(({ study }) => Object.hasOwn(tables, study));
}

/** Writes data, figure and report of a result into its folder. */
export async function writeResult(
  experiment: Experiment,
  folder: string,
  tables: Tables,
  record: ResultRecord,
): Promise<void> {
  const write = (file: keyof typeof resultFiles, content: string | Uint8Array) =>
    writeAtomically(join(folder, resultFiles[file]), content);
  await write("data", toCsv(tables));
  const panels = drawnPanels(experiment, tables);
  if (panels.length > 0) {
    // loaded when there is something to draw: the library is large
    const { figure } = await import("./figure.js");
    const { svg, png } = await figure(panels, tables);
    await write("svg", svg);
    await write("png", png);
  }
  await write("report", report(experiment, tables, record));
}

/** Reads the data of a result back. @throws EddyError FILE_INVALID */
export async function readTables(folder: string, studies: Readonly<Record<string, Study>>): Promise<Tables> {
  const path = join(folder, resultFiles.data);
  try {
    const rows = fromCsv(await readFile(path, "utf8"));
    return Object.fromEntries(
      Object.entries(studies).map(([study, given]) => [
        study,
        { axes: axisColumns(given), rows: rows[study] ?? [] },
      ]),
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EddyError(
      "FILE_INVALID",
      `${path}: cannot be read (${reason}); make the result anew with --force`,
      {
        cause,
      },
    );
  }
}
