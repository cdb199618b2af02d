/*
 * What the authors' PyTorch code gave on copies of the data sets: test accuracy in percent after each epoch. 1024
 * neurons a module, spectral radius 0.25, connection rate 0.25, 8 + 8 iterations, batch 500, Adam 1e-3 (CIFAR-10:
 * 2e-4). Two-task networks: four modules of six blocks of 256, both tasks in every trial, EPE.
 */

type DataSet = "mnist" | "fashion-mnist" | "cifar-10";

/** A curve of a chain of modules. */
interface ChainCurve {
  readonly data: DataSet;
  readonly modules: number;
  readonly algorithm: "STE" | "EPE";
  readonly seed: number;
  /** by epoch, percent */
  readonly testAccuracy: readonly number[];
}

/** Curves of both tasks of a network of fig 5. */
interface TwoTaskCurve {
  readonly network: "fig5b" | "fig5c";
  readonly seed: number;
  /** by epoch, percent */
  readonly "fashion-mnist": readonly number[];
  /** by epoch, percent */
  readonly mnist: readonly number[];
}

const chains: readonly ChainCurve[] = [
  {
    data: "fashion-mnist",
    modules: 2,
    algorithm: "STE",
    seed: 42,
    testAccuracy: [66.98, 78.42, 82.2, 83.62, 84.25, 84.91, 85.37, 85.79, 86.21, 86.61],
  },
  {
    data: "mnist",
    modules: 1,
    algorithm: "STE",
    seed: 42,
    testAccuracy: [85.74, 89.27, 90.57, 91.41, 92.01, 92.4],
  },
  {
    data: "fashion-mnist",
    modules: 1,
    algorithm: "EPE",
    seed: 42,
    testAccuracy: [71.69, 79.82, 82.36, 83.16, 84.3, 84.88],
  },
  {
    data: "fashion-mnist",
    modules: 2,
    algorithm: "STE",
    seed: 1,
    testAccuracy: [66.72, 78.57, 82.23, 83.8, 84.47],
  },
  {
    data: "fashion-mnist",
    modules: 2,
    algorithm: "STE",
    seed: 2,
    testAccuracy: [67.35, 77.62, 82.2, 83.48, 84.26],
  },
  { data: "mnist", modules: 2, algorithm: "EPE", seed: 1, testAccuracy: [80.49, 88.93, 90.8, 91.79, 92.46] },
  {
    data: "fashion-mnist",
    modules: 3,
    algorithm: "STE",
    seed: 1,
    testAccuracy: [67.42, 77.99, 81.67, 83.32],
  },
  {
    data: "fashion-mnist",
    modules: 1,
    algorithm: "STE",
    seed: 7,
    testAccuracy: [
      70.97, 79.67, 82.11, 83.31, 84.02, 84.62, 85.22, 85.4, 85.9, 86.31, 86.53, 86.56, 87.23, 87.1, 86.83,
      87.58, 87.65, 87.67, 87.81, 87.58, 88.03, 88.15, 87.48, 88.23, 88.11, 87.96, 88.35, 88.57, 88.75, 88.83,
    ],
  },
  {
    data: "mnist",
    modules: 1,
    algorithm: "STE",
    seed: 7,
    testAccuracy: [
      86.28, 89.62, 90.65, 91.64, 92.26, 92.83, 93.24, 93.55, 93.99, 94.07, 94.28, 94.53, 94.71, 94.94, 95.14,
      95.2, 95.34, 95.5, 95.52, 95.56, 95.8, 95.94, 96.04, 96.08, 96.21, 96.19, 96.29, 96.31, 96.38, 96.59,
    ],
  },
  {
    data: "cifar-10",
    modules: 1,
    algorithm: "STE",
    seed: 7,
    testAccuracy: [24.45, 29.93, 32.48, 34.24, 35.24, 36.22, 36.73, 37.6, 38.06, 38.68],
  },
  {
    data: "fashion-mnist",
    modules: 3,
    algorithm: "STE",
    seed: 7,
    testAccuracy: [
      66.81, 77.27, 81.71, 83.11, 84.3, 84.73, 85.27, 85.84, 86.28, 86.72, 86.78, 86.9, 87.54, 87.52, 87.61,
      87.35, 87.98, 87.79, 88.12, 88.33,
    ],
  },
  {
    data: "mnist",
    modules: 3,
    algorithm: "STE",
    seed: 7,
    testAccuracy: [77.61, 88.47, 90.76, 91.81, 92.55, 93.11],
  },
];

const twoTasks: readonly TwoTaskCurve[] = [
  { network: "fig5b", seed: 1, "fashion-mnist": [65.18, 74.64, 80.15], mnist: [77.13, 86.86, 89.53] },
  { network: "fig5c", seed: 1, "fashion-mnist": [63.12, 74.22], mnist: [77.03, 86.93] },
  {
    network: "fig5b",
    seed: 7,
    "fashion-mnist": [64.08, 75.27, 80.72, 82.4, 83.78, 84.24, 84.78, 85.09, 85.48, 85.78],
    mnist: [78.79, 87.61, 89.6, 90.76, 91.45, 92.12, 92.64, 92.87, 93.34, 93.62],
  },
];

/** The authors' curves of a chain, one a seed; none where there is none. */
export const authorsCurves = (
  wanted: Omit<ChainCurve, "seed" | "testAccuracy">,
): readonly (readonly number[])[] =>
  chains
    .filter(
      ({ data, modules, algorithm }) =>
        data === wanted.data && modules === wanted.modules && algorithm === wanted.algorithm,
    )
    .map(({ testAccuracy }) => testAccuracy);

/** The authors' curves of one task of a network of fig 5, one a seed. */
export const authorsTwoTaskCurves = (
  network: TwoTaskCurve["network"],
  task: "fashion-mnist" | "mnist",
): readonly (readonly number[])[] =>
  twoTasks.filter((curve) => curve.network === network).map((curve) => curve[task]);
