import { invariant } from "../../errors.js";
import type {
  DriveRequest,
  Kernels,
  RecurrentMatrix,
  Settled,
  SettleRequest,
  Tensor,
} from "../../kernels/kernels.js";
import type { Weights } from "../../model/initial-weights.js";
import type { Run } from "../run-description.js";
import { finished, liveNetwork } from "./bench-network.js";
import { makeTicks } from "./live-ticks.js";
import { type Effort, timed } from "./timing.js";

/** What RxJS, events and the rest of the host add to a tick. */
export interface HostOverhead {
  readonly modules: number;
  readonly neurons: number;
  /** a tick through the streams, microseconds */
  readonly tick_us: number;
  /** the same calls of the kernels made directly, microseconds */
  readonly kernels_us: number;
  /** their difference, by module */
  readonly us_per_module_and_tick: number;
}

/** What one tick asks of the kernels. */
interface TickCalls {
  readonly drives: readonly DriveRequest[];
  readonly settles: readonly (readonly SettleRequest[])[];
}

interface Recorder {
  readonly kernels: Kernels;
  readonly drives: DriveRequest[];
  readonly settles: (readonly SettleRequest[])[];
  /** keeps what is asked for from now on, and an owner of every handle in it */
  start(): void;
  stop(): void;
  /** gives the handles back */
  release(): void;
}

const tensorsOf = (request: DriveRequest | SettleRequest): (Tensor | RecurrentMatrix | undefined)[] => {
  if ("terms" in request) {
    return [request.base, ...request.terms.flatMap(({ source, weights }) => [source, weights])];
  }
  const { matrix, bias, from, drive, changes } = request;
  const remembered = changes?.remembered;
  return [matrix, bias, from === "zero" ? undefined : from, drive, remembered?.spoken, remembered?.sum];
};

/** Kernels that pass everything on, and keep what a tick asks while they are told to. */
function recorder(kernels: Kernels): Recorder {
  const drives: DriveRequest[] = [];
  const settles: (readonly SettleRequest[])[] = [];
  const owned: (Tensor | RecurrentMatrix)[] = [];
  let recording = false;
  const own = (requests: readonly (DriveRequest | SettleRequest)[]): void => {
    for (const handle of requests.flatMap(tensorsOf)) if (handle) owned.push(kernels.retain(handle));
  };
  return {
    drives,
    settles,
    kernels: {
      ...kernels,
      drive(request) {
        if (recording) {
          drives.push(request);
          own([request]);
        }
        return kernels.drive(request);
      },
      settle(requests) {
        if (recording) {
          settles.push(requests);
          own(requests);
        }
        return kernels.settle(requests);
      },
    },
    start: () => {
      recording = true;
    },
    stop: () => {
      recording = false;
    },
    release() {
      for (const handle of owned) kernels.dispose(handle);
    },
  };
}

function disposeSettled(kernels: Kernels, { state, report, propagated }: Settled): void {
  for (const tensor of [state, report, propagated?.spoken, propagated?.sum])
    if (tensor) kernels.dispose(tensor);
}

/** Makes the calls of a tick again and again, on the tensors of that tick. */
async function makeCalls(kernels: Kernels, { drives, settles }: TickCalls, count: number): Promise<void> {
  let before: readonly Settled[] = [];
  for (let i = 0; i < count; i++) {
    for (const request of drives) kernels.dispose(kernels.drive(request));
    for (const requests of settles) {
      for (const settled of before) disposeSettled(kernels, settled);
      before = kernels.settle(requests);
    }
  }
  const newest = before.at(-1);
  if (newest) await finished(kernels, newest.state);
  for (const settled of before) disposeSettled(kernels, settled);
}

const warmUpTicks = 100;
const ticksPerRound = 200;
/** Rounds of either kind take turns, so that what disturbs the machine disturbs both. */
const turns = 5;

/**
 * Measures ticks of continuous operation in the inference phase against the same calls of the kernels, made directly on
 * the same tensors.
 * @param run continuous, with an inference phase that outlasts the measurement, and modules that never rest
 * @param weights the run's, as drawn
 */
export async function hostOverhead(
  kernels: Kernels,
  run: Run,
  weights: Weights,
  effort: Effort,
): Promise<HostOverhead> {
  const recorded = recorder(kernels);
  const watched = liveNetwork(recorded.kernels, run, weights);
  const live = liveNetwork(kernels, run, weights);
  try {
    for (const net of [watched, live]) await makeTicks(net, warmUpTicks);
    recorded.start();
    watched.tick();
    recorded.stop();
    invariant(recorded.settles.length > 0, "modules that move are settled in every tick");
    const turn = { ...effort, seconds: effort.seconds / turns / 2, warmUps: 0, runs: 1 };
    let tickMs = Number.POSITIVE_INFINITY;
    let kernelsMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < turns; i++) {
      const ticks = await timed(() => makeTicks(live, ticksPerRound), turn, ticksPerRound);
      const calls = await timed(() => makeCalls(kernels, recorded, ticksPerRound), turn, ticksPerRound);
      tickMs = Math.min(tickMs, ticks.min_ms);
      kernelsMs = Math.min(kernelsMs, calls.min_ms);
    }
    const modules = run.network.modules.size;
    const hundredths = (ms: number) => Math.round(ms * 1e5) / 100;
    return {
      modules,
      neurons: Math.max(...[...run.network.modules.values()].map(({ neurons }) => neurons)),
      tick_us: hundredths(tickMs),
      kernels_us: hundredths(kernelsMs),
      us_per_module_and_tick: hundredths((tickMs - kernelsMs) / modules),
    };
  } finally {
    recorded.release();
    watched.close();
    live.close();
  }
}
