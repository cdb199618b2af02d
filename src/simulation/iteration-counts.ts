import { z } from "zod";
import type { Tensor } from "../kernels/kernels.js";
import type { PhasedNetwork } from "../streams/phased.js";

/** Iterations that modules made, by phase: how often one settled, and how many iterations these were in all. */
export const iterationCountsSchema = z.record(
  z.string(),
  z.strictObject({ settled: z.int().min(0), made: z.int().min(0) }),
);

export type IterationCounts = z.output<typeof iterationCountsSchema>;

/** Mean iterations of a module, by phase, to two decimals. */
export const meanIterations = (counts: IterationCounts): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts).map(([phase, { settled, made }]) => [
      phase,
      Math.round((100 * made) / settled) / 100,
    ]),
  );

/** The reports of a network whose phases end by a tolerance, kept on the backend until somebody reads them. */
export interface IterationReports {
  /** Reads the reports since the last call into counts, and gives them up. */
  readInto(counts: IterationCounts): Promise<void>;
  /** Gives up the reports since the last call, unread. */
  drop(): void;
}

/** Keeps the reports of a network's modules; without a tolerance there are none. */
export function iterationReports({ kernels, events }: PhasedNetwork): IterationReports {
  let kept: { phase: string; report: Tensor }[] = [];
  events.subscribe({
    next(event) {
      if (event.kind === "state" && event.report)
        kept.push({ phase: event.phase, report: kernels.retain(event.report) });
    },
    // whoever makes the trial is told
    error: () => {},
  });
  const drop = (): void => {
    for (const { report } of kept) kernels.dispose(report);
    kept = [];
  };
  return {
    drop,
    async readInto(counts) {
      const reads = kept.map(({ report }) => kernels.read(report));
      const phases = kept.map(({ phase }) => phase);
      drop();
      for (const [i, [, iterations]] of (await Promise.all(reads)).entries()) {
        const { settled, made } = counts[phases[i]] ?? { settled: 0, made: 0 };
        counts[phases[i]] = { settled: settled + 1, made: made + iterations };
      }
    },
  };
}
