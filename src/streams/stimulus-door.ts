import { concatMap, from, isObservable, map, type Observable, of } from "rxjs";
import type { Examples, Stimulus } from "./stimulus.js";

/** A task asks for its next stimulus. */
export interface TrialRequest {
  /** number of the trial that the stimulus will begin, from 0 */
  readonly trial: number;
  readonly tick: number;
  /** [batch, size] what the readout answered in the trial before; null in the first, or when the door does not read it */
  readonly output: Float32Array | null;
}

/**
 * The door through which stimuli reach a task: given the stream of its requests, a stream of stimuli. A stimulus that
 * comes unasked begins a new trial at once, or, while an error is on its way, at the next phase boundary; of several
 * that wait the latest wins.
 */
export interface StimulusDoor {
  /** requests carry the output; the clock waits until it is read */
  readonly readsOutput: boolean;
  connect(requests: Observable<TrialRequest>): Observable<Stimulus>;
}

/** A task's own endless supply: trial k presents examples `k batch` to `k batch + batch - 1`. */
export const endless = (examples: Examples, batch: number): StimulusDoor => ({
  readsOutput: false,
  connect: (requests) => requests.pipe(map(({ trial }) => examples.take(trial * batch, batch))),
});

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
