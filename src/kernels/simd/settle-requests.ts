import type { ChangePropagation, Propagated, Settled, SettleRequest } from "../kernels.js";
import { checkSettle } from "../shapes.js";
import { type Device, number } from "./device.js";
import { chooseRowForm } from "./row-form-choice.js";
import { type OpenChanges, type OpenSettle, type SettledContent, settle } from "./settle.js";

function openChanges({ handles }: Device, { epsilon, remembered }: ChangePropagation): OpenChanges {
  return {
    epsilon,
    remembered: remembered && {
      spoken: handles.contentOf(remembered.spoken),
      sum: handles.contentOf(remembered.sum),
    },
  };
}

function openSettle(device: Device, request: SettleRequest): OpenSettle {
  const { handles } = device;
  const { matrix, gain, timeStep, bias, from, drive, changes, activation, iterations } = request;
  const { tolerance, report, needed } = request;
  return {
    batch: drive.shape[0],
    matrix: handles.matrixOf(matrix),
    gain: gain ?? 1,
    timeStep: timeStep ?? 1,
    bias: bias ? handles.contentOf(bias) : null,
    from: from === "zero" ? null : handles.contentOf(from),
    drive: handles.contentOf(drive),
    changes: changes ? openChanges(device, changes) : null,
    activation,
    iterations,
    tolerance: tolerance ?? null,
    report: report === true || tolerance !== undefined,
    needed: needed ?? null,
  };
}

/** What a module remembers now: where no unit spoke, the very handles of before. */
function remembered(
  { handles, contents }: Device,
  { changes }: SettleRequest,
  { propagated, silent }: SettledContent,
): Propagated | null {
  if (!propagated) return null;
  const { spoken, sum } = propagated;
  const before = changes?.remembered;
  if (!before || !silent) {
    return { spoken: handles.tensor(spoken.shape, spoken), sum: handles.tensor(sum.shape, sum) };
  }
  contents.free(spoken);
  contents.free(sum);
  return { spoken: handles.retain(before.spoken), sum: handles.retain(before.sum) };
}

function settled(device: Device, request: SettleRequest, reported: boolean, result: SettledContent): Settled {
  const { handles, contents } = device;
  const { from } = request;
  const propagated = remembered(device, request, result);
  const report = reported ? number(device, [2], Float32Array.of(result.residual, result.iterations)) : null;
  if (result.unchanged && from !== "zero") {
    contents.free(result.state);
    return { state: handles.retain(from), report, propagated };
  }
  return { state: handles.tensor(request.drive.shape, result.state), report, propagated };
}

/** Settles modules; of one whose iteration changes no number the state is the very handle that was given. */
export function settleAll(device: Device, requests: readonly SettleRequest[]): readonly Settled[] {
  for (const request of requests) checkSettle(request);
  const open = requests.map((request) => openSettle(device, request));
  for (const request of open) chooseRowForm(device.contents, device.wake, request);
  const results = settle(device.contents, device.wake, open);
  return results.map((result, index) => settled(device, requests[index], open[index].report, result));
}
