import { map, of, Subject, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Examples, Stimulus, StimulusSource } from "../../src/streams/stimulus.js";
import {
  askedFor,
  closedLoop,
  endless,
  endlessSource,
  fromStream,
  type TrialRequest,
} from "../../src/streams/stimulus-door.js";
import { marbles } from "./marbles.js";

const unchanged = {};
const request = (trial: number, output: number | null = null): TrialRequest => ({
  trial,
  tick: 10 * trial,
  output: output === null ? null : Float32Array.of(output),
  seed: 1,
  parameters: unchanged,
});
const stimulus = (value: number): Stimulus => ({ input: Float32Array.of(value), target: null });
const requests = { a: request(0), b: request(1), c: request(2) };
const stimuli = { a: stimulus(0), b: stimulus(1), c: stimulus(2) };
const value = map(({ input }: Stimulus) => input[0]);
const numbers = { a: 0, b: 1, c: 2 };

describe("endless", () => {
  const examples: Examples = {
    length: Number.POSITIVE_INFINITY,
    take: (first, count) => ({ input: Float32Array.of(first, count), target: null }),
  };
  const taken = map(({ input }: Stimulus) => [...input]);
  const batches = { a: [0, 4], b: [4, 4], c: [8, 4] };

  it("answers each request with the batch of its trial", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const asked = hot("-a--b-c|", requests);
      expectObservable(endless(examples, 4).connect(asked).pipe(taken)).toBe("-a--b-c|", batches);
      expectSubscriptions(asked.subscriptions).toBe("^------!");
    });
    expect(endless(examples, 4).readsOutput).toBe(false);
  });

  it("is empty, errs, ends early and bursts with the requests", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const door = endless(examples, 4);
      expectObservable(door.connect(cold("-|"))).toBe("-|");
      expectObservable(door.connect(hot("-a-#", requests)).pipe(taken)).toBe("-a-#", batches);
      expectObservable(door.connect(hot("-(abc|)", requests)).pipe(taken)).toBe("-(abc|)", batches);
      const asked = hot("-a---b-|", requests);
      expectObservable(door.connect(asked).pipe(taken), "^--!").toBe("-a", batches);
      expectSubscriptions(asked.subscriptions).toBe("^--!");
    });
  });

  it("errs when the examples do", () => {
    marbles(({ hot, expectObservable }) => {
      const take = () => {
        throw "lost";
      };
      const door = endless({ length: 1, take }, 1);
      expectObservable(door.connect(hot("-a", requests))).toBe("-#", {}, "lost");
    });
  });
});

describe("endlessSource", () => {
  let made = 0;
  const source: StimulusSource = {
    name: "counts",
    size: 1,
    outputs: 1,
    training: { length: 1, take: (first) => stimulus(first) },
    test: null,
    parameters: { offset: { value: 0, least: 0, most: 100 } },
    vary(seed, { offset = 0 }) {
      made += 1;
      return { length: 1, take: (first) => stimulus(first + 1000 * seed + offset) };
    },
  };
  const changed = { offset: 5 };
  const varied = {
    ...requests,
    d: { ...request(3), parameters: changed },
    e: { ...request(4), parameters: changed },
    f: { ...request(5), seed: 2, parameters: changed },
  };

  it("answers by the seed and the parameters of each request, and makes examples only when they change", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const asked = hot("-a-(bd)-e-f|", varied);
      const answers = { a: 1000, b: 1002, d: 1011, e: 1013, f: 2015 };
      expectObservable(endlessSource(source, 2).connect(asked).pipe(value)).toBe("-a-(bd)-e-f|", answers);
      expectSubscriptions(asked.subscriptions).toBe("^----------!");
    });
    // all requests of this test that carry nothing have the one object that says so
    expect(made).toBe(3);
    expect(endlessSource(source, 2)).toMatchObject({ readsOutput: false, parameters: source.parameters });
  });

  it("is empty, errs and ends early with the requests", () => {
    marbles(({ hot, cold, expectObservable }) => {
      const door = endlessSource(source, 2);
      expectObservable(door.connect(cold("-|"))).toBe("-|");
      expectObservable(door.connect(hot("-a-#", varied)).pipe(value)).toBe("-a-#", { a: 1000 });
      expectObservable(door.connect(hot("-a---b-|", varied)).pipe(value), "^--!").toBe("-a", { a: 1000 });
    });
  });

  it("of a source that cannot be varied is its training, whatever the seed", () => {
    const { vary: _, parameters: __, ...fixed } = source;
    marbles(({ hot, expectObservable }) => {
      const door = endlessSource(fixed, 2);
      expectObservable(door.connect(hot("-a-f|", varied)).pipe(value)).toBe("-a-f|", { a: 0, f: 10 });
    });
    expect(endlessSource(fixed, 2).parameters).toBe(undefined);
  });
});

describe("fromStream", () => {
  it("is the user's stream, whatever is asked", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stream = hot("--a-(bc)--|", stimuli);
      const asked = hot("-a----b--c|", requests);
      const door = fromStream(stream);
      expectObservable(door.connect(asked).pipe(value)).toBe("--a-(bc)--|", numbers);
      expectSubscriptions(stream.subscriptions).toBe("^---------!");
      expectSubscriptions(asked.subscriptions).toBe([]);
      expectObservable(fromStream(cold<Stimulus>("--|")).connect(asked)).toBe("--|");
      expectObservable(fromStream(cold<Stimulus>("--#")).connect(asked)).toBe("--#");
    });
    expect(fromStream(of(stimuli.a)).readsOutput).toBe(false);
  });

  it("lets go of the stream when it is unsubscribed from", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const stream = hot("-a---b", stimuli);
      expectObservable(fromStream(stream).connect(hot("")).pipe(value), "^--!").toBe("-a", numbers);
      expectSubscriptions(stream.subscriptions).toBe("^--!");
    });
  });
});

