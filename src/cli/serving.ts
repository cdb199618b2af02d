import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError } from "commander";
import { EddyError } from "../errors.js";
import { randomToken } from "../server/authentication.js";
import { type RunningServer, serve } from "../server/server.js";
import type { Simulation } from "../simulation/simulation.js";
import { type LogLevel, logLevels, serverLog } from "./log.js";
import { collect, oneOf, whole } from "./options.js";
import { print, printJson } from "./terminal.js";
import { version } from "./version.js";

/** How a running simulation is served. */
export interface ServingOptions {
  readonly host?: string;
  readonly port?: number;
  readonly viewerToken?: boolean;
  readonly tokenLifetime?: number;
  readonly origin?: readonly string[];
  readonly log?: LogLevel;
  readonly json?: boolean;
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** "90s", "30m", "8h", "7d" */
function lifetime(text: string): number {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = Number(number) * unitMs[unit as keyof typeof unitMs];
  if (ms > 0) return ms;
  throw new InvalidArgumentError(
    "Needed a number of seconds, minutes, hours or days, as 90s, 30m, 8h or 7d.",
  );
}

/** A token from the environment; an empty variable is none. */
const fromEnvironment = (name: string): string | undefined => process.env[name] || undefined;

/**
 * Serves a simulation and its page, and prints where.
 * @throws EddyError PORT_IN_USE, INVALID_ARGUMENT (host, port, tokens, origins), as rejections
 */
export async function serveLive(simulation: Simulation, options: ServingOptions): Promise<RunningServer> {
  const { host = "127.0.0.1", port, viewerToken, tokenLifetime, origin, log, json } = options;
  const [given, givenToViewers] = [fromEnvironment("EDDY_TOKEN"), fromEnvironment("EDDY_VIEWER_TOKEN")];
  const server = await serve({
    simulation,
    host,
    port,
    token: given,
    viewerToken: givenToViewers ?? (viewerToken ? randomToken() : undefined),
    tokenLifetimeMs: tokenLifetime,
    origins: origin,
    assets: fileURLToPath(new URL("../dashboard", import.meta.url)),
    version,
    log: serverLog(log),
  });
  const url = given === undefined ? server.url : withoutToken(server.url);
  const viewerUrl = server.viewerUrl !== null && givenToViewers === undefined ? server.viewerUrl : null;
  if (json) printJson({ url, ...(viewerUrl !== null && { viewerUrl }) });
  else {
    print(`${simulation.info.name}: look at ${url}`);
    if (viewerUrl !== null) print(`to look and change nothing: ${viewerUrl}`);
  }
  return server;
}

/** A run without a server takes none of a server's options. @throws EddyError INVALID_ARGUMENT */
export function refuseServing({ host, port, viewerToken, tokenLifetime, origin, log }: ServingOptions): void {
  const given = {
    "--port": port,
    "--host": host,
    "--viewer-token": viewerToken,
    "--origin": origin,
    "--token-lifetime": tokenLifetime,
    "--log": log,
  };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag !== undefined)
    throw new EddyError(
      "INVALID_ARGUMENT",
      `given --headless and ${flag}; a headless run has no server: leave one out`,
    );
}

/** Whoever brought a token has it already; what a service prints may end up in a file. */
const withoutToken = (url: string): string => url.split("#", 1)[0]!;

/** Adds the options of a command that serves a simulation. */
export function addServingOptions(command: Command): Command {
  return command
    .option("--port <n>", "port of the page (default: a free one)", whole(0, 65_535))
    .option("--host <address>", "address to listen on (default: 127.0.0.1)")
    .option("--viewer-token", "a second address, with a token for those who may look and change nothing")
    .option("--origin <origin>", "also pages of this origin may connect; may be repeated", collect)
    .option(
      "--token-lifetime <time>",
      "tokens are valid so long, as 8h (default: as long as it runs)",
      lifetime,
    )
    .option("--log <level>", `log to standard error as JSON: ${logLevels.join(", ")}`, oneOf(logLevels))
    .addHelpText(
      "after",
      `
Environment:
  EDDY_TOKEN, EDDY_VIEWER_TOKEN  the controller's and the viewers' token, 16 characters or more (default: random ones)`,
    );
}
