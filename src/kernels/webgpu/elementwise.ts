import type { Activation, Tensor } from "../kernels.js";
import { sizeOf } from "../shapes.js";
import type { Slot } from "./buffers.js";
import { entry, program, threads } from "./program.js";
import type { Queue } from "./queue.js";
import { activationCode, slope } from "./wgsl/activation.js";

/** Workgroups that share the elements of a tensor: enough for any device, and allowed on all. */
const workgroupsMax = 4096;

/** Workgroups for so many elements, when their threads go on by strides. */
export const workgroupsFor = (elements: number): readonly [number, number] => [
  Math.min(workgroupsMax, Math.ceil(elements / threads)),
  1,
];

/** An entry point that does `body` for each element `at` below `p.elements`. */
export const eachElement = (body: string): string => `
${entry} {
  for (var at = group.x * ${threads}u + thread; at < p.elements; at += groups.x * ${threads}u) {
    ${body}
  }
}
`;

export const differenceProgram = program({
  name: "difference",
  parameters: { elements: "u32" },
  buffers: { a: "read", b: "read", result: "write" },
  body: eachElement("result[at] = a[at] - b[at];"),
});

export const derivativeProgram = program({
  name: "derivative",
  parameters: { elements: "u32", activation: "u32" },
  buffers: { state: "read", x: "read", result: "write" },
  body: slope + eachElement("result[at] = x[at] * slope(p.activation, state[at]);"),
});

/** @returns a new buffer with `a - b` */
export function difference(queue: Queue, { shape }: Tensor, a: Slot, b: Slot): Slot {
  const elements = sizeOf(shape);
  const result = queue.lend(elements);
  queue.commands.dispatch(differenceProgram, { elements }, { a, b, result }, workgroupsFor(elements));
  return result;
}

/** @returns a new buffer with `x f'` */
export function derivative(
  queue: Queue,
  { shape }: Tensor,
  activation: Activation,
  state: Slot,
  x: Slot,
): Slot {
  const elements = sizeOf(shape);
  const result = queue.lend(elements);
  const parameters = { elements, activation: activationCode(activation) };
  queue.commands.dispatch(derivativeProgram, parameters, { state, x, result }, workgroupsFor(elements));
  return result;
}
