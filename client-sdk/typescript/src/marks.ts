// How far the app has got each chat and has read it, until the broker was told. Several marks of
// one chat become one; after a reconnect all are told again.

import type { ChatId } from "./protocol.gen.js";

/** How long what arrives is gathered, so that a burst of messages is marked once, ms. */
const GATHER_MS = 500;

export interface Reach {
  delivered: number;
  read: number;
}

export class Marks {
  readonly #reached = new Map<ChatId, Reach>();
  /** What the broker does not know yet, and from when on it may be told. */
  readonly #untold = new Map<ChatId, number>();

  /** A message arrived. */
  delivered(chat: ChatId, seq: number, now: number): void {
    const reach = this.#of(chat);
    if (seq <= reach.delivered) return;
    reach.delivered = seq;
    if (!this.#untold.has(chat)) this.#untold.set(chat, now + GATHER_MS);
  }

  /** The app shows it to somebody. */
  read(chat: ChatId, seq: number, now: number): void {
    const reach = this.#of(chat);
    if (seq <= reach.read) return;
    Object.assign(reach, { read: seq, delivered: Math.max(seq, reach.delivered) });
    this.#untold.set(chat, now);
  }

  #of(chat: ChatId): Reach {
    const reach = this.#reached.get(chat) ?? { delivered: 0, read: 0 };
    this.#reached.set(chat, reach);
    return reach;
  }

  forget(chat: ChatId): void {
    this.#reached.delete(chat);
    this.#untold.delete(chat);
  }

  /** The next broker knows of none, as far as we know. */
  disconnected(now: number): void {
    for (const chat of this.#reached.keys()) this.#untold.set(chat, now);
  }

  /** Takes out one that is due. */
  next(now: number): [ChatId, Reach] | undefined {
    for (const [chat, at] of this.#untold) {
      const reach = this.#reached.get(chat);
      if (at > now || !reach) continue;
      this.#untold.delete(chat);
      return [chat, reach];
    }
    return undefined;
  }

  /** When the next one is due. */
  deadline(): number | undefined {
    return this.#untold.size === 0 ? undefined : Math.min(...this.#untold.values());
  }
}
