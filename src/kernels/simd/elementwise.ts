import type { Tensor } from "../kernels.js";
import { sizeOf } from "../shapes.js";
import { elementwiseWords, withCommand } from "./commands.js";
import type { Content } from "./content.js";
import type { Device } from "./device.js";
import { sizeIn } from "./layout.js";

/** `a - b`, or `b f'(a)`, number by number in whatever layout both have. */
export function elementwise(
  device: Device,
  operation: number,
  a: Tensor,
  b: Tensor,
  activation: number,
): Tensor {
  const { handles, contents } = device;
  const { arena, engine } = contents;
  const [left, right] = [handles.contentOf(a), handles.contentOf(b)];
  const inTiles = a.shape.length === 2 && (left.rows === 0 || right.rows === 0);
  const result = inTiles ? contents.inTiles(a.shape[0], a.shape[1]) : contents.inRows(a.shape);
  const offsetOf = (content: Content) => (inTiles ? contents.tilesOf(content) : contents.rowsOf(content));
  const length = inTiles ? sizeIn(contents.layout(a.shape[0]), a.shape[1]) : sizeOf(a.shape);
  const offsets = [offsetOf(left), offsetOf(right)];
  withCommand(arena, elementwiseWords.words, (offset) => {
    const { words } = arena;
    const at = offset >>> 2;
    words[at + elementwiseWords.a] = offsets[0];
    words[at + elementwiseWords.b] = offsets[1];
    words[at + elementwiseWords.result] = inTiles ? result.tiles : result.rows;
    words[at + elementwiseWords.count] = Math.ceil(length / 16);
    words[at + elementwiseWords.activation] = activation;
    engine.run(operation, offset);
  });
  return handles.tensor(a.shape, result);
}
