import { bar, sparkline } from "./charts.js";
import { helpLines, keyLine } from "./help.js";
import type { ModuleView, MonitorModel, TaskView } from "./model.js";
import { countText, numberText, sizeText } from "./numbers.js";
import { clip, inColumns, type Line, type Look, piece, spread } from "./text.js";

const NAME_WIDTH_MAX = 24;
const GATE_WIDTH = 38;

/**
 * What a terminal shows of a run.
 * @returns at most `height` lines, none wider than `width` columns
 */
export function drawMonitor(model: MonitorModel, width: number, height: number): readonly Line[] {
  const head = [titleLine(model, width), messageLine(model)];
  const foot = [standingLine(model), watchingLine(model), keyLine];
  const room = height - head.length - foot.length;
  const body = model.isHelp ? helpLines.slice(0, Math.max(0, room)) : bodyLines(model, width, room);
  const blank = Array.from({ length: Math.max(0, room - body.length) }, (): Line => []);
  return [...head, ...body, ...blank, ...foot].slice(0, Math.max(0, height)).map((line) => clip(line, width));
}

function titleLine(model: MonitorModel, width: number): Line {
  const pace = model.pace === null ? "max" : `of ${numberText(model.pace)}`;
  const rate = model.ticksPerSecond === null ? "–" : numberText(model.ticksPerSecond);
  const [state, look]: [string, Look] = !model.isOpen
    ? [model.link, "bad"]
    : model.paused
      ? ["paused", "accent"]
      : ["running", "good"];
  return spread(
    [piece(" eddy ", "chosen"), piece(` ${model.name}`, "strong"), piece(`  ${model.backend}`, "faint")],
    [piece(state, look), piece(`  tick ${countText(model.tick)}  ${rate} ticks/s (${pace}) `)],
    width,
  );
}

function messageLine({ asking, degraded, message, isViewer }: MonitorModel): Line {
  if (asking) return [piece(` ${asking}`, "accent")];
  if (message) return [piece(` ${message.text}`, message.isBad ? "bad" : "plain")];
  if (degraded) return [piece(` degraded: ${degraded}`, "bad")];
  return isViewer ? [piece(" watching only: commands need the controller's token", "faint")] : [];
}

/** Tasks, modules and gates, each with a heading, in the room that there is: each gets its share, the gates the rest. */
function bodyLines(model: MonitorModel, width: number, room: number): readonly Line[] {
  const across = Math.max(1, Math.floor((width - 1) / GATE_WIDTH));
  const gateRows = Math.ceil(model.gates.length / across);
  const forGates = Math.min(gateRows + 1, Math.max(2, Math.floor(room / 3)));
  const forTasks = Math.min(model.tasks.length + 1, Math.max(2, Math.floor((room - forGates) / 2)));
  const forModules = Math.min(model.modules.length + 1, Math.max(2, room - forGates - forTasks));
  const left = room - forTasks - forModules;
  const names = [...model.tasks, ...model.modules].map(({ name }) => name.length);
  const nameWidth = Math.min(NAME_WIDTH_MAX, Math.max(6, ...names), Math.floor(width / 4));
  return [
    heading("accuracy", "running mean of 100 trials"),
    ...some(model.tasks, forTasks - 1, (task) => taskLine(task, nameWidth, width)),
    heading("modules", model.unit === null ? "mean |h|, mean |e|" : `h of unit ${model.unit}, mean |e|`),
    ...some(model.modules, forModules - 1, (module) => moduleLine(module, nameWidth, width)),
    heading("gates", "↑ ↓ select, ← → change"),
    ...gateLines(model, across, left - 1),
  ].slice(0, Math.max(0, room));
}

const heading = (name: string, what: string): Line => [
  piece(` ${name}`, "strong"),
  piece(`  ${what}`, "faint"),
];

