/** Values that somebody adds to what drives a module, for a while. */
export interface Injection {
  /** [neurons] the same for the whole batch; never changed */
  readonly values: Float32Array;
  /** the first tick that they no longer enter */
  readonly until: number;
}

/** Lets go of the injections that are over. The lists of modules where none is stay the very same. */
export function endInjections({
  injections,
  tick,
}: {
  readonly injections: Map<string, readonly Injection[]>;
  readonly tick: number;
}): void {
  for (const [module, list] of injections) {
    if (list.every(({ until }) => until > tick)) continue;
    const left = list.filter(({ until }) => until > tick);
    if (left.length > 0) injections.set(module, left);
    else injections.delete(module);
  }
}
