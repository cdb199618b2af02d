import type { WireStatus } from "eddy/wire";
import { button, choice, countText, element, labelled, setText } from "./dom.js";
import type { Panel, Session } from "./session.js";

const RESETS = [
  ["state", "state"],
  ["weights", "weights"],
  ["both", "state and weights"],
] as const;

/** Begins anew, and keeps what there is: reset, checkpoints, recording. */
export class KeepingPanel implements Panel {
  readonly element: HTMLElement;
  readonly #checkpoint = element("span", { class: "muted" }, "none yet");
  readonly #recording = element("span", { class: "muted" }, "nothing is recorded");
  readonly #record: HTMLButtonElement;
  readonly #name = element("input", { type: "text", maxlength: 100, value: "recording" });
  #isRecording = false;

  constructor(private readonly session: Session) {
    let what: (typeof RESETS)[number][0] = "state";
    const reset = choice(RESETS, what, (chosen) => {
      what = chosen;
    });
    this.#record = button("Record", () => this.#toggleRecording());
    this.element = element(
      "section",
      { class: "panel", "aria-labelledby": "keeping-title" },
      element(
        "header",
        { class: "panel-head" },
        element("h2", { id: "keeping-title" }, "Keep and begin anew"),
      ),
      element(
        "div",
        { class: "row" },
        button("Checkpoint", () => this.#send({ kind: "checkpoint" }, "checkpoint")),
        this.#checkpoint,
      ),
      labelled("record as", this.#name),
      element("div", { class: "row" }, this.#record, this.#recording),
      labelled("begin anew with", reset),
      element(
        "div",
        { class: "row" },
        button("Reset", () => this.#send({ kind: "reset", what }, `reset of ${what}`)),
      ),
    );
  }

  status({ checkpoint, recording }: WireStatus): void {
    setText(this.#checkpoint, checkpoint ? `latest of tick ${countText(checkpoint.tick)}` : "none yet");
    this.#isRecording = recording !== null;
    setText(this.#record, recording ? "Stop recording" : "Record");
    this.#name.disabled = this.#isRecording;
    setText(
      this.#recording,
      recording ? `${recording.name}, ${countText(recording.bytes / 1000)} kB` : "nothing is recorded",
    );
  }

  /** Records every module's state and all records, or ends it. */
  #toggleRecording(): void {
    if (this.#isRecording) {
      this.#send({ kind: "stopRecording" }, "stop recording");
      return;
    }
    const { info, topics } = this.session;
    const wanted = [
      ...Object.keys(info.modules).map((module) => `state/${module}`),
      ...info.tasks.map((task) => `metrics/${task}`),
      "events",
    ];
    const recorded = wanted.filter((topic) => topics.has(topic)).map((topic) => ({ topic }));
    const name = this.#name.value.trim();
    if (name) this.#send({ kind: "record", name, topics: recorded }, `record ${name}`);
  }

  #send(command: Parameters<Session["steer"]>[0], summary: string): void {
    // what was refused shows in the log of commands
    this.session.steer(command, summary).catch(() => {});
  }
}
