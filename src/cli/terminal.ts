import { Presets, SingleBar } from "cli-progress";

/** Writes a line for people or programs to standard output. */
export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Writes a JSON line. */
export const printJson = (value: unknown): void => print(JSON.stringify(value));

/** Writes a line that is not the result. */
export const note = (line: string): void => void process.stderr.write(`${line}\n`);

/** "1 h 02 min", "3 min 05 s", "12 s" */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${whole} s`;
}

/** A line that shows how far something is; silent when standard error is no terminal. */
export interface Progress {
  update(done: number, what: string): void;
  stop(): void;
}

const silent: Progress = { update() {}, stop() {} };

/**
 * Shows progress with the time left.
 * @param total of the units that `update` counts
 * @param done where it begins, as after resuming
 */
export function progress(total: number, done = 0, wanted = true): Progress {
  if (!wanted || !process.stderr.isTTY) return silent;
  const startMs = performance.now();
  const bar = new SingleBar(
    {
      format: "{bar} {percentage}% | {what} | {left} left",
      clearOnComplete: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  );
  bar.start(total, done, { what: "", left: "?" });
  return {
    update(value, what) {
      const made = value - done;
      const left = made > 0 ? ((performance.now() - startMs) / 1000 / made) * (total - value) : Number.NaN;
      bar.update(value, { what, left: Number.isFinite(left) ? duration(left) : "?" });
    },
    stop: () => bar.stop(),
  };
}
