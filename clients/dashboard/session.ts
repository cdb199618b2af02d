import type { CommandInput, Frame, WatchOptions } from "eddy/client";
import type { Role, WireInfo, WireStatus } from "eddy/wire";
import type { Feed } from "./feed.js";
import type { Scheduler } from "./scheduler.js";
import type { TaskLog } from "./store/task-log.js";

/** What the parts of the page share while they look at one network. */
export interface Session {
  readonly info: WireInfo;
  readonly role: Role;
  /** names of the topics that there are */
  readonly topics: ReadonlyMap<string, { readonly units?: number }>;
  readonly subscriptionsMax: number;
  /** Watches a topic until the feed is closed; what is refused shows in the log. */
  readonly open: (
    topic: string,
    frame: (tick: number, payload: Frame["payload"], lost: number) => void,
    options?: WatchOptions,
  ) => Feed;
  readonly scheduler: Scheduler;
  readonly tasks: ReadonlyMap<string, TaskLog>;
  /** whether plots stand still; the run goes on */
  readonly isFrozen: () => boolean;
  /** Sends a command. @returns the tick before which it was applied; rejects with the reason after it was shown */
  readonly steer: (command: CommandInput, summary: string) => Promise<number>;
}

/** A part of the page. */
export interface Panel {
  readonly element: HTMLElement;
  /** the simulation's status has come */
  status?(status: WireStatus): void;
  /** frames should come every so many ticks */
  every?(every: number): void;
  /** plots were frozen, or go on */
  frozen?(isFrozen: boolean): void;
  close?(): void;
}
