import { z } from "zod";
import { validate } from "../model/validate.js";
import type { Experiment } from "./experiment.js";
import { type Panel, panelSchema } from "./panel.js";
import type { Tables } from "./table.js";

/** Panels of the studies that were made, each with the name of its study. @throws EddyError INVALID_DESCRIPTION */
export function drawnPanels(
  { panels, studies }: Pick<Experiment, "panels" | "studies">,
  tables: Tables,
): Panel[] {
  const [first] = Object.keys(studies);
  return validate(z.array(panelSchema), panels, "panels")
    .map((panel) => ({ ...panel, study: panel.study ?? first }))
    .filter(({ study }) => Object.hasOwn(tables, study));
}
