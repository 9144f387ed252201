// Who is writing: what the patron's keys tell the others, and for how long it is believed of them.
// A signal is lossy and ends by itself, so it is repeated while it holds. Not here: the signals.

import type { Clock } from "@deskbell/voice";

/** While she writes it is told again after this long, ms: well before it is forgotten. */
const AGAIN_MS = 3000;
/** Without a key for this long she does not write, ms. */
const STILL_MS = 5000;
/** What was heard longer ago than this is not believed any more, ms. */
const BELIEVED_MS = 8000;

/** What the patron tells. */
export class OwnTyping {
  readonly #tell: (on: boolean) => void;
  readonly #clock: Clock;
  /** When it was last told that she writes; none while she does not. */
  #told: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(tell: (on: boolean) => void, clock: Clock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  wrote(draft: string): void {
    if (draft === "") return this.#still();
    const now = this.#clock.now();
    if (this.#told === undefined || now - this.#told >= AGAIN_MS) {
      this.#told = now;
      this.#tell(true);
    }
    this.#cancel?.();
    this.#cancel = this.#clock.after(STILL_MS, () => this.#still());
  }

  #still(): void {
    const told = this.#told !== undefined;
    this.stop();
    if (told) this.#tell(false);
  }

  /** She has sent it, which says enough; or left. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#told = undefined;
  }
}

/** What is believed of the others. */
export class OthersTyping {
  readonly #believe: (on: boolean) => void;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;

  constructor(believe: (on: boolean) => void, clock: Clock) {
    this.#believe = believe;
    this.#clock = clock;
  }

  /** Somebody told that she writes. */
  heard(): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(BELIEVED_MS, () => this.stop());
    this.#believe(true);
  }

  stop(): void {
    if (!this.#cancel) return;
    this.#cancel();
    this.#cancel = undefined;
    this.#believe(false);
  }
}
