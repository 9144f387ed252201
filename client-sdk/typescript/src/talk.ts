// Calls of the app, and the requests that they become.
//
// Requests leave in order, within the rate and the number in flight that `welcome` told (beyond
// which the broker would not even read a `pong`). Not here: their replies (`heard.ts`).

import { type ClosedError, DisconnectedError, FullError } from "./errors.js";
import type { Lane, Write, Written } from "./outbox.js";
import type { Monitoring, Wish } from "./presence.js";
import type { ChatId, Position, PresenceView, ToBroker, ToClient, You } from "./protocol.gen.js";
import type { Reply } from "./reply.js";
import type { Session } from "./session.js";

/** A request that its own connection answers or none; the id is added when it leaves. */
export type Read = { frame: Body; expects: ToClient["type"]; reply: Reply<ToClient> };
export type Body = WithoutId<Exclude<ToBroker, { type: "pong" }>>;
type WithoutId<F> = F extends unknown ? Omit<F, "id"> : never;

/** A request whose reply has not come. */
export type Asked =
  | { is: "own" }
  | { is: "auth" }
  | ({ is: "read" } & Read)
  | { is: "presence"; generation: number; reply: Reply<PresenceView> | undefined }
  | { is: "list"; reply: Reply<void> | undefined }
  | { is: "listEnd"; reply: Reply<void> }
  | { is: "subscribe"; chat: ChatId; reply: Reply<void> | undefined }
  | { is: "unsubscribe"; chat: ChatId; reply: Reply<void> }
  | { is: "write"; lane: Lane };

/** What may wait for the next `welcome`. */
type Later =
  | ({ is: "read" } & Read)
  | { is: "list"; reply: Reply<void> }
  | { is: "listEnd"; reply: Reply<void> }
  | { is: "subscribe"; chat: ChatId; from: Position | undefined; reply: Reply<void> }
  | { is: "unsubscribe"; chat: ChatId; reply: Reply<void> };

export class Talk {
  readonly #of: Session;
  #nextId = 0;
  /** Asked on this connection and not answered; those in `queued` are not sent yet. */
  readonly requests = new Map<number, Asked>();
  #queued: [number, ToBroker][] = [];
  #later: Later[] = [];
  /** Whose connection it is, once greeted. */
  you: You | undefined;
  /** The app wants its list. */
  list = false;
  listRetryAt: number | undefined;
  presenceRetryAt: number | undefined;
  /** Resumes that the broker put off. */
  readonly resumeLater = new Map<ChatId, number>();

  constructor(of: Session) {
    this.#of = of;
  }

  // --- calls of the app

  /** Why a call cannot even wait, if so. */
  full(): FullError | undefined {
    const { waitingMax } = this.#of.options;
    const waiting = this.#of.outbox.size + this.#later.length + this.requests.size;
    return waiting >= waitingMax ? new FullError(waitingMax) : undefined;
  }

  write(now: number, write: Write, cmid: string | undefined, reply: Reply<Written>): void {
    this.#of.outbox.push({ cmid: cmid ?? this.#of.options.uuid(), write, reply });
    this.flow(now);
  }

