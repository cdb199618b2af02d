import { ClientError, type Run } from "eddy/client";
import { closeCodes } from "../../wire/protocol.js";
import { print, printJson } from "../terminal.js";
import { countText, numberText } from "./numbers.js";
import { Readings } from "./readings.js";

/** A server that said that it shuts down may be started again; after so long it counts as gone, ms. */
const goneMs = 5000;

/** What a line says, for programs. */
interface Standing {
  readonly tick: number;
  readonly ticksPerSecond: number | null;
  readonly paused: boolean;
  /** by task: trials seen, and the fraction right over the last hundred */
  readonly tasks: Readonly<Record<string, { readonly trials: number; readonly accuracy: number | null }>>;
}

function text({ tick, ticksPerSecond, paused, tasks }: Standing): string {
  const rate = paused ? "paused" : `${ticksPerSecond === null ? "–" : numberText(ticksPerSecond)} ticks/s`;
  const parts = Object.entries(tasks).map(([task, { trials, accuracy }]) => {
    const right = accuracy === null ? "" : `, ${(accuracy * 100).toFixed(1)} % right`;
    return `${task}: ${countText(trials)} trials${right}`;
  });
  return [`tick ${countText(tick)}`, rate, ...parts].join("  ");
}

/**
 * Writes a line about a run whenever its status comes, which is every second.
 * @param lines ends after so many; null goes on until `signal`, or until the server has shut down and stays away
 * @returns whether it was the signal that ended it
 * @throws ClientError when the server ends the connection for good
 */
export function lineView(
  run: Run,
  { json, lines }: { readonly json: boolean; readonly lines: number | null },
  signal: AbortSignal,
): Promise<{ readonly interrupted: boolean }> {
  return new Promise((resolve, reject) => {
    let written = 0;
    let gone: NodeJS.Timeout | undefined;
    const readings = new Readings(run, () => {});
    const end = (interrupted: boolean): void => {
      clearTimeout(gone);
      readings.close();
      statuses.unsubscribe();
      links.unsubscribe();
      resolve({ interrupted });
    };
    const write = (): void => {
      const { tick, paused } = run.status.value;
      const { tasks, ticksPerSecond } = readings.view();
      const standing: Standing = {
        tick,
        ticksPerSecond,
        paused,
        tasks: Object.fromEntries(
          tasks.map(({ name, trials, accuracies }) => [
            name,
            { trials, accuracy: accuracies.at(-1) ?? null },
          ]),
        ),
      };
      if (json) printJson(standing);
      else print(text(standing));
      written += 1;
      if (lines !== null && written >= lines) queueMicrotask(() => end(false));
    };
    const statuses = run.status.subscribe(write);
    const links = run.link.subscribe((link) => {
      if (link.kind === "ended" && link.code !== 1000)
        reject(new ClientError("REFUSED", `the server ended the connection: ${link.why}`));
      if (link.kind === "waiting" && link.code === closeCodes.shutdown)
        gone ??= setTimeout(() => end(false), goneMs);
      if (link.kind === "open") {
        clearTimeout(gone);
        gone = undefined;
      }
    });
    signal.addEventListener("abort", () => end(true), { once: true });
  });
}
