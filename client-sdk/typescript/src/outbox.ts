// Writes that the broker has not answered yet, in an order kept per chat.
//
// One lane per chat (and one for rings) with one write on the wire at a time: a pipelined second
// write could be stored although the first was refused for now, and the order would be lost. A lane
// that was told to wait holds up nobody else. A write keeps its `cmid` in every try, so that
// sending it again is always safe, also after the page was loaded anew: what waits stands in a
// storage.

import type { ChatId, Cmid, ToBroker } from "./protocol.gen.js";
import type { Reply } from "./reply.js";

/** A change of a chat, without what each try adds. */
export type Write = WithoutIds<Extract<ToBroker, { cmid: Cmid }>>;
type WithoutIds<F> = F extends unknown ? Omit<F, "id" | "cmid"> : never;

/** A write as it is kept. */
export interface StoredWrite {
  cmid: Cmid;
  write: Write;
}

/** Where unanswered writes are kept. Both are called at once and must not wait. */
export interface OutboxStorage {
  load(): StoredWrite[];
  save(writes: StoredWrite[]): void;
}

/** What the broker stored. */
export interface Written {
  chat: ChatId;
  seq: number;
  eid: string;
}

export interface Entry extends StoredWrite {
  /** None for a write of an earlier page: nobody waits for it here. */
  reply: Reply<Written> | undefined;
}

/** A chat's id, or `rings`. */
export type Lane = string;

export const laneOf = (write: Write): Lane => ("chat" in write ? write.chat : "rings");

interface Queue {
  entries: Entry[];
  /** The first entry is on the wire of the present connection. */
  sent: boolean;
  /** The broker said "not now": nothing of this lane is sent before. */
  pausedUntil: number | undefined;
  /** How often in a row it said so to the first entry. */
  pauses: number;
}

export class Outbox {
  readonly #lanes = new Map<Lane, Queue>();
  readonly #storage: OutboxStorage | undefined;
  size = 0;

  constructor(storage: OutboxStorage | undefined) {
    for (const { cmid, write } of storage?.load() ?? []) {
      this.#put({ cmid, write, reply: undefined });
    }
    this.#storage = storage;
  }

  /** Puts a write at the end of its lane. */
  push(entry: Entry): void {
    this.#put(entry);
    this.#save();
  }

  #put(entry: Entry): void {
    const lane = laneOf(entry.write);
    let queue = this.#lanes.get(lane);
    if (!queue) {
      queue = { entries: [], sent: false, pausedUntil: undefined, pauses: 0 };
      this.#lanes.set(lane, queue);
    }
    queue.entries.push(entry);
    this.size += 1;
  }

  /** The first lane whose next write may be sent now; `held` lanes are skipped. */
  sendNext(now: number, held: (lane: Lane) => boolean): [Lane, Entry] | undefined {
    for (const [lane, queue] of this.#lanes) {
      const [entry] = queue.entries;
      if (!entry || queue.sent || (queue.pausedUntil ?? now) > now || held(lane)) continue;
      queue.sent = true;
      queue.pausedUntil = undefined;
      return [lane, entry];
    }
    return undefined;
  }

  /** The first write of a lane was answered for good: it leaves. */
  answered(lane: Lane): Entry | undefined {
    const queue = this.#lanes.get(lane);
    const entry = queue?.entries.shift();
    if (!queue || !entry) return undefined;
    this.size -= 1;
    Object.assign(queue, { sent: false, pauses: 0 });
    if (queue.entries.length === 0) this.#lanes.delete(lane);
    this.#save();
    return entry;
  }

  /** How often in a row the first write of a lane was put off. */
  pauses(lane: Lane): number {
    return this.#lanes.get(lane)?.pauses ?? 0;
  }

  /** The first write of a lane was refused for now: it stays first, and its lane waits. */
  putOff(lane: Lane, until: number): void {
    const queue = this.#lanes.get(lane);
    if (queue) Object.assign(queue, { sent: false, pauses: queue.pauses + 1, pausedUntil: until });
  }

  /** The connection is gone: what was on the wire has an unknown outcome and is sent again. */
  disconnected(): void {
    for (const queue of this.#lanes.values()) queue.sent = false;
  }

  /** When the next pause ends. */
  deadline(): number | undefined {
    let first: number | undefined;
    for (const { sent, pausedUntil } of this.#lanes.values()) {
      if (!sent && pausedUntil !== undefined) first = Math.min(first ?? pausedUntil, pausedUntil);
    }
    return first;
  }

  /** What waits, oldest of each lane first. */
  waiting(): StoredWrite[] {
    const entries = [...this.#lanes.values()].flatMap((queue) => queue.entries);
    return entries.map(({ cmid, write }) => ({ cmid, write }));
  }

  /** Everything, when the client is over for good. What is stored stays for the next page. */
  drain(): Entry[] {
    const entries = [...this.#lanes.values()].flatMap((queue) => queue.entries);
    this.#lanes.clear();
    this.size = 0;
    return entries;
  }

  #save(): void {
    this.#storage?.save(this.waiting());
  }
}
