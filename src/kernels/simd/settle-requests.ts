import type { Propagated, Settled, SettleRequest, Tensor } from "../kernels.js";
import { checkSettle } from "../shapes.js";
import type { Content } from "./content.js";
import { type Device, number } from "./device.js";
import { chooseRowForm } from "./row-form-choice.js";
import { type OpenSettle, type SettledContent, settle } from "./settle.js";

function openSettle({ handles }: Device, request: SettleRequest): OpenSettle {
  const { matrix, bias, from, drive, changes, ...how } = request;
  return {
    ...how,
    batch: drive.shape[0],
    matrix: handles.matrixOf(matrix),
    bias: bias ? handles.contentOf(bias) : null,
    from: from === "zero" ? null : handles.contentOf(from),
    drive: handles.contentOf(drive),
    changes: changes
      ? {
          epsilon: changes.epsilon,
          remembered: changes.remembered && {
            spoken: handles.contentOf(changes.remembered.spoken),
            sum: handles.contentOf(changes.remembered.sum),
          },
        }
      : null,
  };
}

/** Whether the iteration would change nothing, as the last one under the same conditions did not. */
function rests({ matrix, bias, from, drive, activation, changes, ...how }: OpenSettle): boolean {
  const rest = from?.rest;
  return (
    rest !== null &&
    rest !== undefined &&
    how.iterations === 1 &&
    how.tolerance === undefined &&
    !how.report &&
    rest.drive === drive &&
    rest.matrix === matrix &&
    rest.bias === bias &&
    rest.activation === activation &&
    rest.sum === (changes ? (changes.remembered?.sum ?? undefined) : null)
  );
}

function resting({ handles }: Device, { from, changes }: SettleRequest): Settled {
  const remembered = changes?.remembered ?? null;
  return {
    state: handles.retain(from as Tensor),
    report: null,
    propagated: remembered && {
      spoken: handles.retain(remembered.spoken),
      sum: handles.retain(remembered.sum),
    },
  };
}

function settled(device: Device, request: SettleRequest, open: OpenSettle, result: SettledContent): Settled {
  const { handles, contents } = device;
  const { shape } = request.drive;
  const own = (content: Content) => handles.tensor(content.shape, content);
  const propagated: Propagated | null = result.propagated && {
    spoken: own(result.propagated.spoken),
    sum: own(result.propagated.sum),
  };
  const reported = request.report === true || request.tolerance !== undefined;
  const report = reported ? number(device, [2], Float32Array.of(result.residual, result.iterations)) : null;
  if (result.unchanged && open.from && request.from !== "zero") {
    contents.free(result.state);
    const { matrix, drive, bias, activation } = open;
    open.from.rest = { matrix, drive, bias, activation, sum: result.propagated?.sum ?? null };
    return { state: handles.retain(request.from), report, propagated };
  }
  return { state: handles.tensor(shape, result.state), report, propagated };
}

/** Settles modules; one that was at rest under the same conditions stays as it is, without a product. */
export function settleAll(device: Device, requests: readonly SettleRequest[]): readonly Settled[] {
  for (const request of requests) checkSettle(request);
  const open = requests.map((request) => openSettle(device, request));
  const moving = open.filter((request) => !rests(request));
  for (const request of moving) chooseRowForm(device.contents, device.wake, request);
  const results = moving.length > 0 ? settle(device.contents, device.wake, moving) : [];
  let next = 0;
  return requests.map((request, index) =>
    open[index] === moving[next]
      ? settled(device, request, open[index], results[next++])
      : resting(device, request),
  );
}
