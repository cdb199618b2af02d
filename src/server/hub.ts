import type { Simulation } from "../simulation/simulation.js";
import type { Role } from "../wire/messages.js";
import type { Channels } from "./channels.js";
import type { Counts } from "./counts.js";
import type { Interventions } from "./interventions.js";
import type { ServerLimits } from "./limits.js";
import type { ServerLog } from "./log.js";

/** What all sessions of a server share. */
export interface Hub {
  readonly simulation: Simulation;
  readonly limits: ServerLimits;
  readonly channels: Channels;
  readonly interventions: Interventions;
  readonly counts: Counts;
  readonly log: ServerLog;
  /** when tokens are no longer valid, ms of {@link nowMs}; infinite by default */
  readonly tokensEndAtMs: number;
  /** milliseconds of a monotonic clock */
  nowMs(): number;
  /** Role that a token gives; a failed attempt counts against the address, and too many refuse every token. */
  roleOf(address: string, token: string | undefined): Role | undefined;
  /** whether an address has failed too often */
  isBlocked(address: string): boolean;
  /** whether the simulation has ended, so that nobody is welcomed any more */
  hasEnded(): boolean;
  markEnded(): void;
  /** Looks whether a new epoch has begun, which ends all sessions, and whether topics have come or gone. */
  refresh(): void;
  /** Told of what no request should cause: our bugs. */
  report(error: unknown): void;
}
