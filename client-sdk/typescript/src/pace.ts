// How fast requests may leave: what `welcome` told, so that the broker never has to slow us down.

import type { Limits } from "./protocol.gen.js";

export class Pace {
  readonly #intervalMs: number;
  readonly #burst: number;
  /** When a whole burst may leave again. */
  #fullAt: number;

  constructor(limits: Pick<Limits, "requests_per_second" | "requests_burst">, now: number) {
    this.#intervalMs = 1_000 / Math.max(1, limits.requests_per_second);
    this.#burst = Math.max(1, limits.requests_burst);
    this.#fullAt = now;
  }

  /** When the next request may leave. */
  nextAt(now: number): number {
    return Math.max(now, this.#fullAt - this.#intervalMs * (this.#burst - 1));
  }

  /** Takes room for one request, if there is. */
  take(now: number): boolean {
    if (this.nextAt(now) > now) return false;
    this.#fullAt = Math.max(this.#fullAt, now) + this.#intervalMs;
    return true;
  }
}
