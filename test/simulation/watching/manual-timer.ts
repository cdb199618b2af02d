import type { Timer } from "../../../src/streams/clock.js";

/** Time that moves only when told to. */
export function manualTimer() {
  let time = 0;
  let waiting: { readonly at: number; readonly work: () => void }[] = [];
  const after = (ms: number, work: () => void) => {
    const entry = { at: time + ms, work };
    waiting.push(entry);
    return () => {
      waiting = waiting.filter((other) => other !== entry);
    };
  };
  const timer: Timer = { now: () => time, after, soon: (work) => after(0, work) };
  return {
    timer,
    waiting: () => waiting.length,
    /** Lets so many milliseconds go by, with whatever is due in them. */
    pass(ms: number) {
      const end = time + ms;
      for (;;) {
        const due = waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        waiting = waiting.filter((other) => other !== due);
        time = Math.max(time, due.at);
        due.work();
      }
      time = end;
    },
  };
}
