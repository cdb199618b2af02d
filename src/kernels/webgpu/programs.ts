import { drivePrograms } from "./drive.js";
import { derivativeProgram, differenceProgram } from "./elementwise.js";
import { learnPrograms } from "./learn.js";
import { learnMatrixPrograms } from "./learn-matrix.js";
import type { Program } from "./program.js";
import { sigmoidProgram, softmaxProgram } from "./readout.js";
import { magnitudeProgram, sampleProgram, scoreProgram } from "./reductions.js";
import { settlePrograms } from "./settle-programs.js";

/** All programs that there are: for a check that each compiles. */
export const allPrograms: readonly Program[] = [
  ...drivePrograms,
  ...settlePrograms,
  ...learnPrograms,
  ...learnMatrixPrograms,
  sigmoidProgram,
  softmaxProgram,
  scoreProgram,
  sampleProgram,
  magnitudeProgram,
  differenceProgram,
  derivativeProgram,
];