/** A line for each item, or for as many as there is room for, the last of which counts the others. */
function some<Item>(items: readonly Item[], room: number, line: (item: Item) => Line): readonly Line[] {
  if (items.length <= room) return items.map(line);
  const shown = items.slice(0, Math.max(0, room - 1));
  return [...shown.map(line), [piece(`  … and ${items.length - shown.length} more`, "faint")]];
}

function taskLine({ name, accuracies, trial, phase }: TaskView, nameWidth: number, width: number): Line {
  const now = accuracies.at(-1);
  const percent = now === undefined ? "–" : `${(now * 100).toFixed(1)} %`;
  const tail = trial < 0 ? "  no trial yet" : `  trial ${countText(trial)}  ${phase}`;
  const room = width - nameWidth - 12 - tail.length;
  return [
    piece(`  ${inColumns(name, nameWidth)}`),
    piece(percent.padStart(8), "strong"),
    piece(` ${sparkline(accuracies, Math.max(0, room), 0, 1)}`, "good"),
    piece(tail, "faint"),
  ];
}

function moduleLine({ name, states, errors }: ModuleView, nameWidth: number, width: number): Line {
  const room = Math.max(0, Math.floor((width - nameWidth - 22) / 2));
  const chart = (values: readonly number[], least: number, look: Look): Line => {
    const now = values.at(-1);
    const most = Math.max(...values.slice(-room).filter(Number.isFinite));
    return [
      piece((now === undefined ? "–" : numberText(now)).padStart(8)),
      piece(` ${sparkline(values, room, least, most)}`, look),
    ];
  };
  const lowest = Math.min(...states.slice(-room).filter(Number.isFinite));
  return [
    piece(`  ${inColumns(name, nameWidth)}`),
    ...chart(states, lowest, "accent"),
    ...chart(errors, 0, "bad"),
  ];
}

/** Rows of gates, so that the chosen one is among them. */
function gateLines({ gates, chosen }: MonitorModel, across: number, room: number): readonly Line[] {
  const rows = Math.ceil(gates.length / across);
  const shown = Math.max(0, Math.min(rows, room));
  const chosenRow = Math.floor(chosen / across);
  const first = Math.min(Math.max(0, chosenRow - Math.floor(shown / 2)), rows - shown);
  return Array.from({ length: shown }, (_, row): Line => {
    const start = (first + row) * across;
    return gates.slice(start, start + across).flatMap(({ pathway, gate }, column): Line => {
      const isChosen = start + column === chosen;
      return [
        piece(isChosen ? " ▸" : "  "),
        piece(inColumns(pathway, 18), isChosen ? "chosen" : "plain"),
        piece(` ${bar(gate, 10)}`, gate > 0 ? "good" : "faint"),
        piece(` ${gate.toFixed(2)}  `),
      ];
    });
  });
}

function standingLine({ alarms, recording, checkpoint, twins }: MonitorModel): Line {
  const raised = Object.keys(alarms).filter((name) => alarms[name] === "raised");
  const armed = Object.keys(alarms).length - raised.length;
  return [
    raised.length > 0 ? piece(` raised: ${raised.join(", ")}`, "bad") : piece(` alarms: ${armed} armed`),
    piece(
      `  recording: ${recording ? `${recording.name}, ${sizeText(recording.bytes)}` : "none"}`,
      recording ? "accent" : "plain",
    ),
    piece(`  checkpoint: ${checkpoint ? `tick ${countText(checkpoint.tick)}` : "none"}`),
    ...(twins.length > 0 ? [piece(`  twins: ${twins.join(", ")}`)] : []),
  ];
}

function watchingLine({ watching }: MonitorModel): Line {
  const { framesPerSecond, bytesPerSecond, dropped, share } = watching;
  const cost = share === null ? "" : `; all watchers: ${(share * 100).toFixed(1)} % of its time`;
  const rate = `${numberText(framesPerSecond)} frames/s, ${sizeText(bytesPerSecond)}/s, ${countText(dropped)} skipped`;
  return [piece(` watching: ${rate}${cost}`, "faint")];
}
