// What the app last told about its person, and when: told again after every reconnect. The later
// change wins, on whatever device it was made. An app that never told anything restates nothing.

import type { PresenceView, Status, Target, TicketQueueId } from "./protocol.gen.js";
import type { Reply } from "./reply.js";

/** Status and monitoring, as the app tells them. */
export interface Monitoring {
  status: Status;
  /** All departments and co-ops. */
  targets: Target[];
  /** All ticket queues; as before, if absent. */
  ticketQueues?: TicketQueueId[] | undefined;
}

export interface Wish extends Monitoring {
  /** When, by the broker's clock, if that was known. */
  at: string | undefined;
  /** The same by our own clock. */
  made: number | undefined;
}

const wishOf = (view: PresenceView): Wish => ({
  status: view.status,
  targets: view.monitoring,
  ticketQueues: view.ticket_queues ?? [],
  at: view.at,
  made: undefined,
});

export class Presence {
  /** What the broker confirmed last; none until the app first told something. */
  #held: Wish | undefined;
  /** Told by the app and not answered yet. */
  #wished: Wish | undefined;
  /** Calls whose own request was lost: the restatement's answer is theirs. */
  #waiters: Reply<PresenceView>[] = [];
  /** Which wish an answer belongs to. */
  generation = 0;

  /** The broker's clock is known now: a change made before gets its time. */
  date(at: (made: number) => string): void {
    const wish = this.#wished;
    if (wish && wish.at === undefined && wish.made !== undefined) wish.at = at(wish.made);
  }

  wish(wish: Wish): number {
    this.#wished = wish;
    return ++this.generation;
  }

  /** What to tell on a new connection. */
  toRestate(): Wish | undefined {
    return this.#wished ?? this.#held;
  }

  wait(reply: Reply<PresenceView>): void {
    this.#waiters.push(reply);
  }

  takeWaiters(): Reply<PresenceView>[] {
    return this.#waiters.splice(0);
  }

  /** The broker says what holds: in answer to wish `answers`, or because another device told it. */
  heard(view: PresenceView, answers?: number): void {
    if (answers === this.generation) {
      this.#wished = undefined;
      this.#held = wishOf(view);
    } else if (this.#held) {
      this.#held = wishOf(view);
    }
  }

  /** The wish was refused for good: what held before holds. */
  refused(generation: number): void {
    if (generation === this.generation) this.#wished = undefined;
  }

  /** `welcome` says what holds. Tells whether that is newer than what would be restated. */
  overtaken(view: PresenceView): boolean {
    const at = this.toRestate()?.at;
    const overtaken = at !== undefined && Date.parse(view.at) > Date.parse(at);
    if (overtaken) {
      this.#wished = undefined;
      this.#held = wishOf(view);
    }
    return overtaken;
  }
}
