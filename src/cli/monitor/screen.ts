import { emitKeypressEvents, type Key } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import { type Line, painted } from "./text.js";

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l";
const DEFAULT_SIZE = { columns: 80, rows: 24 } as const;

/** The terminal as a picture and keys. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  /** Shows these lines and nothing else; writes only what has changed. */
  show(lines: readonly Line[]): void;
  /** Gives the terminal back as it was; harmless when that was done already. */
  leave(): void;
}

/** Whether a terminal shows colours: NO_COLOR and TERM=dumb say that it does not. */
export const hasColours = (environment: NodeJS.ProcessEnv): boolean =>
  !environment.NO_COLOR && environment.TERM !== "dumb";

/**
 * Takes the whole terminal, until it is left or the process ends, however that happens.
 * @param press is given the name of each key, or its character
 */
export function takeScreen(input: ReadStream, output: WriteStream, press: (key: string) => void): Screen {
  const colours = hasColours(process.env);
  let shown: readonly string[] = [];
  let isOver = false;
  const pressed = (character: string | undefined, key: Key): void => {
    // control characters come by name, others as they are, so that S differs from s
    if (key.ctrl) press(`ctrl-${key.name}`);
    else
      press(
        character && character > " " && character !== "\x7f" && character.length === 1
          ? character
          : (key.name ?? ""),
      );
  };
  const resized = (): void => {
    shown = [];
    output.write("\x1b[2J");
  };
  const leave = (): void => {
    if (isOver) return;
    isOver = true;
    process.off("exit", leave);
    input.off("keypress", pressed);
    output.off("resize", resized);
    input.setRawMode(false);
    input.pause();
    output.write(LEAVE);
  };
  process.on("exit", leave);
  emitKeypressEvents(input);
  input.setRawMode(true);
  input.on("keypress", pressed);
  input.resume();
  output.on("resize", resized);
  output.write(ENTER);
  resized();
  return {
    get width() {
      return output.columns || DEFAULT_SIZE.columns;
    },
    get height() {
      return output.rows || DEFAULT_SIZE.rows;
    },
    show(lines) {
      const next = lines.map((line) => painted(line, colours));
      const rows = Math.max(next.length, shown.length);
      const changed = Array.from({ length: rows }, (_, row) => row).filter((row) => next[row] !== shown[row]);
      shown = next;
      if (changed.length === 0 || isOver) return;
      output.write(changed.map((row) => `\x1b[${row + 1};1H${next[row] ?? ""}\x1b[0m\x1b[K`).join(""));
    },
    leave,
  };
}
