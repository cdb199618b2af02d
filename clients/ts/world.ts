import { float32Values } from "eddy/wire";
import { type Observable, Subject } from "rxjs";
import { ClientError } from "./client-error.js";
import type { Values } from "./commands.js";
import type { WireRecord } from "./topics.js";
import type { Wiring } from "./wiring.js";

type Shape = readonly [batch: number, size: number];

/** What a task asks of its world. */
export interface WorldRequest {
  readonly task: string;
  /** the trial that waits for its stimulus */
  readonly trial: number;
  readonly tick: number;
  /** what the network answered to the trial before, rows of [batch, size of the readout]; null before there was one */
  readonly output: Float32Array | null;
  /** of the input that is asked for, and of its target */
  readonly inputShape: Shape;
  readonly targetShape: Shape;
  /** after so many milliseconds the answer is late; what that means is the task's to say */
  readonly deadlineMs: number;
}

/** What the world answers: input and target of the shapes that were asked for, row by row. */
export interface WorldAnswer {
  readonly input: Values;
  readonly target?: Values;
}

/** Makes the next stimulus of what the network did. */
export type Respond = (request: WorldRequest) => WorldAnswer | Promise<WorldAnswer>;

/** What became of an answer: the tick before which its trial began, or why it was refused, as after a reset. */
export type Answered =
  | { readonly trial: number; readonly tick: number }
  | { readonly trial: number; readonly refused: ClientError };

/** A world that answers until it is stopped. */
export interface World {
  /** what became of each answer; errs when `respond` or the watch does, and nothing is answered any more */
  readonly answers: Observable<Answered>;
  stop(): void;
}

/** Answers the requests of a task one after the other; of those that came while one was answered, the latest. */
export function worldOf(wiring: Wiring, task: string, respond: Respond): World {
  const answers = new Subject<Answered>();
  let waiting: WorldRequest | undefined;
  let current: number | undefined;

  const answer = async (request: WorldRequest): Promise<void> => {
    const { trial } = request;
    const { input, target } = await respond(request);
    if (requests.closed) return;
    try {
      const { tick } = await wiring.send({ kind: "stimulus", task, input, trial, ...(target && { target }) });
      answers.next({ trial, tick });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      answers.next({ trial, refused: error });
    }
  };
  const answerAll = async (): Promise<void> => {
    for (let request = waiting; request && !requests.closed; request = waiting) {
      waiting = undefined;
      current = request.trial;
      await answer(request);
    }
    current = undefined;
  };
  /** @throws what it is given, where nobody would hear of it otherwise */
  const fail = (error: unknown): void => {
    requests.unsubscribe();
    if (!answers.observed) throw error;
    answers.error(error);
  };
  const requests = wiring.watch(`world/${task}`, {}).subscribe({
    next({ payload }) {
      const request = requestOf(task, payload as WireRecord);
      // one that is asked for again after a cut, while its answer is on the way
      if (request.trial === current) return;
      waiting = request;
      if (current === undefined) answerAll().catch(fail);
    },
    error: (error: unknown) => fail(error),
    complete: () => answers.complete(),
  });
  return {
    answers: answers.asObservable(),
    stop() {
      requests.unsubscribe();
      answers.complete();
    },
  };
}

function requestOf(task: string, { output, ...record }: WireRecord): WorldRequest {
  // what the server told of it is the rest; its values alone are bytes
  const request = record as unknown as Omit<WorldRequest, "output">;
  return { ...request, task, output: output instanceof Uint8Array ? float32Values(output) : null };
}
