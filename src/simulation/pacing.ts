import { BehaviorSubject, type Observable } from "rxjs";
import type { Pace } from "../streams/clock.js";
import type { ClockCommand, Command } from "./command.js";
import { checkPace, checkSteps } from "./interventions/ranges.js";

/** Kinds of commands that change a clock. */
export const clockKinds: ReadonlySet<string> = new Set<ClockCommand["kind"]>([
  "pause",
  "resume",
  "step",
  "runUntil",
  "speed",
]);

export const isClockCommand = (command: Command): command is ClockCommand => clockKinds.has(command.kind);

/** The pace of a simulation, and the commands that change it. */
export interface Pacing {
  readonly pace: Observable<Pace>;
  paused(): boolean;
  /** ticks a second; null is as fast as possible */
  speed(): number | null;
  stop(): void;
  /** No tick follows: the pace completes, and whoever keeps the network ticking ends it. */
  end(): void;
  /** @throws EddyError INVALID_ARGUMENT for a pace or a number of ticks that is none */
  apply(command: ClockCommand): void;
}

/**
 * @param ticksPerSecond at first; null is as fast as possible
 * @param paused whether it waits for a resume or a step
 * @param tick of the network now
 */
export function pacing(ticksPerSecond: number | null, paused: boolean, tick: () => number): Pacing {
  let speed = ticksPerSecond;
  const running = (): Pace => ({ mode: "run", ticksPerSecond: speed });
  const pace = new BehaviorSubject<Pace>(paused ? { mode: "paused" } : running());
  return {
    pace: pace.asObservable(),
    paused: () => pace.value.mode !== "run",
    speed: () => speed,
    stop: () => pace.next({ mode: "paused" }),
    end() {
      pace.next({ mode: "paused" });
      pace.complete();
    },
    apply(command) {
      switch (command.kind) {
        case "pause":
          pace.next({ mode: "paused" });
          break;
        case "resume":
          pace.next(running());
          break;
        case "step":
          checkSteps("ticks", command.ticks);
          pace.next({ mode: "step", ticks: command.ticks });
          break;
        case "runUntil": {
          checkSteps("tick", command.tick);
          const ticks = command.tick - tick();
          pace.next(ticks > 0 ? { mode: "step", ticks } : { mode: "paused" });
          break;
        }
        case "speed":
          checkPace("ticksPerSecond", command.ticksPerSecond);
          speed = command.ticksPerSecond;
          if (pace.value.mode === "run") pace.next(running());
      }
    },
  };
}
