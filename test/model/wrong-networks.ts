import { expect, it } from "vitest";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { refusal, refused } from "./refused.js";

/** JSON with a part replaced; the path may lead to a part that is not there yet. */
export function replaced(value: unknown, path: readonly (string | number)[], part: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return part;
  const copy: object = Array.isArray(value) ? [...value] : Object.fromEntries(Object.entries(value ?? {}));
  // by definition, as JSON.parse does: an assignment to "__proto__" would be another thing
  const inner = replaced(Object.hasOwn(copy, key) ? Reflect.get(copy, key) : undefined, rest, part);
  Object.defineProperty(copy, key, { value: inner, enumerable: true, configurable: true, writable: true });
  return copy;
}

/** A valid description to spoil. */
export const small = JSON.parse(JSON.stringify(chain({ modules: 2, neurons: 8, inputs: 4, outputs: 3 })));

/** "forward.0.source" with a part in its place, and the message that it is refused with. */
export type Refused = readonly [path: string, part: unknown, message: string];

/** All blocks of it, and ids of pathways, as messages list them. */
export const blocks =
  'a block of a module: "m1.RI", "m1.SI", "m1.RE", "m1.SE", "m2.RI", "m2.SI", "m2.RE", "m2.SE"';
export const ids = '"x->m1", "m1->m2", "m2->out", "error(out)->m2", "error(m2)->m1"';

/** One test for each: the whole message, so that it names the field, what was given and what is allowed. */
export function refuses(cases: readonly Refused[]): void {
  it.each(cases.map(([path, part, message]) => ({ path, part, message })))(
    "$path = $part",
    ({ path, part, message }) => {
      const wrong = replaced(small, path.split("."), part);
      expect(refused(() => resolveNetwork(wrong))).toBe(refusal(message));
    },
  );
}
