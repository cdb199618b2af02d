import type { Simulation } from "../simulation/simulation.js";
import type { Role } from "../wire/messages.js";
import type { Channels } from "./channels.js";
import type { Interventions } from "./interventions.js";
import type { ServerLimits } from "./limits.js";

/** What all sessions of a server share. */
export interface Hub {
  readonly simulation: Simulation;
  readonly limits: ServerLimits;
  readonly channels: Channels;
  readonly interventions: Interventions;
  /** milliseconds of a monotonic clock */
  nowMs(): number;
  /** Role that a token gives; a failed attempt counts against the address, and too many refuse every token. */
  roleOf(address: string, token: string | undefined): Role | undefined;
  /** whether the simulation has ended, so that nobody is welcomed any more */
  hasEnded(): boolean;
  markEnded(): void;
  /** Told of what no request should cause: our bugs. */
  report(error: unknown): void;
}
