import { topicParts } from "./seen.js";
import type { View } from "./view.js";

/** Views by the topic that they listen to. What nobody listens to is found out without making a text of it. */
export class Listeners {
  readonly #byName = new Map<string, Map<string, Set<View>>>();

  add(view: View): void {
    const [what, name] = topicParts(view.listensTo);
    const names = this.#byName.get(what) ?? new Map<string, Set<View>>();
    this.#byName.set(what, names);
    const views = names.get(name) ?? new Set();
    names.set(name, views.add(view));
  }

  delete(view: View): void {
    const [what, name] = topicParts(view.listensTo);
    const names = this.#byName.get(what);
    const views = names?.get(name);
    views?.delete(view);
    if (views?.size === 0) names?.delete(name);
    if (names?.size === 0) this.#byName.delete(what);
  }

  /** @returns undefined when there are none */
  of(what: string, name: string): ReadonlySet<View> | undefined {
    return this.#byName.get(what)?.get(name);
  }

  count(topic: string): number {
    return this.of(...topicParts(topic))?.size ?? 0;
  }
}
