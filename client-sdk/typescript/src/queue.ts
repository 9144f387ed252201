// Events on their way to an iterator.

import type { Event } from "./event.js";

/** Who takes too long is told of, and so is who has caught up or left. */
export class Queue implements AsyncIterableIterator<Event> {
  #events: Event[] = [];
  #waiting: ((result: IteratorResult<Event>) => void) | undefined;
  #ended = false;
  readonly #most: number;
  readonly #told: { full(): void; empty(): void; left(): void };

  constructor(most: number, told: { full(): void; empty(): void; left(): void }) {
    this.#most = most;
    this.#told = told;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  put(event: Event): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) return waiting({ value: event, done: false });
    this.#events.push(event);
    // After what is being delivered: the rest of it comes with the resume.
    if (this.#events.length === this.#most) queueMicrotask(() => this.#told.full());
  }

  end(): void {
    this.#ended = true;
    this.#waiting?.({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<Event>> {
    const event = this.#events.shift();
    if (event) {
      if (this.isEmpty) this.#told.empty();
      return Promise.resolve({ value: event, done: false });
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<Event>> {
    this.#told.left();
    this.end();
    this.#events = [];
    this.#told.empty();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