  /** A call that is answered by this connection or not at all. */
  call(now: number, later: Later): void {
    if (this.#of.isOpen) this.#call(later);
    else this.#later.push(later);
    this.flow(now);
  }

  /** Calls that waited for `welcome`. */
  callLater(): void {
    for (const later of this.#later.splice(0)) this.#call(later);
  }

  #call(later: Later): void {
    const { streams } = this.#of;
    switch (later.is) {
      case "read":
        return this.request(later, later.frame);
      case "list":
        return this.requestList(later.reply);
      case "listEnd":
        this.list = false;
        return this.request(later, { type: "list.unsubscribe" });
      case "subscribe":
        streams.ask(later.chat, later.from);
        return this.requestSubscribe(later.chat, later.from, later.reply);
      case "unsubscribe":
        streams.leave(later.chat);
        return this.request(later, { type: "chat.unsubscribe", chat: later.chat });
    }
  }

  monitor(now: number, told: Monitoring, reply: Reply<PresenceView>): void {
    const server = this.#of.serverNow(now);
    const at = server === undefined ? undefined : new Date(server).toISOString();
    const wish: Wish = { ...told, at, made: now };
    const generation = this.#of.presence.wish(wish);
    // The broker's own clock is the better one for a change made right now.
    if (this.#of.isOpen) this.#tellPresence(generation, { ...wish, at: undefined }, reply);
    else this.#of.presence.wait(reply);
    this.flow(now);
  }

  /** A signal that would have to wait is worth nothing when it arrives. */
  typing(now: number, chat: ChatId, on: boolean): void {
    const free = this.#queued.length === 0 && this.#roomInFlight;
    if (!this.#of.isOpen || !free || this.#of.pace.nextAt(now) > now) return;
    this.request({ is: "own" }, { type: "chat.typing", chat, on });
    this.flow(now);
  }

  read(now: number, chat: ChatId, seq: number): void {
    this.#of.marks.read(chat, seq, now);
    this.flow(now);
  }

  // --- requests

  greet(token: string): void {
    this.#nextId = 1;
    this.requests.set(1, { is: "own" });
    const { client, app } = this.#of.options;
    this.#of.hands.send({ type: "hello", id: 1, token, client, app });
  }

  authenticate(now: number, token: string): void {
    this.request({ is: "auth" }, { type: "auth", token });
    this.flow(now);
  }

  request(asked: Asked, body: Body): void {
    const id = ++this.#nextId;
    this.requests.set(id, asked);
    this.#queued.push([id, { ...body, id } as ToBroker]);
  }

  requestList(reply: Reply<void> | undefined): void {
    this.request({ is: "list", reply }, { type: "list.subscribe" });
  }

  requestSubscribe(chat: ChatId, from: Position | undefined, reply?: Reply<void>): void {
    const body: Body = from
      ? { type: "chat.subscribe", chat, from }
      : { type: "chat.subscribe", chat };
    this.request({ is: "subscribe", chat, reply }, body);
  }

  #tellPresence(generation: number, wish: Wish, reply: Reply<PresenceView> | undefined): void {
    const { status, targets: monitoring, ticketQueues, at } = wish;
    this.request(
      { is: "presence", generation, reply },
      {
        type: "presence.set",
        status,
        monitoring,
        ...(ticketQueues && { ticket_queues: ticketQueues }),
        ...(at !== undefined && { at }),
      },
    );
  }

  restatePresence(): void {
    const wish = this.#of.presence.toRestate();
    if (wish) this.#tellPresence(this.#of.presence.generation, wish, undefined);
  }

  get #roomInFlight(): boolean {
    const inFlight = this.requests.size - this.#queued.length;
    return inFlight < Math.max(1, this.#of.limits?.requests_in_flight ?? 1);
  }

  /** Lets as much go as may go now: what was asked first, then writes, then marks. */
  flow(now: number): void {
    while (this.#of.isOpen) {
      const any = this.#queued.length > 0 || this.#queueWrite(now) || this.#queueMark(now);
      if (!any || !this.#roomInFlight || !this.#of.pace.take(now)) return;
      const next = this.#queued.shift();
      if (next) this.#release(...next);
    }
  }

  #queueWrite(now: number): boolean {
    const { outbox, streams } = this.#of;
    // A chat that is being resumed first hears what it missed.
    const next = outbox.sendNext(now, (lane) => streams.asking(lane));
    if (!next) return false;
    const [lane, { cmid, write }] = next;
    this.request({ is: "write", lane }, { ...write, cmid } as Body);
    return true;
  }

  #queueMark(now: number): boolean {
    if (!this.#roomInFlight || this.#of.pace.nextAt(now) > now) return false;
    const next = this.#of.marks.next(now);
    if (!next) return false;
    const [chat, { delivered, read }] = next;
    const body: Body = { type: "chat.mark", chat, delivered, ...(read > 0 && { read }) };
    this.request({ is: "own" }, body);
    return true;
  }

  #release(id: number, frame: ToBroker): void {
    const most = this.#of.limits?.frame_bytes ?? Infinity;
    if (new TextEncoder().encode(JSON.stringify(frame)).length <= most) {
      return this.#of.hands.send(frame);
    }
    // The broker would close the connection for good over it, and each one after.
    const message = `longer than a frame of ${most} bytes: shorten or split it`;
    this.#of.heard.refused(0, { re: id, code: "bad_text", message, temporary: false });
  }

  /** When there is something to do, beside what comes. */
  deadlines(now: number): (number | undefined)[] {
    const paced = (at: number | undefined) =>
      at === undefined || !this.#roomInFlight ? undefined : Math.max(at, this.#of.pace.nextAt(now));
    // A pause that is over already waits for something else, which will come as a frame.
    const pause = this.#of.outbox.deadline();
    return [
      ...this.resumeLater.values(),
      this.listRetryAt,
      this.presenceRetryAt,
      this.#queued.length > 0 ? paced(now) : undefined,
      paced(this.#of.marks.deadline()),
      pause !== undefined && pause > now ? pause : undefined,
    ];
  }

  /** Sends again what the broker put off while resuming. */
  retry(now: number): void {
    if (this.listRetryAt !== undefined && this.listRetryAt <= now) {
      this.listRetryAt = undefined;
      this.requestList(undefined);
    }
    if (this.presenceRetryAt !== undefined && this.presenceRetryAt <= now) {
      this.presenceRetryAt = undefined;
      this.restatePresence();
    }
    for (const [chat, at] of this.resumeLater) {
      if (at > now) continue;
      this.resumeLater.delete(chat);
      const { streams } = this.#of;
      if (streams.follows(chat)) this.requestSubscribe(chat, streams.last(chat));
    }
  }

  // --- losing

  /** Reads that were sent fail; writes, presence, list and chats go on with the next connection. */
  disconnected(now: number): void {
    this.#queued = [];
    this.resumeLater.clear();
    this.presenceRetryAt = this.listRetryAt = undefined;
    this.#of.outbox.disconnected();
    this.#of.streams.disconnected();
    this.#of.marks.disconnected(now);
    this.#fail(new DisconnectedError());
  }

  closed(error: ClosedError): void {
    this.#queued = [];
    for (const later of this.#later.splice(0)) later.reply.reject(error);
    this.#fail(error);
    for (const entry of this.#of.outbox.drain()) entry.reply?.reject(error);
    for (const reply of this.#of.presence.takeWaiters()) reply.reject(error);
  }

  /** Ends requests that this connection will not answer any more. */
  #fail(error: Error): void {
    const asked = [...this.requests.values()];
    this.requests.clear();
    for (const it of asked) {
      if (it.is === "presence") {
        if (it.reply) this.#of.presence.wait(it.reply);
      } else if (it.is === "listEnd" || it.is === "unsubscribe") {
        // No connection follows anything: what was asked for is so.
        it.reply.resolve();
      } else if (it.is === "read" || it.is === "list" || it.is === "subscribe") {
        it.reply?.reject(error);
      }
    }
  }
}
