import { z } from "zod";
import { validate } from "../model/validate.js";
import type { Experiment } from "./experiment.js";
import { type Panel, panelSchema } from "./panel.js";

/** Panels of the studies that are made, by name, each with the name of its study. @throws EddyError INVALID_DESCRIPTION */
export function drawnPanels(
  { panels, studies }: Pick<Experiment, "panels" | "studies">,
  made: Readonly<Record<string, unknown>>,
): Panel[] {
  const [first] = Object.keys(studies);
  return validate(z.array(panelSchema), panels, "panels")
    .map((panel) => ({ ...panel, study: panel.study ?? first }))
    .filter(({ study }) => Object.hasOwn(made, study));
}
