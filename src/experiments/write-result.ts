import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EddyError } from "../errors.js";
import { writeAtomically } from "../simulation/write-atomically.js";
import { axisColumns } from "./cells.js";
import { fromCsv, toCsv } from "./csv.js";
import { drawnPanels } from "./drawn-panels.js";
import type { Experiment } from "./experiment.js";
import type { Panel } from "./panel.js";
import { report } from "./report.js";
import { type ResultRecord, resultFiles } from "./result-folder.js";
import type { Study } from "./study.js";
import type { Tables } from "./table.js";

const write = (folder: string, file: keyof typeof resultFiles, content: string | Uint8Array): Promise<void> =>
  writeAtomically(join(folder, resultFiles[file]), content);

/** Writes all rows of a result into its folder. */
export const writeData = (folder: string, tables: Tables): Promise<void> =>
  write(folder, "data", toCsv(tables));

/** The drawing of figures, loaded when there is something to draw: the library is large. @throws EddyError UNSUPPORTED_PLATFORM */
async function loadFigure(): Promise<typeof import("./figure.js")> {
  try {
    return await import("./figure.js");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new EddyError(
      "UNSUPPORTED_PLATFORM",
      `no figure can be drawn here (${reason}); data and report are written`,
      { cause },
    );
  }
}

/** Writes a figure, if there is anything to draw. @throws EddyError INVALID_DESCRIPTION for a panel of what is not there */
export async function writeFigure(folder: string, panels: readonly Panel[], tables: Tables): Promise<void> {
  if (panels.length === 0) return;
  const { figure } = await loadFigure();
  const { svg, png } = await figure(panels, tables);
  await write(folder, "svg", svg);
  await write(folder, "png", png);
}

/** Writes report and figure of a result into its folder. */
export async function drawResult(
  experiment: Experiment,
  folder: string,
  tables: Tables,
  record: ResultRecord,
): Promise<void> {
  await write(folder, "report", report(experiment, tables, record));
  await writeFigure(folder, drawnPanels(experiment, tables), tables);
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
      `${path}: cannot be read (${reason}); run its command again with --force`,
      {
        cause,
      },
    );
  }
}
