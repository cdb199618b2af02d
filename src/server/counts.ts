/** What a server has done since it began; plain numbers, so that counting costs a frame nothing. */
export interface Counts {
  sessions: number;
  /** frames, by receiver */
  framesSent: number;
  /** conflated frames that a client was too slow for */
  framesDropped: number;
  bytesSent: number;
  messagesReceived: number;
  /** by close code */
  readonly sessionsEnded: Map<number, number>;
  /** commands by what came of them: "applied", or the code of an error */
  readonly commands: Map<string, number>;
  /** upgrades by the HTTP status that refused them */
  readonly upgradesRefused: Map<number, number>;
}

/** Nothing counted yet. */
export function newCounts(): Counts {
  return {
    sessions: 0,
    framesSent: 0,
    framesDropped: 0,
    bytesSent: 0,
    messagesReceived: 0,
    sessionsEnded: new Map(),
    commands: new Map(),
    upgradesRefused: new Map(),
  };
}

/** Counts one more. */
export function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
