import type { PanelInput } from "./panel.js";
import type { Form, StudyInput } from "./study.js";

/** Numbers of others that a result is held against. */
export interface Reference {
  /** default: the first study */
  readonly study?: string;
  /** the lines that it speaks of, by column */
  readonly where: Readonly<Record<string, string | number>>;
  /** a column */
  readonly of: string;
  /** of each cell: the line of the largest value, that of the last epoch, or epoch by epoch */
  readonly take: "best" | "last" | "epochs";
  /** what the paper says: mean, and deviation over its seeds where it tells one */
  readonly paper?: { readonly mean: number; readonly deviation?: number };
  /** what the authors' code gave here, by epoch; one curve a seed */
  readonly authors?: readonly (readonly number[])[];
}

/**
 * A table or figure of a paper: studies (in full as the paper made them), what is drawn of them, and the numbers that
 * they are held against.
 */
export interface Experiment {
  /** as `eddy experiment NAME` takes it */
  readonly name: string;
  readonly title: string;
  /** where in the paper */
  readonly source: string;
  /** some sentences: what is shown, what to look at */
  readonly about: string;
  readonly studies: Readonly<Record<string, StudyInput>>;
  readonly panels: readonly PanelInput[];
  readonly references: readonly Reference[];
  /** what differs from the paper, and the likely reason */
  readonly remarks: readonly string[];
  /** at most a minute on two cores: the effect on less data; for all studies, or by study */
  readonly quick: Form | Readonly<Record<string, Form>>;
  /** at most ten seconds: whether it runs */
  readonly smoke: Form | Readonly<Record<string, Form>>;
}
