import type { Engine } from "../engine.js";
import type { Frame, Watch } from "../simulation.js";
import type { Rate } from "./rate.js";
import type { Seen } from "./seen.js";

/** What a view works with. */
export interface ViewContext {
  readonly engine: Engine;
  readonly watch: Watch;
  readonly rate: Rate;
  /** Has a frame leave when its payload is there; null: none after all. */
  send(tick: number, payload: Promise<Frame["payload"] | null>): void;
}

/** What makes the frames of one watch. */
export interface View {
  /** the topic whose events it is shown */
  readonly listensTo: string;
  /** A tick or an update made what it watches; the handle is lent until this returns. */
  see?(seen: Seen): void;
  /** A record of its topic. @param payload makes it, once for all views; null: none after all */
  record?(tick: number, payload: () => Promise<Frame["payload"] | null>): void;
  /** A tick was made, or something changed between two. @param tick the next one to be made */
  moved?(tick: number): void;
  /** Sends what there is now, if anything. */
  present(): void;
  /** Forgets what it keeps of an epoch, or of all when it ends. */
  forget?(): void;
}
