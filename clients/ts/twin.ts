import type { Applied } from "./command-queue.js";
import type { CommandInput } from "./commands.js";
import type { Twin, View } from "./run.js";
import { steering } from "./steering.js";
import type { WatchOptions } from "./topics.js";
import type { Wiring } from "./wiring.js";

/** A run, or the twin of this name, over what watches and sends. */
export function viewOf(wiring: Wiring, twin?: string): View {
  const command = (given: CommandInput): Promise<Applied> => wiring.send(given, twin);
  return {
    ...steering(command),
    command,
    // the payload is what the reply to `sub` told; its type follows from the topic's name
    watch: ((topic: string, options: WatchOptions = {}) =>
      wiring.watch(twin === undefined ? topic : `${twin}:${topic}`, options)) as View["watch"],
  };
}

/** The twin of this name. */
export function twinOf(wiring: Wiring, name: string): Twin {
  return {
    ...viewOf(wiring, name),
    name,
    difference: ((topic: string, options: WatchOptions = {}) =>
      wiring.watch(`difference:${name}/${topic}`, options)) as Twin["difference"],
    end: () => wiring.send({ kind: "endBranch", name }),
  };
}
