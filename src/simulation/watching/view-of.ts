import { invariant } from "../../errors.js";
import type { LaneKeeper } from "./lane-keeper.js";
import { lanesView, recordView } from "./record-views.js";
import { residualView, tensorView } from "./tensor-view.js";
import type { View, ViewContext } from "./view.js";

const tensorTopics = /^(?:state|drive|error|output|weights)\//;

/** The view of a watch that was checked. */
export function viewOf(context: ViewContext, keeper: LaneKeeper | undefined): View {
  const { topic } = context.watch;
  if (topic === "lanes") {
    invariant(keeper, "lanes are watched where they are remembered");
    return lanesView(context, keeper);
  }
  if (topic.startsWith("residual/")) return residualView(context);
  return tensorTopics.test(topic) ? tensorView(context) : recordView(context);
}
