// Frames from the broker: what they mean to calls that wait, and to the app.
//
// Frames and events of a newer broker are passed over, not refused. A reply to nothing that was
// asked is dropped: it belongs to a request that failed already.

import { ProtocolError, RefusedError } from "./errors.js";
import type { Lane } from "./outbox.js";
import { Pace } from "./pace.js";
import type {
  ChatEvent,
  ChatId,
  Person,
  PresenceView,
  Refused,
  Sequenced,
  ToClient,
  Welcome,
  You,
} from "./protocol.gen.js";
import type { Reply } from "./reply.js";
import { RETRY_AFTER_MAX_MS, type Session } from "./session.js";
import type { Talk } from "./talk.js";

export class Heard {
  readonly #of: Session;
  readonly #talk: Talk;

  constructor(of: Session, talk: Talk) {
    this.#of = of;
    this.#talk = talk;
  }

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
    this.#talk.flow(now);
  }

  #welcome(now: number, welcome: Welcome): void {
    const of = this.#of;
    this.#talk.requests.delete(welcome.re);
    of.opened(now);
    of.clock = { told: Date.parse(welcome.server_time), at: now };
    of.pingEveryMs = welcome.ping_ms;
    of.pace = new Pace(welcome.limits, now);
    of.limits = welcome.limits;
    of.tokenExpires(welcome.token_expires, now);
    const told = Date.parse(welcome.server_time);
    of.presence.date((made) => new Date(told - (now - made)).toISOString());
    this.#talk.you = welcome.you;
    of.setOpen({ is: "open", welcome });
    if (welcome.you.role === "operator" && of.presence.overtaken(welcome.you.presence)) {
      this.#presenceHolds(welcome.you.presence);
    } else {
      this.#talk.restatePresence();
    }
    if (this.#talk.list) this.#talk.requestList(undefined);
    for (const [chat, from] of of.streams.resume()) this.#talk.requestSubscribe(chat, from);
    this.#talk.callLater();
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
        return this.refused(now, frame);
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
        this.#talk.resumeLater.delete(frame.chat);
        marks.forget(frame.chat);
        if (streams.forget(frame.chat)) hands.deliver(frame);
        return;
      case "history":
      case "queues":
      case "explained":
      case "forecast":
      case "targets":
      case "bans": {
        const asked = this.#talk.requests.get(frame.re);
        if (asked?.is !== "read" || asked.expects !== frame.type) return;
        this.#talk.requests.delete(frame.re);
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
    return this.#of.options.tellsDelivered && !isMe(this.#talk.you, event.by);
  }

  #hearEvent(now: number, chat: ChatId, { seq, eid, at, event }: Sequenced): void {
    const verdict = this.#of.streams.event(chat, { seq, eid });
    if (verdict.do === "repair") return this.#talk.requestSubscribe(chat, verdict.from);
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
    const asked = this.#talk.requests.get(re);
    if (asked?.is !== "presence") return;
    this.#talk.requests.delete(re);
    presence.heard(view, asked.generation);
    this.#presenceHolds(view);
    asked.reply?.resolve(view);
  }

  #granted(re: number, done: Extract<ToClient, { type: "ok" }>): void {
    const asked = this.#talk.requests.get(re);
    if (!asked) return;
    this.#talk.requests.delete(re);
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
        this.#talk.list = true;
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
      this.#talk.requestSubscribe(chat, undefined);
    }
    if (chat === undefined || seq === undefined || eid === undefined) {
      reply?.reject(new ProtocolError("`ok` to a write without its place"));
    } else {
      reply?.resolve({ chat, seq, eid });
    }
  }

  /** A request was refused, by the broker or before it left. */
  refused(now: number, refused: Refused): void {
    const asked = refused.re === null ? undefined : this.#talk.requests.get(refused.re);
    if (!asked || refused.re === null) return;
    this.#talk.requests.delete(refused.re);
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
        else if (refused.temporary) this.#talk.listRetryAt = this.#until(now, refused);
        else this.#talk.list = false;
        return;
      case "presence":
        if (refused.temporary) {
          if (asked.reply) this.#of.presence.wait(asked.reply);
          this.#talk.presenceRetryAt = this.#until(now, refused);
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
      this.#talk.resumeLater.set(chat, this.#until(now, refused));
    } else if (streams.forget(chat)) {
      hands.deliver({ type: "chat.lost", chat, refused });
    }
  }

  #until(now: number, { retry_after_ms: told }: Refused): number {
    return now + Math.min(told ?? this.#of.backoff.after(0), RETRY_AFTER_MAX_MS);
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
