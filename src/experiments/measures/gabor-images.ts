import { z } from "zod";
import { strictObject } from "../../model/validate.js";
import { gaborImage, gaborSide } from "../../streams/tasks/gabor.js";
import { gaborTask } from "../gabor-task.js";
import type { Measure, Row } from "../measure.js";

const options = strictObject({
  degrees: z.number().min(-90).max(90).optional().describe("tilt; default: the task's angle, to the left"),
});

type Options = z.output<typeof options>;

/** One patch as a run's task presents it, pixel by pixel. @see Liu et al. 2026, Appendix 2, fig 1 */
export const gaborImages: Measure<Options> = {
  about: "one gabor patch as the run presents them: brightness of every pixel, in [-1, 1]",
  options,
  async measure(run, { degrees }): Promise<readonly Row[]> {
    const { patches } = gaborTask(run);
    const image = gaborImage({ degrees: degrees ?? -patches.angle, noise: patches.noise, seed: run.seed });
    return Array.from(image, (brightness, at) => ({
      x: at % gaborSide,
      y: Math.floor(at / gaborSide),
      brightness,
    }));
  },
};
