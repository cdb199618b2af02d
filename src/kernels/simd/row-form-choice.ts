import { EddyError } from "../../errors.js";
import type { Columns } from "../sparse-weights.js";
import type { Form } from "./commands.js";
import type { Contents } from "./content.js";
import type { RecurrentForm } from "./recurrent-form.js";
import { type OpenSettle, settle } from "./settle.js";

const rounds = 8;

/** What was measured, by the kernels' arena: matrices of one size and filling need no measurement of their own. */
const measured = new WeakMap<object, Map<string, Form>>();

/**
 * Chooses how a recurrent matrix meets one row at a time, the first time that it does: every form that there is makes
 * an iteration of this very request, and the fastest stays. The forms agree to the bit, so the choice shows only in time.
 */
export function chooseRowForm(contents: Contents, wake: () => void, request: OpenSettle): void {
  const { matrix, batch } = request;
  if (matrix.rowForm !== null || batch !== 1) return;
  const { neurons, connections } = matrix.lists;
  const kind = `${neurons} ${Math.round((64 * connections) / (neurons * neurons))} ${Math.round(Math.log2(connections))}`;
  const known = measured.get(contents.arena) ?? new Map<string, Form>();
  measured.set(contents.arena, known);
  let best = known.get(kind);
  if (!best) {
    best = fastest(contents, wake, request);
    known.set(kind, best);
    matrix.keepOnly(best);
    return;
  }
  const there = best === "lists" || made(contents, matrix, best, matrix.columns());
  matrix.keepOnly(there ? best : "lists");
}

/** The lists, and the other forms that have a chance and find room. */
function candidates(contents: Contents, { matrix }: OpenSettle): Form[] {
  const { neurons, connections } = matrix.lists;
  const density = connections / (neurons * neurons);
  const others: Form[] = [];
  // with fewer connections they take many times the memory of the lists, and more time
  if (density > 0.1) others.push("panels");
  if (density > 0.02 && contents.engine.slots) others.push("slots");
  if (others.length === 0 || contents.rowForms === "lists") return ["lists"];
  const columns = matrix.columns();
  return ["lists", ...others.filter((form) => made(contents, matrix, form, columns))];
}

/** Makes a form, if it is not there. @returns whether there was room for it */
function made({ arena }: Contents, matrix: RecurrentForm, form: Form, columns: Columns): boolean {
  try {
    arena.guarded(() => matrix.make(form, columns));
    return true;
  } catch (error) {
    if (error instanceof EddyError && error.code === "OUT_OF_MEMORY") return false;
    throw error;
  }
}

function fastest(contents: Contents, wake: () => void, request: OpenSettle): Form {
  const { matrix, drive } = request;
  const trial = {
    ...request,
    from: request.from ?? drive,
    iterations: 1,
    needed: null,
    tolerance: null,
    changes: null,
  };
  const forms = candidates(contents, request);
  const leastMs = new Map(forms.map((form) => [form, Number.POSITIVE_INFINITY]));
  // in turns, so that whatever else the machine does hits all of them alike
  for (let round = 0; round < rounds; round++) {
    for (const form of forms) {
      matrix.rowForm = form;
      const startMs = performance.now();
      const [{ state }] = settle(contents, wake, [trial]);
      const ms = performance.now() - startMs;
      contents.free(state);
      leastMs.set(form, Math.min(leastMs.get(form) ?? ms, ms));
    }
  }
  return forms.reduce((best, form) => ((leastMs.get(form) ?? 0) < (leastMs.get(best) ?? 0) ? form : best));
}
