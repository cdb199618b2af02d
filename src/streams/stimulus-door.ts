import { concatMap, defer, EMPTY, from, isObservable, map, mergeMap, type Observable, of } from "rxjs";
import type { Examples, ParameterRange, Stimulus, StimulusSource } from "./stimulus.js";

/** A task asks for its next stimulus. */
export interface TrialRequest {
  /** number of the trial that the stimulus will begin, from 0 */
  readonly trial: number;
  readonly tick: number;
  /** [batch, size] what the readout answered in the trial before; null in the first, or when the door does not read it */
  readonly output: Float32Array | null;
  /** of what is drawn while the network runs; another one after a reset to a new seed */
  readonly seed: number;
  /** the door's own numbers that somebody has changed ({@link StimulusDoor.parameters}) */
  readonly parameters: Readonly<Record<string, number>>;
}

/**
 * The door through which stimuli reach a task: given the stream of its requests, a stream of stimuli. A stimulus that
 * comes unasked begins a new trial at once, or, while an error is on its way, at the next phase boundary; of several
 * that wait the latest wins.
 */
export interface StimulusDoor {
  /** requests carry the output; the clock waits until it is read */
  readonly readsOutput: boolean;
  /** numbers of its own that may be changed while it is open; requests carry those that were. Absent: none */
  readonly parameters?: Readonly<Record<string, ParameterRange>>;
  connect(requests: Observable<TrialRequest>): Observable<Stimulus>;
}

/** A task's own endless supply: trial k presents examples `k batch` to `k batch + batch - 1`. */
export const endless = (examples: Examples, batch: number): StimulusDoor => ({
  readsOutput: false,
  connect: (requests) => requests.pipe(map(({ trial }) => examples.take(trial * batch, batch))),
});

/**
 * The endless supply of a source, like {@link endless}, which follows the seed and the parameters of the requests where
 * the source can be varied. What is made for one seed and its parameters is kept until a request has others.
 */
export function endlessSource({ training, parameters, vary }: StimulusSource, batch: number): StimulusDoor {
  let made: Pick<TrialRequest, "seed" | "parameters"> | null = null;
  let examples = training;
  return {
    readsOutput: false,
    parameters,
    connect: (requests) =>
      requests.pipe(
        map((request) => {
          if (vary && (made?.seed !== request.seed || made.parameters !== request.parameters)) {
            examples = vary(request.seed, request.parameters);
            made = request;
          }
          return examples.take(request.trial * batch, batch);
        }),
      ),
  };
}

/** A user's own stream: a stimulus changes when the stream says so. */
export const fromStream = (stimuli: Observable<Stimulus>): StimulusDoor => ({
  readsOutput: false,
  connect: () => stimuli,
});

/**
 * A closed loop: a function that is given the network's output and answers with the next stimulus, at once or later;
 * until it does, the present stimulus stays. Requests are answered in order.
 */
export const closedLoop = (
  respond: (request: TrialRequest) => Stimulus | Promise<Stimulus> | Observable<Stimulus>,
): StimulusDoor => ({
  readsOutput: true,
  connect: (requests) =>
    requests.pipe(
      concatMap((request) => {
        const answer = respond(request);
        if (isObservable(answer)) return answer;
        return answer instanceof Promise ? from(answer) : of(answer);
      }),
    ),
});

/**
 * A door through which nothing comes by itself: it passes on what the task asks, with the network's output, and stimuli
 * reach the task as interventions. Emits nothing, completes and errs with the requests, and errs with what asking throws.
 * @param open called for each network that opens the door; what it returns is asked
 */
export const askedFor = (open: () => (request: TrialRequest) => void): StimulusDoor => ({
  readsOutput: true,
  connect: (requests) =>
    defer(() => {
      const ask = open();
      return requests.pipe(
        mergeMap((request) => {
          ask(request);
          return EMPTY;
        }),
      );
    }),
});
