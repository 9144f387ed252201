// Delays between tries: full jitter, so that a crowd does not return together.

/** An immediate return is spread over this long, ms. */
export const AT_ONCE_SPREAD_MS = 2_000;

export class Backoff {
  #tries = 0;
  readonly #random: () => number;
  readonly #floorMs: number;
  readonly #ceilingMs: number;

  /** `random` gives numbers from 0 to below 1. */
  constructor(random: () => number, floorMs = 500, ceilingMs = 20_000) {
    this.#random = random;
    this.#floorMs = floorMs;
    this.#ceilingMs = Math.max(floorMs, ceilingMs);
  }

  /** The next delay, ms: each may be up to twice as long as the one before, up to the ceiling. */
  next(): number {
    return this.after(this.#tries++);
  }

  /** The delay after so many tries, ms. */
  after(tries: number): number {
    return this.#random() * Math.min(this.#ceilingMs, this.#floorMs * 2 ** Math.min(tries, 16));
  }

  /** The delay of who may return at once, ms. */
  atOnce(): number {
    return this.#random() * AT_ONCE_SPREAD_MS;
  }

  /** A connection held: the next loss starts with a short delay. */
  reset(): void {
    this.#tries = 0;
  }
}
