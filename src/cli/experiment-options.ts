import type { Command } from "commander";
import { EddyError } from "../errors.js";
import type { Changes, FormName } from "../experiments/forms.js";
import { defaultBackend } from "../kernels/backends.js";
import { parseAssignment } from "../simulation/override.js";
import { collect, whole } from "./options.js";

/** Options of all commands that measure cells. */
export interface ExperimentOptions {
  readonly quick?: boolean;
  readonly smoke?: boolean;
  readonly seeds?: number;
  readonly epochs?: number;
  readonly p?: readonly string[];
  readonly vary?: readonly string[];
  readonly study?: readonly string[];
  readonly jobs: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly backend: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** Adds the options that `experiment`, `sweep` and `compare` share. @param vary what --vary does */
export const withExperimentOptions = (command: Command, vary: string): Command =>
  command
    .option("--vary <axis=a,b,c>", vary, collect)
    .option("--seeds <n>", "repeat with the seeds 1 to n", whole(1, 1000))
    .option("--epochs <n>", "epochs of training in trials", whole(0, 1_000_000))
    .option("-p <path=value>", "set any field of every run, as -p network.neurons=256", collect)
    .option("--jobs <n>", "cells to measure at once, each with its share of the processors", whole(1, 256), 1)
    .option("--out <folder>", "where the result goes (default: results/NAME)")
    .option("--force", "replace a result of another description")
    .option("--backend <name>", "backend to compute on", defaultBackend)
    .option("--data <folder>", "where data sets are (default: EDDY_DATA, else the user's cache folder)")
    .option("--json", "one JSON object a finished cell, and one for the result");

type Scalar = string | number | boolean | null;

/** The values of axes, by name, from "name=a,b,c": each JSON if it is, else text. @throws EddyError INVALID_ARGUMENT */
export const axesOf = (vary: readonly string[] = []): Readonly<Record<string, Scalar[]>> =>
  Object.fromEntries(
    vary.map((assignment) => {
      if (!/^[^=]+=./.test(assignment))
        throw new EddyError(
          "INVALID_ARGUMENT",
          `--vary ${assignment}: needed axis=value,value, as rule=STE,EPE`,
        );
      const { path } = parseAssignment(assignment);
      const values = assignment.slice(path.length + 1).split(",");
      return [path, values.map((text) => parseAssignment(`value=${text}`).value as Scalar)];
    }),
  );

/** What the options change in every study. @throws EddyError INVALID_ARGUMENT */
export const changesOf = ({ seeds, epochs, p = [], vary, study }: ExperimentOptions): Changes => ({
  seeds,
  epochs,
  vary: axesOf(vary),
  studies: study,
  set: Object.fromEntries(p.map(parseAssignment).map(({ path, value }) => [path, value])),
});

/** @returns the form that was asked for; smoke before quick */
export const formOf = ({ quick, smoke }: ExperimentOptions): FormName =>
  smoke ? "smoke" : quick ? "quick" : "full";
