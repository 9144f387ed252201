// Time as the SDK sees it, so that a test can hold it in its hand.

export interface Clock {
  /** Milliseconds that go on while the machine sleeps. */
  now(): number;
  /** Runs something later; what it returns calls it off. */
  after(ms: number, run: () => void): () => void;
}

/** Longer waits than this overflow a timer. */
const LONGEST_MS = 0x7fff_ffff;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, ms), LONGEST_MS));
    return () => clearTimeout(timer);
  },
};
