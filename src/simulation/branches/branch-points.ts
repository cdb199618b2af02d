import { join } from "node:path";
import { writeCheckpoint } from "../checkpoint.js";
import type { BranchCommand } from "../command.js";
import type { Engine } from "../engine.js";
import type { Part, PartCommand } from "../part.js";
import { checkTwinName } from "./twin-name.js";

const isBranchCommand = (command: PartCommand): command is BranchCommand =>
  command.kind === "branch" || command.kind === "endBranch";

/**
 * The original's part in what makes and ends twins: writes what a twin begins with, as a checkpoint of its name in a
 * folder, and tells of twins that end.
 */
export function branchPoints(engine: Engine, folder: string): Part {
  const perform = async (command: BranchCommand): Promise<Record<string, string | number>> => {
    const { name } = command;
    if (command.kind === "endBranch") {
      const { tick } = engine.net.state;
      engine.tell({ kind: "branchEnded", tick, name, reason: command.reason ?? null });
      return { name };
    }
    // it becomes a path
    checkTwinName(name);
    const from = command.checkpoint;
    const checkpoint = await (from === null ? engine.capture() : engine.checkpoint(from));
    const { tick } = checkpoint.snapshot.scalars;
    await writeCheckpoint(join(folder, name), checkpoint);
    engine.tell({ kind: "branch", tick, name, from, changes: command.changes.length });
    return { name, tick };
  };
  return { command: (command) => (isBranchCommand(command) ? perform(command) : null) };
}
