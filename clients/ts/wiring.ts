import type { Observable } from "rxjs";
import type { Applied } from "./command-queue.js";
import type { CommandInput } from "./commands.js";
import type { Frame, WatchOptions } from "./topics.js";

/** What views of a run are made over. */
export interface Wiring {
  watch(topic: string, options: WatchOptions): Observable<Frame>;
  /** @param branch the twin that it is for */
  send(command: CommandInput, branch?: string): Promise<Applied>;
}
