// What a desk shows, as one value that is replaced whenever something changes: any framework can
// subscribe to it (`subscribe` calls back at once and after each change, as Svelte's stores do;
// with `get` it is what React's `useSyncExternalStore` wants).

import type { Client } from "./client.js";
import type { Event, Status } from "./event.js";
import { fold, same } from "./fold.js";
import { MyChats, type MyRow } from "./my-chats.js";
import type {
  Audience,
  ChatId,
  ChatView,
  ListRow,
  Person,
  PresenceView,
  Sequenced,
  ToClient,
} from "./protocol.gen.js";

export interface Store<T> {
  get(): T;
  /** Calls back at once and after each change; what it returns ends that. */
  subscribe(run: (value: T) => void): () => void;
}

/** A chat that is followed. */
export interface Chat {
  view: ChatView;
  audience: Audience;
  /** From the last snapshot on. */
  events: readonly Sequenced[];
  /** Who writes right now. */
  typing: readonly Person[];
  marks: readonly { who: Person; delivered: number; read: number }[];
  /** The patron's place, while it waits. */
  wait?: Extract<ToClient, { type: "wait" }>;
}

export interface Desk {
  /** `waiting` until a try succeeds: a try is no news to who looks on. */
  status: Status;
  presence: PresenceView | undefined;
  /** *Patron Chats*, longest waiting first. */
  rows: readonly ListRow[];
  /** *My Chats*. */
  mine: readonly MyRow[];
  chats: ReadonlyMap<ChatId, Chat>;
  /** Queues where nobody stands. */
  alarms: readonly Extract<ToClient, { type: "gap.alarm" }>[];
}

export interface DeskStore extends Store<Desk> {
  /** The person sees the whole chat: it is read. */
  shown(chat: ChatId): void;
  /** The person puts an ended chat away. */
  putAway(chat: ChatId): void;
}

/** Follows `client`. Chats of *My Chats* that another device claimed are followed, too. */
export function deskStore(client: Client): DeskStore {
  const mine = new MyChats();
  const subscribers = new Set<(value: Desk) => void>();
  let desk: Desk = {
    status: client.status,
    presence: undefined,
    rows: [],
    mine: [],
    chats: new Map(),
    alarms: [],
  };
  const show = (next: Desk) => {
    desk = next;
    for (const run of subscribers) run(desk);
  };
  client.listen((event) => {
    mine.take(event);
    for (const chat of event.type === "list.mine" ? mine.toFollow() : []) {
      // Refused, it is one that was lost meanwhile: the next list says so.
      client.subscribe(chat).catch(() => {});
    }
    show({ ...take(desk, event), mine: mine.rows() });
  });
  return {
    get: () => desk,
    subscribe(run) {
      subscribers.add(run);
      run(desk);
      return () => subscribers.delete(run);
    },
    shown(chat) {
      const seq = mine.shown(chat) ?? desk.chats.get(chat)?.events.at(-1)?.seq;
      if (seq !== undefined) client.read(chat, seq);
      show({ ...desk, mine: mine.rows() });
    },
    putAway(chat) {
      if (desk.chats.get(chat)?.view.phase !== "ended") return;
      mine.close(chat);
      // Refused, it is followed no more already.
      client.unsubscribe(chat).catch(() => {});
      show({ ...without(desk, chat), mine: mine.rows() });
    },
  };
}

const inOrder = (rows: ListRow[]): ListRow[] =>
  rows.sort((one, other) => Date.parse(one.since) - Date.parse(other.since));

function take(desk: Desk, event: Event): Desk {
  switch (event.type) {
    case "status": {
      const tries = event.status.is === "connecting" && desk.status.is === "waiting";
      return tries ? desk : { ...desk, status: event.status };
    }
    case "presence":
      return { ...desk, presence: event.presence };
    case "list.snapshot":
      return { ...desk, rows: event.rows };
    case "list.row": {
      const others = desk.rows.filter((it) => it.chat !== event.row.chat);
      return { ...desk, rows: inOrder([...others, event.row]) };
    }
    case "list.gone":
      return { ...desk, rows: desk.rows.filter((it) => it.chat !== event.chat) };
    case "gap.alarm": {
      const others = desk.alarms.filter((it) => it.target !== event.target);
      return { ...desk, alarms: [...others, event] };
    }
    case "gap.over":
      return { ...desk, alarms: desk.alarms.filter((it) => it.target !== event.target) };
    case "chat.snapshot": {
      const { chat, state: view, audience, events } = event;
      const { typing = [], marks = [] } = desk.chats.get(chat) ?? {};
      return withChat(desk, chat, { view, audience, events, typing, marks });
    }
    case "chat.event":
      return change(desk, event.chat, (chat) => happened(chat, event));
    case "chat.typing":
      return change(desk, event.chat, (chat) => {
        const others = chat.typing.filter((it) => !same(it, event.who));
        return { ...chat, typing: event.on ? [...others, event.who] : others };
      });
    case "chat.mark":
      return change(desk, event.chat, (chat) => {
        const { who, delivered, read } = event;
        const others = chat.marks.filter((it) => !same(it.who, who));
        return { ...chat, marks: [...others, { who, delivered, read }] };
      });
    case "wait":
      return change(desk, event.chat, (chat) => ({ ...chat, wait: event }));
    case "chat.closed":
    case "chat.lost":
      return without(desk, event.chat);
    default:
      return desk;
  }
}

function happened(chat: Chat, { seq, eid, at, event }: Sequenced): Chat {
  const by = event.type === "posted" ? event.by : undefined;
  return {
    ...chat,
    view: fold(chat.view, event, at),
    events: [...chat.events, { seq, eid, at, event }],
    // Who has said it writes it no more.
    typing: by ? chat.typing.filter((it) => !same(it, by)) : chat.typing,
  };
}

function change(desk: Desk, id: ChatId, to: (chat: Chat) => Chat): Desk {
  const chat = desk.chats.get(id);
  return chat ? withChat(desk, id, to(chat)) : desk;
}

function withChat(desk: Desk, id: ChatId, chat: Chat): Desk {
  return { ...desk, chats: new Map(desk.chats).set(id, chat) };
}

function without(desk: Desk, id: ChatId): Desk {
  const chats = new Map(desk.chats);
  chats.delete(id);
  return { ...desk, chats };
}
