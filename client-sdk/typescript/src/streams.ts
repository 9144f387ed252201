// Where the app stands in each chat that it follows: the last place delivered, and what the next
// frame means for it. What is delivered of a chat is contiguous, each place once. Pure.

import type { ChatId, Position } from "./protocol.gen.js";

/** What to do with an event; `repair` asks again from a place, or for a snapshot (`undefined`). */
export type Verdict =
  | { do: "deliver" }
  | { do: "ignore" }
  | { do: "repair"; from: Position | undefined };

interface Stream {
  /** The last place delivered; none until the first snapshot. */
  last: Position | undefined;
  /** A subscribe is on its way: what does not fit is not yet a new gap. */
  asking: boolean;
  /** The place of the last repair. A second one there gets a snapshot instead. */
  repaired: Position | undefined;
  /** Nothing but an unanswered call of the app stands behind it: it falls with that call. */
  tentative: boolean;
  /** The app left; what still comes before the broker's answer is not for it. */
  leaving: boolean;
}

const fresh = (): Stream => ({
  last: undefined,
  asking: false,
  repaired: undefined,
  tentative: false,
  leaving: false,
});

export class Streams {
  readonly #chats = new Map<ChatId, Stream>();

  /** The app asks to follow a chat, from a place that it kept or from a snapshot. */
  ask(chat: ChatId, from: Position | undefined): void {
    let stream = this.#chats.get(chat);
    if (!stream || stream.leaving) {
      stream = { ...fresh(), tentative: true };
      this.#chats.set(chat, stream);
    }
    stream.asking = true;
    if (from) stream.last = from;
  }

  /** The broker granted a subscribe, a resume or a repair. */
  granted(chat: ChatId): void {
    const stream = this.#chats.get(chat);
    if (stream) Object.assign(stream, { asking: false, tentative: false });
  }

  /** The app leaves a chat. */
  leave(chat: ChatId): void {
    const stream = this.#chats.get(chat);
    if (stream) stream.leaving = true;
  }

  /** The broker confirmed that the app left. */
  left(chat: ChatId): void {
    if (this.#chats.get(chat)?.leaving) this.#chats.delete(chat);
  }

  /** A call to follow a chat failed: what stood only on it goes. */
  failed(chat: ChatId): void {
    const stream = this.#chats.get(chat);
    if (!stream) return;
    stream.asking = false;
    if (stream.tentative) this.#chats.delete(chat);
  }

  /** The SDK itself asks to follow a chat that the app opened or claimed: it stays. */
  follow(chat: ChatId): void {
    this.#chats.set(chat, { ...fresh(), asking: true });
  }

  /** The chat is no longer followed. Tells whether it was. */
  forget(chat: ChatId): boolean {
    const followed = this.follows(chat);
    this.#chats.delete(chat);
    return followed;
  }

  follows(chat: ChatId): boolean {
    const stream = this.#chats.get(chat);
    return stream !== undefined && !stream.leaving;
  }

  /** Whether a subscribe for this chat is unanswered. */
  asking(chat: ChatId): boolean {
    return this.#chats.get(chat)?.asking ?? false;
  }

  /** The last place delivered. */
  last(chat: ChatId): Position | undefined {
    return this.#chats.get(chat)?.last;
  }

  /** An event arrived, live or in a replay. */
  event(chat: ChatId, at: Position): Verdict {
    const stream = this.#chats.get(chat);
    const last = stream?.last;
    if (!stream || !last || stream.leaving) return { do: "ignore" };
    if (at.seq === last.seq + 1) {
      stream.last = at;
      return { do: "deliver" };
    }
    const diverged = at.seq === last.seq && at.eid !== last.eid;
    if (stream.asking || (at.seq <= last.seq && !diverged)) return { do: "ignore" };
    stream.asking = true;
    const again = stream.repaired?.seq === last.seq && stream.repaired.eid === last.eid;
    stream.repaired = last;
    return { do: "repair", from: again ? undefined : last };
  }

  /** A snapshot arrived: it replaces whatever stood here. Tells whether the app wants it. */
  snapshot(chat: ChatId, at: Position): boolean {
    const stream = this.#chats.get(chat) ?? fresh();
    this.#chats.set(chat, stream);
    stream.last = at;
    return !stream.leaving;
  }

  /** The connection is gone: what only a lost call asked for is forgotten with it. */
  disconnected(): void {
    for (const [chat, stream] of this.#chats) {
      if (stream.tentative || stream.leaving) this.#chats.delete(chat);
      else Object.assign(stream, { asking: false, repaired: undefined });
    }
  }

  /** A new connection: every chat and the place to resume it from. All count as asked for. */
  resume(): [ChatId, Position | undefined][] {
    return [...this.#chats].map(([chat, stream]) => {
      stream.asking = true;
      return [chat, stream.last];
    });
  }
}
