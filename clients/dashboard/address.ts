import { TOKEN_FRAGMENT_KEY } from "eddy/wire";

const STORED_AS = "eddy.token";

/**
 * The token of the address' fragment, which browsers send to nobody, or the one that this tab was opened with. It is taken
 * out of the address, so that neither a screenshot nor a bookmark shows it, and kept for reloads until the tab is closed.
 */
export function takeToken(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get(TOKEN_FRAGMENT_KEY);
  if (given) {
    sessionStorage.setItem(STORED_AS, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(STORED_AS) ?? undefined;
}

/** Forgets a token that the server refused. */
export function forgetToken(): void {
  sessionStorage.removeItem(STORED_AS);
}
