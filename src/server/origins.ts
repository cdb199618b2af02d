import { networkInterfaces } from "node:os";
import { EddyError } from "../errors.js";

const LOOPBACK = ["127.0.0.1", "localhost", "::1"];
const WILDCARDS = ["0.0.0.0", "::"];

/** `host` as it stands in an address: IPv6 in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Host by which a browser on this machine reaches a server that listens on `host`. */
export function reachableHost(host: string): string {
  return WILDCARDS.includes(host) ? "127.0.0.1" : host;
}

/** @throws EddyError INVALID_ARGUMENT when a named one is no origin */
export function checkOrigins(named: readonly string[]): void {
  for (const origin of named) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new EddyError(
        "INVALID_ARGUMENT",
        `origins: "${origin}" is no origin; one like "https://lab.example:8443" is needed, without a path`,
      );
    }
  }
}

/** The origins from which pages may connect: the server's own addresses, and those that the user named. */
export function allowedOrigins(host: string, port: number, named: readonly string[]): ReadonlySet<string> {
  const own = ownHosts(host).map((name) => new URL(`http://${hostInUrl(name)}:${port}`).origin);
  return new Set([...own, ...named]);
}

function ownHosts(host: string): readonly string[] {
  if (LOOPBACK.includes(host)) return LOOPBACK;
  if (!WILDCARDS.includes(host)) return [host];
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  // Scoped link-local addresses cannot stand in an origin.
  return [
    ...LOOPBACK,
    ...addresses.map(({ address }) => address).filter((address) => !/^fe80/i.test(address)),
  ];
}
