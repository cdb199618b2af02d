import { createHash } from "node:crypto";
import { EddyError } from "../errors.js";
import type { Applied, Command, Simulation } from "../simulation/simulation.js";
import { isAnswer } from "../wire/commands.js";
import type { Role } from "../wire/messages.js";
import { type Counts, count } from "./counts.js";
import type { ServerLog } from "./log.js";

/** More than a room of clients can send at their pace while one of them is away for the longest back-off. */
const COMMANDS_KEPT_MAX = 16_384;
/** Answers come by the thousand. A task takes one for each trial, whether their keys are kept or not. */
const ANSWERS_KEPT_MAX = 1024;

interface Intervention {
  /** digest of the command, which may be large */
  readonly command: string;
  readonly applied: Promise<Applied>;
}

/** Whose command it is. */
interface Client {
  readonly session: string;
  readonly role: Role | undefined;
}

/**
 * Passes commands on to the simulation, each key once: a client that lost its connection before the reply came can send
 * the same command again, from a new session too.
 */
export class Interventions {
  readonly #commands = new Map<string, Intervention>();
  /** apart, so that they do not push out what would be done twice */
  readonly #answers = new Map<string, Intervention>();

  constructor(
    private readonly simulation: Simulation,
    private readonly counts: Counts,
    private readonly log: ServerLog,
  ) {}

  /**
   * @param branch the twin that it is for
   * @throws EddyError FORBIDDEN for a viewer, INVALID_ARGUMENT when the key was another command's, or what the simulation
   *   rejects with; as rejections
   */
  async apply(client: Client, command: Command, branch?: string, key?: string): Promise<Applied> {
    const about = { session: client.session, kind: command.kind, branch, key };
    const level = isAnswer(command) ? "debug" : "info";
    try {
      if (client.role !== "controller") {
        throw new EddyError(
          "FORBIDDEN",
          "a viewer may not change the simulation; connect with the controller's token",
        );
      }
      const applied = await this.#applyOnce(command, branch, key);
      count(this.counts.commands, "applied");
      this.log[level]({ ...about, tick: applied.tick }, "command applied");
      return applied;
    } catch (error) {
      const code = error instanceof EddyError ? error.code : "INTERNAL";
      count(this.counts.commands, code);
      this.log[level]({ ...about, code }, "command refused");
      throw error;
    }
  }

  #applyOnce(command: Command, branch?: string, key?: string): Promise<Applied> {
    if (key === undefined) return this.simulation.command(command, branch);
    const digest = createHash("sha256")
      .update(JSON.stringify([command, branch ?? null]))
      .digest("base64");
    const [kept, keptMax] = isAnswer(command)
      ? [this.#answers, ANSWERS_KEPT_MAX]
      : [this.#commands, COMMANDS_KEPT_MAX];
    const earlier = kept.get(key);
    if (earlier?.command === digest) return earlier.applied;
    if (earlier) {
      throw new EddyError(
        "INVALID_ARGUMENT",
        `key "${key}" belongs to another command; give each command its own`,
      );
    }
    const applied = this.simulation.command(command, branch);
    kept.set(key, { command: digest, applied });
    if (kept.size > keptMax) kept.delete(kept.keys().next().value!);
    return applied;
  }
}
