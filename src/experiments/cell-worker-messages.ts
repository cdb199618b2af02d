import type { ErrorCode } from "../errors.js";
import type { Cell } from "./cells.js";
import type { CellResult } from "./run-cell.js";

/** To a thread that measures cells. */
export type ToCellWorker =
  | { readonly op: "run"; readonly cell: Cell; readonly partial: string | null }
  /** gives the cell under way up */
  | { readonly op: "stop" }
  | { readonly op: "close" };

/** From a thread that measures cells; `result`, `stopped` or `failure` is the last word of a cell. */
export type FromCellWorker =
  | { readonly op: "progress"; readonly share: number; readonly what: string }
  | { readonly op: "result"; readonly result: CellResult }
  /** as it was told to */
  | { readonly op: "stopped" }
  | { readonly op: "failure"; readonly code: ErrorCode | null; readonly message: string };
