/** The result of a trial, as the topic "metrics" tells it. */
export interface TrialMetrics {
  readonly task: string;
  readonly trial: number;
  readonly tick: number;
  /** null where it is no finite number */
  readonly loss: number | null;
  /** share of the batch that was right, 0 to 1 */
  readonly accuracy: number | null;
}

/** Trials that a running mean looks back on. */
const windowTrials = 100;

/** How the tasks of a live run do. */
export interface TrialTally {
  add(metrics: TrialMetrics): void;
  /** by task: trials made, and percent right over the last hundred */
  summary(): Record<string, { trials: number; accuracy: number | null; loss: number | null }>;
  text(): string;
}

/** Keeps running means over the last hundred trials of each task. */
export function trialTally(): TrialTally {
  const recent = new Map<string, TrialMetrics[]>();
  const trials = new Map<string, number>();
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const summary = () =>
    Object.fromEntries(
      [...recent].map(([task, last]) => {
        const right = last.map(({ accuracy }) => accuracy).filter((accuracy) => accuracy !== null);
        const accuracy = right.length > 0 ? Math.round(mean(right) * 1e4) / 100 : null;
        const losses = last.map(({ loss }) => loss).filter((loss) => loss !== null);
        const loss = losses.length > 0 ? mean(losses) : null;
        return [task, { trials: trials.get(task) ?? 0, accuracy, loss }];
      }),
    );
  return {
    add(metrics) {
      const last = recent.get(metrics.task) ?? [];
      last.push(metrics);
      if (last.length > windowTrials) last.shift();
      recent.set(metrics.task, last);
      trials.set(metrics.task, metrics.trial + 1);
    },
    summary,
    text() {
      const parts = Object.entries(summary()).map(([task, { trials: made, accuracy, loss }]) => {
        const right = accuracy === null ? "" : `, ${accuracy.toFixed(0)} % right`;
        return `${task}: ${made} trials${right}, loss ${loss === null ? "not finite" : loss.toFixed(3)} (last ${windowTrials})`;
      });
      return parts.join("  |  ") || "no trial yet";
    },
  };
}
