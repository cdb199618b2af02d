import { EddyError } from "../errors.js";
import type { Command, Simulation } from "../simulation/simulation.js";

const KEYS_KEPT_MAX = 1024;

interface Intervention {
  readonly command: string;
  readonly tick: Promise<number>;
}

/**
 * Passes commands on to the simulation, each key once: a client that lost its connection before the reply came can send
 * the same command again, from a new session too.
 */
export class Interventions {
  readonly #byKey = new Map<string, Intervention>();

  constructor(private readonly simulation: Simulation) {}

  /**
   * @returns the tick before which the command was applied
   * @throws EddyError INVALID_ARGUMENT when the key was another command's, or what the simulation rejects with
   */
  apply(command: Command, key?: string): Promise<number> {
    if (key === undefined) return this.simulation.command(command);
    const text = JSON.stringify(command);
    const earlier = this.#byKey.get(key);
    if (earlier?.command === text) return earlier.tick;
    if (earlier) {
      throw new EddyError(
        "INVALID_ARGUMENT",
        `key "${key}" belongs to another command; give each command its own`,
      );
    }
    const tick = this.simulation.command(command);
    this.#byKey.set(key, { command: text, tick });
    if (this.#byKey.size > KEYS_KEPT_MAX) this.#byKey.delete(this.#byKey.keys().next().value!);
    return tick;
  }
}
