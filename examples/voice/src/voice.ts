// When something is said, and how much of it: a message once and with its author, a crowd of them
// as one sentence, the wait at most every half minute. What is said is the page's to word.

/** Messages that arrive within this long are said together, ms. */
const GATHER_MS = 100;
/** As many are said one by one; more are counted. */
const ONE_BY_ONE = 3;
/** Between two changes of the wait, ms. */
const WAITING_MS = 30_000;

export interface Clock {
  now(): number;
  /** Runs once after this long; what it returns prevents that. */
  after(ms: number, run: () => void): () => void;
}

/** The machine's own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export class Voice {
  readonly #say: (text: string) => void;
  readonly #clock: Clock;
  #gathered: { author: string; text: string }[] = [];
  #stopGathering: (() => void) | undefined;
  /** What was said of the wait, and when; and what is to be said of it next. */
  #waiting: { text: string; at: number } | undefined;
  #waitingNext: string | undefined;
  #stopWaiting: (() => void) | undefined;
  #lastNotice: string | undefined;

  constructor(say: (text: string) => void, clock: Clock = systemClock) {
    this.#say = say;
    this.#clock = clock;
  }

  /** Somebody has said something. */
  message(author: string, text: string): void {
    this.#gathered.push({ author, text });
    this.#stopGathering ??= this.#clock.after(GATHER_MS, () => this.#sayGathered());
  }

  #sayGathered(): void {
    this.#stopGathering = undefined;
    this.#lastNotice = undefined;
    const all = this.#gathered;
    this.#gathered = [];
    const last = all.at(-1);
    if (last && all.length > ONE_BY_ONE) {
      this.#say(`${all.length} new messages, the last from ${last.author}: ${last.text}`);
      return;
    }
    for (const { author, text } of all) this.#say(`${author}: ${text}`);
  }

  /** How the wait stands; only a change is said, and the latest of several. */
  waiting(text: string): void {
    const before = this.#waiting;
    this.#waitingNext = text === before?.text ? undefined : text;
    if (this.#waitingNext === undefined || this.#stopWaiting) return;
    const due = before ? before.at + WAITING_MS - this.#clock.now() : 0;
    if (due <= 0) this.#sayWaiting();
    else this.#stopWaiting = this.#clock.after(due, () => this.#sayWaiting());
  }

  #sayWaiting(): void {
    this.#stopWaiting = undefined;
    const text = this.#waitingNext;
    if (text === undefined) return;
    this.#waitingNext = undefined;
    this.#waiting = { text, at: this.#clock.now() };
    this.#lastNotice = undefined;
    this.#say(text);
  }

  /** The wait is over: what was to be said of it is not said any more. */
  answered(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#waitingNext = undefined;
    this.#waiting = undefined;
  }

  /** Something that is to be known at once; the same twice in a row is said once. Messages that
   *  came before it are said before it. */
  notice(text: string): void {
    if (this.#stopGathering) {
      this.#stopGathering();
      this.#sayGathered();
    }
    if (text === this.#lastNotice) return;
    this.#lastNotice = text;
    this.#say(text);
  }

  /** Says nothing more. */
  close(): void {
    this.#stopGathering?.();
    this.#stopGathering = undefined;
    this.#gathered = [];
    this.answered();
  }
}