describe("closedLoop", () => {
  const answer = ({ trial, output }: TrialRequest) => stimulus((output?.[0] ?? 0) * 10 + trial);

  it("answers at once what the function says of the network's output", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const asked = hot("-a--b-c|", { a: request(0), b: request(1, 0.5), c: request(2, 0.25) });
      const door = closedLoop(answer);
      expectObservable(door.connect(asked).pipe(value)).toBe("-a--b-c|", { a: 0, b: 6, c: 4.5 });
      expectSubscriptions(asked.subscriptions).toBe("^------!");
      expect(door.readsOutput).toBe(true);
    });
  });

  it("is empty, errs, ends early and bursts with the requests", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const door = closedLoop(answer);
      expectObservable(door.connect(cold("-|"))).toBe("-|");
      expectObservable(door.connect(hot("-a-#", requests)).pipe(value)).toBe("-a-#", numbers);
      expectObservable(door.connect(hot("-(abc|)", requests)).pipe(value)).toBe("-(abc|)", numbers);
      const asked = hot("-a---b-|", requests);
      expectObservable(door.connect(asked).pipe(value), "^--!").toBe("-a", numbers);
      expectSubscriptions(asked.subscriptions).toBe("^--!");
    });
  });

  it("answers late when the function does, in the order of the requests", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const late = [cold("-----a|", stimuli), cold("-b|", stimuli), cold("---c|", stimuli)];
      const asked = hot("-a-b-----c|", requests);
      const door = closedLoop(({ trial }) => late[trial]);
      expectObservable(door.connect(asked).pipe(value)).toBe("------a-b---c|", numbers);
      // the second is not asked before the first has answered
      expectSubscriptions(late[0].subscriptions).toBe("-^-----!");
      expectSubscriptions(late[1].subscriptions).toBe("-------^-!");
      expectSubscriptions(late[2].subscriptions).toBe("---------^---!");
    });
  });

  it("gives up a late answer when it is unsubscribed from", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const late = cold("-----a|", stimuli);
      const door = closedLoop(() => late);
      expectObservable(door.connect(hot("-a", requests)), "^---!").toBe("----");
      expectSubscriptions(late.subscriptions).toBe("-^--!");
    });
  });

  it("works off requests that come faster than its answers, none lost", () => {
    marbles(({ hot, expectObservable }) => {
      const door = closedLoop(({ trial }) => timer(3).pipe(map(() => stimulus(trial))));
      expectObservable(door.connect(hot("(abc|)", requests)).pipe(value)).toBe("---a--b--(c|)", numbers);
    });
  });

  it("errs when the function throws or its answer errs", () => {
    marbles(({ hot, cold, expectObservable }) => {
      const thrown = closedLoop(({ trial }) => {
        if (trial === 1) throw "no more";
        return stimulus(trial);
      });
      expectObservable(thrown.connect(hot("-a-b", requests)).pipe(value)).toBe("-a-#", numbers, "no more");
      const failing = closedLoop(() => cold<Stimulus>("--#", {}, "gone"));
      expectObservable(failing.connect(hot("-a", requests))).toBe("---#", {}, "gone");
    });
  });

  it("takes promises, kept in order, and errs with one that is broken", async () => {
    const asked = new Subject<TrialRequest>();
    const answers: ((stimulus: Stimulus) => void)[] = [];
    const seen: unknown[] = [];
    const loop = closedLoop(({ trial }) =>
      trial === 2 ? Promise.reject("broken") : new Promise((resolve) => answers.push(resolve)),
    );
    loop.connect(asked).subscribe({
      next: ({ input }) => seen.push(input[0]),
      error: (error) => seen.push(error),
    });
    for (const trial of [0, 1, 2]) asked.next(request(trial));
    expect(answers).toHaveLength(1);
    answers[0](stimulus(7));
    await new Promise((resolve) => setImmediate(resolve));
    answers[1](stimulus(8));
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([7, 8, "broken"]);
  });
});

describe("askedFor", () => {
  /** A door, and the trials that it was asked for, by the network that opened it. */
  const asking = () => {
    const asked: number[][] = [];
    const door = askedFor(() => {
      const trials: number[] = [];
      asked.push(trials);
      return ({ trial }) => {
        if (trial === 2) throw "no more";
        trials.push(trial);
      };
    });
    return { asked, door };
  };

  it("asks, and lets nothing in by itself", () => {
    const { asked, door } = asking();
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const requested = hot("-a--b--|", requests);
      expectObservable(door.connect(requested)).toBe("-------|");
      expectSubscriptions(requested.subscriptions).toBe("^------!");
    });
    expect(asked).toEqual([[0, 1]]);
    expect(door.readsOutput).toBe(true);
  });

  it("is empty, errs, ends early and bursts with the requests", () => {
    const { asked, door } = asking();
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      expectObservable(door.connect(cold("-|"))).toBe("-|");
      expectObservable(door.connect(hot("-a-#", requests))).toBe("---#");
      expectObservable(door.connect(hot("-(ab|)", requests))).toBe("-|");
      const requested = hot("-a---b-|", requests);
      expectObservable(door.connect(requested), "^--!").toBe("----");
      expectSubscriptions(requested.subscriptions).toBe("^--!");
    });
    expect(asked).toEqual([[], [0], [0, 1], [0]]);
  });

  it("errs with what asking throws", () => {
    marbles(({ hot, expectObservable }) => {
      expectObservable(asking().door.connect(hot("-a-c-b", requests))).toBe("---#", {}, "no more");
    });
  });
});
