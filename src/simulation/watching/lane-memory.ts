/** What a lane shows. */
export type LaneKind = "input" | "phase" | "error" | "gate" | "update" | "intervention";

/** Something that happened in a lane, before the tick of this number or in it. */
export interface Mark {
  readonly kind: LaneKind;
  /** of a task, readout, module, pathway or weights, or "interventions" */
  readonly lane: string;
  readonly tick: number;
  readonly value: number | string;
}

/** The marks of some ticks, by lane. */
export interface Lanes {
  /** later than was asked for where the memory does not reach so far back */
  readonly from: number;
  readonly to: number;
  readonly lanes: readonly {
    readonly lane: string;
    readonly kind: LaneKind;
    readonly marks: readonly (readonly [tick: number, value: number | string])[];
  }[];
}

/** The marks of one lane, in the order of their ticks. */
interface Lane {
  readonly kind: LaneKind;
  readonly lane: string;
  readonly marks: (readonly [tick: number, value: number | string])[];
  /** how many of the first are forgotten */
  forgotten: number;
  /** what held before the first that is not, where marks say what holds from then on */
  held: number | string | null;
}

/** Whether a mark says what holds from then on. */
const holds = (kind: LaneKind): boolean => kind === "phase" || kind === "gate";

/** The first mark that is not forgotten whose tick is `tick` or later; the number of all when there is none. */
function firstFrom({ marks, forgotten }: Lane, tick: number): number {
  let [low, high] = [forgotten, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks[middle][0] < tick) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The recent past: of all marks, which come in the order of their ticks, the latest so many. A window of it costs what it
 * holds, however much is remembered.
 */
export class LaneMemory {
  readonly #capacity: number;
  readonly #lanes = new Map<string, Lane>();
  /** whose each mark is: a ring */
  #order: Lane[] = [];
  /** place of the oldest mark once the ring is full */
  #oldest = 0;
  #since = 0;

  /** @param capacity marks that are kept */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Forgets all. @param tick from which on it will remember @param held the state of lanes then */
  begin(tick: number, held: readonly Mark[]): void {
    this.#lanes.clear();
    this.#order = [];
    this.#oldest = 0;
    this.#since = tick;
    for (const { kind, lane, value } of held) this.#lane(kind, lane).held = value;
  }

  #lane(kind: LaneKind, lane: string): Lane {
    const key = `${kind} ${lane}`;
    const known = this.#lanes.get(key);
    if (known) return known;
    const made: Lane = { kind, lane, marks: [], forgotten: 0, held: null };
    this.#lanes.set(key, made);
    return made;
  }

  push({ kind, lane: name, tick, value }: Mark): void {
    const lane = this.#lane(kind, name);
    lane.marks.push([tick, value]);
    if (this.#order.length < this.#capacity) {
      this.#order.push(lane);
      return;
    }
    this.#forget(this.#order[this.#oldest]);
    this.#order[this.#oldest] = lane;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }

  #forget(lane: Lane): void {
    const [tick, value] = lane.marks[lane.forgotten];
    lane.forgotten += 1;
    if (holds(lane.kind)) lane.held = value;
    // others of its tick may be gone, too
    this.#since = tick + 1;
    if (lane.forgotten > 1024 && 2 * lane.forgotten > lane.marks.length) {
      lane.marks.splice(0, lane.forgotten);
      lane.forgotten = 0;
    }
  }

  /**
   * The marks of ticks `from` to `to`. The first mark of a phase or a gate says what held at `from`, unless it changed in
   * that very tick.
   */
  window(from: number, to: number): Lanes {
    const start = Math.max(from, this.#since);
    const lanes: Lanes["lanes"][number][] = [];
    for (const lane of this.#lanes.values()) {
      const first = firstFrom(lane, start);
      const marks = lane.marks.slice(first, firstFrom(lane, to + 1));
      if (holds(lane.kind) && start <= to && marks[0]?.[0] !== start) {
        const held = first > lane.forgotten ? lane.marks[first - 1][1] : lane.held;
        if (held !== null) marks.unshift([start, held]);
      }
      if (marks.length > 0) lanes.push({ lane: lane.lane, kind: lane.kind, marks });
    }
    return { from: start, to, lanes };
  }
}
