// What is said on a connection: requests and their replies, writes in order, chats that resume.
//
// Requests leave in order, within the rate and the number in flight that `welcome` told. A reply to
// nothing that was asked is dropped: it belongs to a request that failed already.

import { type ClosedError, DisconnectedError, FullError, ProtocolError, RefusedError } from "./errors.js";
import { type Lane, laneOf, type Write, type Written } from "./outbox.js";
import { Pace } from "./pace.js";
import type { Monitoring, Wish } from "./presence.js";
import type {
  ChatEvent,
  ChatId,
  Person,
  Position,
  PresenceView,
  Refused,
  Sequenced,
  ToBroker,
  ToClient,
  Welcome,
  You,
} from "./protocol.gen.js";
import type { Reply } from "./reply.js";
import { RETRY_AFTER_MAX_MS, type Session } from "./session.js";

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
  readonly #requests = new Map<number, Asked>();
  #queued: [number, ToBroker][] = [];
  #later: Later[] = [];
  #you: You | undefined;
  /** The app wants its list. */
  #list = false;
  #listRetryAt: number | undefined;
  #presenceRetryAt: number | undefined;
  /** Resumes that the broker put off. */
  readonly #resumeLater = new Map<ChatId, number>();

  constructor(of: Session) {
    this.#of = of;
  }

  /** Whose connection it is, once greeted. */
  get you(): You | undefined {
    return this.#you;
  }

  // --- calls of the app

  /** Why a call cannot even wait, if so. */
  full(): FullError | undefined {
    const { waitingMax } = this.#of.options;
    const waiting = this.#of.outbox.size + this.#later.length + this.#requests.size;
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

  #call(later: Later): void {
    const { streams } = this.#of;
    switch (later.is) {
      case "read":
        return this.#request(later, later.frame);
      case "list":
        return this.#requestList(later.reply);
      case "listEnd":
        this.#list = false;
        return this.#request(later, { type: "list.unsubscribe" });
      case "subscribe":
        streams.ask(later.chat, later.from);
        return this.#requestSubscribe(later.chat, later.from, later.reply);
      case "unsubscribe":
        streams.leave(later.chat);
        return this.#request(later, { type: "chat.unsubscribe", chat: later.chat });
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
    const free = this.#queued.length === 0 && this.#roomInFlight && this.#of.pace.nextAt(now) <= now;
    if (!this.#of.isOpen || !free) return;
    this.#request({ is: "own" }, { type: "chat.typing", chat, on });
    this.flow(now);
  }

  read(now: number, chat: ChatId, seq: number): void {
    this.#of.marks.read(chat, seq, now);
    this.flow(now);
  }

  // --- requests

  greet(token: string): void {
    this.#nextId = 1;
    this.#requests.set(1, { is: "own" });
    const { client, app } = this.#of.options;
    this.#of.hands.send({ type: "hello", id: 1, token, client, app });
  }

  authenticate(now: number, token: string): void {
    this.#request({ is: "auth" }, { type: "auth", token });
    this.flow(now);
  }

  #request(asked: Asked, body: Body): void {
    const id = ++this.#nextId;
    this.#requests.set(id, asked);
    this.#queued.push([id, { ...body, id } as ToBroker]);
  }

  #requestList(reply: Reply<void> | undefined): void {
    this.#request({ is: "list", reply }, { type: "list.subscribe" });
  }

  #requestSubscribe(chat: ChatId, from: Position | undefined, reply?: Reply<void>): void {
    const body: Body = from
      ? { type: "chat.subscribe", chat, from }
      : { type: "chat.subscribe", chat };
    this.#request({ is: "subscribe", chat, reply }, body);
  }

  #tellPresence(generation: number, wish: Wish, reply: Reply<PresenceView> | undefined): void {
    const { status, targets: monitoring, ticketQueues, at } = wish;
    this.#request(
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

  #restatePresence(): void {
    const wish = this.#of.presence.toRestate();
    if (wish) this.#tellPresence(this.#of.presence.generation, wish, undefined);
  }

  get #roomInFlight(): boolean {
    const inFlight = this.#requests.size - this.#queued.length;
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
    this.#request({ is: "write", lane }, { ...write, cmid } as Body);
    return true;
  }

  #queueMark(now: number): boolean {
    if (!this.#roomInFlight || this.#of.pace.nextAt(now) > now) return false;
    const next = this.#of.marks.next(now);
    if (!next) return false;
    const [chat, { delivered, read }] = next;
    const body: Body = { type: "chat.mark", chat, delivered, ...(read > 0 && { read }) };
    this.#request({ is: "own" }, body);
    return true;
  }

  #release(id: number, frame: ToBroker): void {
    const most = this.#of.limits?.frame_bytes ?? Infinity;
    if (new TextEncoder().encode(JSON.stringify(frame)).length <= most) {
      return this.#of.hands.send(frame);
    }
    // The broker would close the connection for good over it, and each one after.
    const message = `longer than a frame of ${most} bytes: shorten or split it`;
    this.#refused(0, { re: id, code: "bad_text", message, temporary: false });
  }

  /** When there is something to do, beside what comes. */
  deadlines(now: number): (number | undefined)[] {
    const paced = (at: number | undefined) =>
      at === undefined || !this.#roomInFlight ? undefined : Math.max(at, this.#of.pace.nextAt(now));
    // A pause that is over already waits for something else, which will come as a frame.
    const pause = this.#of.outbox.deadline();
    return [
      ...this.#resumeLater.values(),
      this.#listRetryAt,
      this.#presenceRetryAt,
      this.#queued.length > 0 ? paced(now) : undefined,
      paced(this.#of.marks.deadline()),
      pause !== undefined && pause > now ? pause : undefined,
    ];
  }

  /** Sends again what the broker put off while resuming. */
  retry(now: number): void {
    if (this.#listRetryAt !== undefined && this.#listRetryAt <= now) {
      this.#listRetryAt = undefined;
      this.#requestList(undefined);
    }
    if (this.#presenceRetryAt !== undefined && this.#presenceRetryAt <= now) {
      this.#presenceRetryAt = undefined;
      this.#restatePresence();
    }
    for (const [chat, at] of this.#resumeLater) {
      if (at > now) continue;
      this.#resumeLater.delete(chat);
      const { streams } = this.#of;
      if (streams.follows(chat)) this.#requestSubscribe(chat, streams.last(chat));
    }
  }

  // --- frames

  /** A frame came. */
  hear(now: number, frame: ToClient): void {
    this.#of.heardAt = now;
    if (frame.type === "bye") {
      const { code, message, retry_after_ms: retryAfterMs } = frame;
      this.#of.drop(now, { code, message, retryAfterMs: retryAfterMs ?? undefined });
    } else if (frame.type === "ping") {
      this.#of.hands.send({ type: "pong" });
    } else if (this.#of.isOpen) {
      this.#hearOpen(now, frame);
    } else if (this.#of.phase.is === "greeting") {
      if (frame.type === "welcome") this.#welcome(now, frame);
      // Otherwise `bye` follows and its code says what to do; without one, the deadline ends it.
      else if (frame.type === "error" && frame.temporary) {
        const retryAfterMs = frame.retry_after_ms ?? undefined;
        this.#of.drop(now, { message: frame.message, retryAfterMs });
      }
    }
    this.flow(now);
  }

  #welcome(now: number, welcome: Welcome): void {
    const of = this.#of;
    this.#requests.delete(welcome.re);
    of.opened(now);
    of.clock = { told: Date.parse(welcome.server_time), at: now };
    of.pingEveryMs = welcome.ping_ms;
    of.pace = new Pace(welcome.limits, now);
    of.limits = welcome.limits;
    of.tokenExpires(welcome.token_expires, now);
    const told = Date.parse(welcome.server_time);
    of.presence.date((made) => new Date(told - (now - made)).toISOString());
    this.#you = welcome.you;
    of.setOpen({ is: "open", welcome });
    if (welcome.you.role === "operator" && of.presence.overtaken(welcome.you.presence)) {
      this.#presenceHolds(welcome.you.presence);
    } else {
      this.#restatePresence();
    }
    if (this.#list) this.#requestList(undefined);
    for (const [chat, from] of of.streams.resume()) this.#requestSubscribe(chat, from);
    for (const later of this.#later.splice(0)) this.#call(later);
  }

  #presenceHolds(presence: PresenceView): void {
    this.#of.hands.deliver({ type: "presence", presence });
    for (const reply of this.#of.presence.takeWaiters()) reply.resolve(presence);
  }

  #hearOpen(now: number, frame: ToClient): void {
    const { streams, marks, hands } = this.#of;
    switch (frame.type) {
      case "ok":
        return this.#granted(frame.re, frame);
      case "error":
        return this.#refused(now, frame);
      case "presence":
        return this.#hearPresence(frame.re ?? undefined, frame.presence);
      case "chat.event":
        return this.#hearEvent(now, frame.chat, frame);
      case "chat.replay":
        for (const event of frame.events) this.#hearEvent(now, frame.chat, event);
        return;
      case "chat.snapshot": {
        if (!streams.snapshot(frame.chat, { seq: frame.seq, eid: frame.eid })) return;
        const heard = frame.events.filter((it) => this.#isFromOthers(it.event)).pop();
        if (heard) marks.delivered(frame.chat, heard.seq, now);
        return hands.deliver(frame);
      }
      case "chat.closed":
        this.#resumeLater.delete(frame.chat);
        marks.forget(frame.chat);
        if (streams.forget(frame.chat)) hands.deliver(frame);
        return;
      case "history":
      case "queues":
      case "explained":
      case "forecast":
      case "targets":
      case "bans": {
        const asked = this.#requests.get(frame.re);
        if (asked?.is !== "read" || asked.expects !== frame.type) return;
        this.#requests.delete(frame.re);
        return asked.reply.resolve(frame);
      }
      case "chat.typing":
      case "chat.mark":
      case "wait":
      case "list.snapshot":
      case "list.row":
      case "list.gone":
      case "list.mine":
      case "gap.alarm":
      case "gap.over":
        return hands.deliver(frame);
      default:
        // Of a newer broker.
        return;
    }
  }

  /** Whether it is a message, or a note, that somebody else wrote, and that is to be marked. */
  #isFromOthers(event: ChatEvent): boolean {
    if (event.type !== "posted" && event.type !== "noted") return false;
    return this.#of.options.tellsDelivered && !isMe(this.#you, event.by);
  }

  #hearEvent(now: number, chat: ChatId, { seq, eid, at, event }: Sequenced): void {
    const verdict = this.#of.streams.event(chat, { seq, eid });
    if (verdict.do === "repair") return this.#requestSubscribe(chat, verdict.from);
    if (verdict.do === "ignore") return;
    if (this.#isFromOthers(event)) this.#of.marks.delivered(chat, seq, now);
    this.#of.hands.deliver({ type: "chat.event", chat, seq, eid, at, event });
  }

  #hearPresence(re: number | undefined, view: PresenceView): void {
    const { presence, hands } = this.#of;
    if (re === undefined) {
      presence.heard(view);
      return hands.deliver({ type: "presence", presence: view });
    }
    const asked = this.#requests.get(re);
    if (asked?.is !== "presence") return;
    this.#requests.delete(re);
    presence.heard(view, asked.generation);
    this.#presenceHolds(view);
    asked.reply?.resolve(view);
  }

  #granted(re: number, done: Extract<ToClient, { type: "ok" }>): void {
    const asked = this.#requests.get(re);
    if (!asked) return;
    this.#requests.delete(re);
    const { streams, marks } = this.#of;
    switch (asked.is) {
      case "own":
      case "auth":
        return;
      case "read":
        if (asked.expects === "ok") asked.reply.resolve(done);
        else asked.reply.reject(new ProtocolError("`ok` in place of an answer"));
        return;
      case "presence":
        return asked.reply?.reject(new ProtocolError("`ok` in place of `presence`"));
      case "list":
        this.#list = true;
        return asked.reply?.resolve();
      case "listEnd":
        return asked.reply.resolve();
      case "subscribe":
        streams.granted(asked.chat);
        return asked.reply?.resolve();
      case "unsubscribe":
        streams.left(asked.chat);
        marks.forget(asked.chat);
        return asked.reply.resolve();
      case "write":
        return this.#written(asked.lane, done);
    }
  }

  #written(lane: Lane, done: Extract<ToClient, { type: "ok" }>): void {
    const entry = this.#of.outbox.answered(lane);
    if (!entry) return;
    const { write, reply } = entry;
    const { streams } = this.#of;
    const chat = done.chat ?? ("chat" in write ? write.chat : undefined);
    // A write that had nothing left to do has no event: it stands where the chat stands.
    const last = chat === undefined ? undefined : streams.last(chat);
    const seq = done.seq ?? last?.seq;
    const eid = done.eid ?? last?.eid;
    // The snapshot may have come on a connection that was lost before this answer.
    const follows = write.type === "chat.open" || write.type === "chat.claim";
    if (chat !== undefined && follows && !streams.follows(chat)) {
      streams.follow(chat);
      this.#requestSubscribe(chat, undefined);
    }
    if (chat === undefined || seq === undefined || eid === undefined) {
      reply?.reject(new ProtocolError("`ok` to a write without its place"));
    } else {
      reply?.resolve({ chat, seq, eid });
    }
  }

  #refused(now: number, refused: Refused): void {
    const asked = refused.re === null ? undefined : this.#requests.get(refused.re);
    if (!asked || refused.re === null) return;
    this.#requests.delete(refused.re);
    const error = new RefusedError(refused);
    switch (asked.is) {
      case "own":
        return;
      case "auth":
        return this.#of.renewalRefused(now, refused.temporary);
      case "write":
        return this.#writeRefused(now, asked.lane, refused);
      case "subscribe":
        return this.#notFollowed(now, asked.chat, asked.reply, refused);
      case "list":
        if (asked.reply) asked.reply.reject(error);
        else if (refused.temporary) this.#listRetryAt = this.#until(now, refused);
        else this.#list = false;
        return;
      case "presence":
        if (refused.temporary) {
          if (asked.reply) this.#of.presence.wait(asked.reply);
          this.#presenceRetryAt = this.#until(now, refused);
        } else {
          this.#of.presence.refused(asked.generation);
          for (const reply of this.#of.presence.takeWaiters()) reply.reject(error);
          asked.reply?.reject(error);
        }
        return;
      case "unsubscribe":
        // The broker does not know it: so it is not followed.
        this.#of.streams.left(asked.chat);
        return asked.reply.resolve();
      case "read":
      case "listEnd":
        return asked.reply.reject(error);
    }
  }

  #writeRefused(now: number, lane: Lane, refused: Refused): void {
    const { outbox, backoff } = this.#of;
    if (waits(refused)) {
      const delay = refused.retry_after_ms ?? backoff.after(outbox.pauses(lane));
      return outbox.putOff(lane, now + Math.min(delay, RETRY_AFTER_MAX_MS));
    }
    const entry = outbox.answered(lane);
    if (!entry) return;
    const { cmid, write, reply } = entry;
    if (reply) reply.reject(new RefusedError(refused));
    else this.#of.hands.deliver({ type: "write.refused", cmid, write, refused });
  }

  #notFollowed(now: number, chat: ChatId, reply: Reply<void> | undefined, refused: Refused): void {
    const { streams, hands } = this.#of;
    if (reply) {
      streams.failed(chat);
      reply.reject(new RefusedError(refused));
    } else if (refused.temporary) {
      // It still counts as asked for: its writes go on waiting.
      this.#resumeLater.set(chat, this.#until(now, refused));
    } else if (streams.forget(chat)) {
      hands.deliver({ type: "chat.lost", chat, refused });
    }
  }

  #until(now: number, { retry_after_ms: told }: Refused): number {
    return now + Math.min(told ?? this.#of.backoff.after(0), RETRY_AFTER_MAX_MS);
  }

  // --- losing

  /** Reads that were sent fail; writes, presence, list and chats go on with the next connection. */
  disconnected(now: number): void {
    this.#queued = [];
    this.#resumeLater.clear();
    this.#presenceRetryAt = this.#listRetryAt = undefined;
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
    const asked = [...this.#requests.values()];
    this.#requests.clear();
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

/** That nobody is there passes when somebody comes: what to do meanwhile is the person's choice. */
const waits = ({ temporary, code }: Refused): boolean =>
  temporary && code !== "offline" && code !== "target_offline";

/** Whether `person` is whom the connection belongs to. */
export function isMe(you: You | undefined, person: Person): boolean {
  if (you?.role === "patron") return person.kind === "patron";
  if (you?.role !== "operator" || person.kind !== "operator") return false;
  return you.person.kind === "operator" && you.person.id === person.id;
}

export { laneOf };
