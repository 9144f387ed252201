// *My Chats*: the chats that an operator is in, with how many messages she has not read and since
// when the patron waits for an answer. Fed with every event, asked for rows. It says the same on
// each device of hers: which chats are hers comes with the list, how far she has read from her own
// marks and messages.

import type { Event } from "./event.js";
import { isMe } from "./heard.js";
import type { ChatId, MyChat, Sequenced, You } from "./protocol.gen.js";

/** A chat that she is in, or was in when it ended. */
export interface MyRow {
  chat: ChatId;
  owner: boolean;
  /** Messages and notes of others that she has not read; of a long chat, of its last 50 events. */
  unread: number;
  /** When the patron last wrote (RFC 3339), if nobody has answered since. */
  unansweredSince: string | undefined;
  ended: boolean;
}

interface Talk {
  /** The place up to which she has read. */
  read: number;
  unread: number[];
  unansweredSince: string | undefined;
  ended: boolean;
}

const fresh = (read = 0): Talk => ({ read, unread: [], unansweredSince: undefined, ended: false });

export class MyChats {
  #you: You | undefined;
  #mine: MyChat[] = [];
  readonly #talks = new Map<ChatId, Talk>();

  /** Takes in whatever the SDK delivers. */
  take(event: Event): void {
    switch (event.type) {
      case "status":
        if (event.status.is === "open") this.#you = event.status.welcome.you;
        return;
      case "list.mine": {
        const now = new Set(event.chats.map((it) => it.chat));
        const over = (it: MyChat) => !now.has(it.chat) && this.#talks.get(it.chat)?.ended;
        this.#mine = [...event.chats, ...this.#mine.filter(over)];
        return;
      }
      case "chat.snapshot": {
        const talk = fresh(this.#talks.get(event.chat)?.read);
        this.#talks.set(event.chat, talk);
        for (const sequenced of event.events) this.#happened(talk, sequenced);
        talk.ended = event.state.phase === "ended";
        return;
      }
      case "chat.event": {
        const talk = this.#talks.get(event.chat);
        if (talk) this.#happened(talk, event);
        return;
      }
      case "chat.mark": {
        if (!isMe(this.#you, event.who)) return;
        const talk = this.#talks.get(event.chat) ?? fresh();
        this.#talks.set(event.chat, talk);
        readUpTo(talk, event.read);
        return;
      }
      case "chat.closed":
      case "chat.lost":
        this.#talks.delete(event.chat);
    }
  }

  #happened(talk: Talk, { seq, at, event }: Sequenced): void {
    if (event.type === "opened") talk.unansweredSince = at;
    if (event.type === "ended") Object.assign(talk, { ended: true, unansweredSince: undefined });
    if (event.type !== "posted" && event.type !== "noted") return;
    if (event.type === "posted" && event.by.kind === "patron") talk.unansweredSince = at;
    if (event.type === "posted" && event.by.kind === "operator") talk.unansweredSince = undefined;
    if (isMe(this.#you, event.by)) readUpTo(talk, seq);
    else if (seq > talk.read) talk.unread.push(seq);
  }

  /** She sees a chat on her screen: all of it is read. Tells the place to hand to `Client.read`. */
  shown(chat: ChatId): number | undefined {
    const talk = this.#talks.get(chat);
    const last = talk?.unread.at(-1);
    if (talk && last !== undefined) readUpTo(talk, last);
    return last;
  }

  /** She puts an ended chat away. */
  close(chat: ChatId): void {
    if (!this.#talks.get(chat)?.ended) return;
    this.#mine = this.#mine.filter((it) => it.chat !== chat);
    this.#talks.delete(chat);
  }

  /** Chats of hers that are not followed here yet: subscribe to them. */
  toFollow(): ChatId[] {
    return this.#mine.map((it) => it.chat).filter((chat) => !this.#talks.has(chat));
  }

  /** All of them, the patron who rang first before the others; what ended stands last. */
  rows(): MyRow[] {
    return this.#mine.map(({ chat, owner }) => {
      const { unread, unansweredSince, ended } = this.#talks.get(chat) ?? fresh();
      return { chat, owner, unread: unread.length, unansweredSince, ended };
    });
  }
}

function readUpTo(talk: Talk, seq: number): void {
  talk.read = Math.max(talk.read, seq);
  talk.unread = talk.unread.filter((place) => place > seq);
}
