import type { LaneKeeper } from "./lane-keeper.js";
import type { View, ViewContext } from "./view.js";

/** Ticks of a window of lanes for those who do not say. */
const windowTicks = 1000;

/** A view of records: events, results of trials, and what parts send. */
export function recordView({ engine, watch, rate, send }: ViewContext): View {
  return {
    listensTo: watch.topic,
    record(tick, payload) {
      // without a limit each is told, several of one tick too
      if (watch.hzMax !== undefined && rate.turn(tick) !== "now") return;
      send(tick, payload());
    },
    present() {
      for (const part of engine.parts) {
        const record = part.topics?.some(({ topic }) => topic === watch.topic) && part.present?.(watch.topic);
        if (record) send(record.tick, Promise.resolve(record.payload));
      }
    },
  };
}

/** A view of the lanes of a window: one that goes with time, or one that is shown once when it is over. */
export function lanesView({ engine, watch, rate, send }: ViewContext, keeper: LaneKeeper): View {
  const { ticks, end } = watch.window ?? { ticks: windowTicks };
  let isShown = false;
  const show = () => {
    isShown = true;
    send(engine.net.state.tick, Promise.resolve(keeper.window({ ticks, end })));
  };
  return {
    listensTo: watch.topic,
    moved(tick) {
      if (end === undefined ? rate.allows() : !isShown && tick > end) show();
    },
    present() {
      if (end === undefined || (!isShown && engine.net.state.tick > end)) show();
    },
  };
}
