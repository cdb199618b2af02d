import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { EddyError } from "../errors.js";
import type { Role } from "../wire/messages.js";

const TOKEN_BYTES = 32;
const TOKEN_CHARACTERS_MIN = 16;
const TOKEN_CHARACTERS_MAX = 512;
const ADDRESSES_MAX = 10_000;

/** A token that cannot be guessed, of characters that a fragment of an address may hold. */
export function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** @throws EddyError INVALID_ARGUMENT when a token given by the user is too short, too long, or not printable ASCII */
export function checkToken(token: string, option: string): void {
  const inRange = token.length >= TOKEN_CHARACTERS_MIN && token.length <= TOKEN_CHARACTERS_MAX;
  if (inRange && /^[\x21-\x7e]+$/.test(token)) return;
  throw new EddyError(
    "INVALID_ARGUMENT",
    `${option} has ${token.length} characters; ${TOKEN_CHARACTERS_MIN} to ${TOKEN_CHARACTERS_MAX} printable ones without spaces are needed`,
  );
}

/** Which role a token gives; the time it takes says nothing about how much of a token was right. */
export function roleOfTokens(
  controllerToken: string,
  viewerToken?: string,
): (token: string) => Role | undefined {
  const controller = digest(controllerToken);
  const viewer = viewerToken === undefined ? undefined : digest(viewerToken);
  return (token) => {
    const given = digest(token);
    const isController = timingSafeEqual(given, controller);
    const isViewer = viewer !== undefined && timingSafeEqual(given, viewer);
    if (isController) return "controller";
    return isViewer ? "viewer" : undefined;
  };
}

/** The token of an `Authorization: Bearer` header. */
export function bearerToken(header: string | undefined): string | undefined {
  return header?.match(/^Bearer +(\S+) *$/i)?.[1];
}

/** Counts failed attempts by address, so that guessing stops after a few. */
export class FailedAttempts {
  readonly #failedAtMs = new Map<string, number[]>();

  constructor(
    private readonly failuresMax: number,
    private readonly windowMs: number,
  ) {}

  add(address: string, nowMs: number): void {
    const recent = this.#recent(address, nowMs);
    recent.push(nowMs);
    // Set anew, so that the map's order is that of the last failure and the oldest can be forgotten first.
    this.#failedAtMs.delete(address);
    this.#failedAtMs.set(address, recent.slice(-this.failuresMax));
    if (this.#failedAtMs.size > ADDRESSES_MAX) {
      const oldest = this.#failedAtMs.keys().next().value;
      if (oldest !== undefined) this.#failedAtMs.delete(oldest);
    }
  }

  isBlocked(address: string, nowMs: number): boolean {
    return this.#recent(address, nowMs).length >= this.failuresMax;
  }

  #recent(address: string, nowMs: number): number[] {
    return (this.#failedAtMs.get(address) ?? []).filter((failedAtMs) => nowMs - failedAtMs < this.windowMs);
  }
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
