import { EddyError } from "../errors.js";
import type { Applied, Command, Simulation } from "../simulation/simulation.js";

const KEYS_KEPT_MAX = 1024;

interface Intervention {
  readonly command: string;
  readonly applied: Promise<Applied>;
}

/**
 * Passes commands on to the simulation, each key once: a client that lost its connection before the reply came can send
 * the same command again, from a new session too.
 */
export class Interventions {
  readonly #byKey = new Map<string, Intervention>();

  constructor(private readonly simulation: Simulation) {}

  /**
   * @param branch the twin that it is for
   * @throws EddyError INVALID_ARGUMENT when the key was another command's, or what the simulation rejects with
   */
  apply(command: Command, branch?: string, key?: string): Promise<Applied> {
    if (key === undefined) return this.simulation.command(command, branch);
    const text = JSON.stringify([command, branch ?? null]);
    const earlier = this.#byKey.get(key);
    if (earlier?.command === text) return earlier.applied;
    if (earlier) {
      throw new EddyError(
        "INVALID_ARGUMENT",
        `key "${key}" belongs to another command; give each command its own`,
      );
    }
    const applied = this.simulation.command(command, branch);
    this.#byKey.set(key, { command: text, applied });
    if (this.#byKey.size > KEYS_KEPT_MAX) this.#byKey.delete(this.#byKey.keys().next().value!);
    return applied;
  }
}
