import { BehaviorSubject, Observable } from "rxjs";

/** A value that changes: whoever subscribes gets the latest at once, and those that follow. */
export interface Latest<Value> extends Observable<Value> {
  readonly value: Value;
}

/** A value that its owner changes. */
export class Changing<Value> extends Observable<Value> implements Latest<Value> {
  readonly #subject: BehaviorSubject<Value>;

  constructor(first: Value) {
    const subject = new BehaviorSubject(first);
    super((observer) => subject.subscribe(observer));
    this.#subject = subject;
  }

  get value(): Value {
    return this.#subject.value;
  }

  set(value: Value): void {
    this.#subject.next(value);
  }

  complete(): void {
    this.#subject.complete();
  }
}
