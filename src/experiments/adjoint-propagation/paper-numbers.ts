/** An entry of Table 1: percent, mean and deviation. */
export interface Table1Entry {
  readonly rule: "AP" | "BP" | "FA";
  readonly layers: number;
  readonly data: "mnist" | "fashion-mnist" | "cifar-10";
  readonly mean: number;
  readonly deviation: number;
}

/** Liu et al. 2026, Table 1. */
export const table1Accuracy: readonly Table1Entry[] = [
  { rule: "BP", layers: 1, data: "mnist", mean: 98.04, deviation: 0.07 },
  { rule: "BP", layers: 1, data: "fashion-mnist", mean: 89.64, deviation: 0.09 },
  { rule: "BP", layers: 1, data: "cifar-10", mean: 53.66, deviation: 0.24 },
  { rule: "BP", layers: 3, data: "mnist", mean: 98.14, deviation: 0.06 },
  { rule: "BP", layers: 3, data: "fashion-mnist", mean: 89.95, deviation: 0.21 },
  { rule: "BP", layers: 3, data: "cifar-10", mean: 53.65, deviation: 0.19 },
  { rule: "FA", layers: 1, data: "mnist", mean: 97.94, deviation: 0.08 },
  { rule: "FA", layers: 1, data: "fashion-mnist", mean: 89.53, deviation: 0.11 },
  { rule: "FA", layers: 1, data: "cifar-10", mean: 52.67, deviation: 0.29 },
  { rule: "FA", layers: 3, data: "mnist", mean: 97.77, deviation: 0.09 },
  { rule: "FA", layers: 3, data: "fashion-mnist", mean: 89.36, deviation: 0.04 },
  { rule: "FA", layers: 3, data: "cifar-10", mean: 52.29, deviation: 0.21 },
  { rule: "AP", layers: 1, data: "mnist", mean: 97.47, deviation: 0.08 },
  { rule: "AP", layers: 1, data: "fashion-mnist", mean: 89.12, deviation: 0.06 },
  { rule: "AP", layers: 1, data: "cifar-10", mean: 50.11, deviation: 0.31 },
  { rule: "AP", layers: 3, data: "mnist", mean: 97.3, deviation: 0.1 },
  { rule: "AP", layers: 3, data: "fashion-mnist", mean: 88.82, deviation: 0.19 },
  { rule: "AP", layers: 3, data: "cifar-10", mean: 50.06, deviation: 0.54 },
];

/** Test accuracies that the text of Liu et al. 2026 tells, percent. */
export const accuracyInText = {
  fig2a: 97.47,
  fig2b: 88.97,
  fig5a: { mnist: 97.35, "fashion-mnist": 88.83 },
  fig5b: { mnist: 97.41, "fashion-mnist": 88.73 },
  fig5c: { "fashion-mnist": 88.84 },
  /** one stimulus at a time, without Adam, after 100 epochs */
  batch1: 88.81,
} as const;
