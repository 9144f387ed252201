// What the desk shows, as one value; each change makes a new one. Pure: what the broker tells is
// the SDK's `Desk`, everything else is what the operator has chosen or typed here.

import type { Desk, protocol } from "@deskbell/client";

type ChatId = protocol.ChatId;
type Person = protocol.Person;

/** The two pages of the desk. */
export type Tab = "settings" | "chats";

/** Who will read what is typed. */
export type Mode = "patron" | "staff";

/** What is typed and not sent. */
export interface Draft {
  text: string;
  mode: Mode;
}

/** What stands over the page until it is answered. */
export type Dialog =
  | { is: "expired"; why: string }
  | { is: "transfer"; chat: ChatId; targets?: protocol.Targets }
  | { is: "end"; chat: ChatId }
  | { is: "decline"; chat: ChatId }
  | { is: "dismiss"; chat: ChatId }
  | { is: "end_shift"; targets: ReadonlyMap<ChatId, protocol.Targets> }
  | { is: "keys" };

/** What happened and wants to be known; stays until it is put away. */
export type Notice =
  | { is: "lost_claim"; by: Person | undefined; next: protocol.ListRow | undefined }
  | { is: "refused"; message: string };

/** How the operator is called when somebody rings. */
export interface Calling {
  sound: boolean;
  notifications: boolean;
}

/** A place on the page: its heading, the chat's, the field to write in, or a chat in the lists. */
export type Focus = "page" | "chat" | "text" | { row: ChatId };

export interface App {
  /** None before the first sign-in. */
  desk: Desk | undefined;
  me: Person | undefined;
  tab: Tab;
  /** While an answer is awaited. */
  busy: boolean;
  /** Why the last sign-in, or what the open dialog asked for, was refused. */
  problem: string | undefined;
  queues: protocol.Queues | undefined;
  /** When the queues were asked for, ms. */
  checked: number | undefined;
  checking: boolean;
  /** The chat in the panel. */
  open: ChatId | undefined;
  /** Whether *Patron Information* stands beside it. */
  info: boolean;
  earlier: ReadonlyMap<ChatId, readonly protocol.Sequenced[]>;
  drafts: ReadonlyMap<ChatId, Draft>;
  dialog: Dialog | undefined;
  notice: Notice | undefined;
  calling: Calling;
  /** Where what the person did leads, until the focus is there. */
  focus: Focus | undefined;
  /** The wall clock, ms, as of the last second that matters here. */
  now: number;
}

export const START: App = {
  desk: undefined,
  me: undefined,
  tab: "settings",
  busy: false,
  problem: undefined,
  queues: undefined,
  checked: undefined,
  checking: false,
  open: undefined,
  info: false,
  earlier: new Map(),
  drafts: new Map(),
  dialog: undefined,
  notice: undefined,
  calling: { sound: true, notifications: false },
  focus: undefined,
  now: 0,
};

/** Every page, dialog and notice there is. `states.ts` has an example of each. */
export type Page =
  | "sign_in"
  | "connecting"
  | "settings"
  | "chats"
  | "preview"
  | "offered"
  | "conversation"
  | "participant"
  | "returned"
  | "ended";
export type Line = "reconnecting" | "elsewhere" | "over";
export type State = Page | `dialog ${Dialog["is"]}` | `notice ${Notice["is"]}` | `line ${Line}`;

/** Which page is shown. */
export function page(app: App): Page {
  const { desk } = app;
  if (!desk || !app.me) return desk ? "connecting" : "sign_in";
  if (app.tab === "settings") return "settings";
  const chat = app.open === undefined ? undefined : desk.chats.get(app.open);
  if (app.open === undefined || !chat) return "chats";
  const { view, audience } = chat;
  if (view.phase === "ended") return "ended";
  if (isMe(app, view.owner)) return "conversation";
  const isIn = view.participants?.some((it) => isMe(app, it)) ?? false;
  if (isIn) return view.phase === "waiting" ? "returned" : "participant";
  return view.transfer && audience !== "patron" ? "offered" : "preview";
}

/** What is wrong with the connection, if something is. */
export function line(app: App): Line | undefined {
  const status = app.desk?.status;
  if (status?.is === "waiting") return "reconnecting";
  // The dialog that asks for a password says it by itself.
  if (status?.is !== "closed" || expiry(app) !== undefined) return undefined;
  const { reason } = status;
  return reason.by === "broker" && reason.code === SUPERSEDED ? "elsewhere" : "over";
}

/** The same app took over in another window. */
export const SUPERSEDED = 4003;
/** After these the person signs in again, and all goes on. */
const SIGN_IN_AGAIN = new Set([4001, 4005, 4103]);

/** Why a password is asked for again. */
export function expiry(app: App): string | undefined {
  const status = app.desk?.status;
  if (status?.is !== "closed") return undefined;
  const { reason } = status;
  return reason.by === "broker" && SIGN_IN_AGAIN.has(reason.code) ? reason.message : undefined;
}

/** All that is shown now: what the tests hold against the list. */
export function states(app: App): State[] {
  const shown: State[] = [page(app)];
  const broken = line(app);
  if (broken) shown.push(`line ${broken}`);
  if (app.notice) shown.push(`notice ${app.notice.is}`);
  if (app.dialog) shown.push(`dialog ${app.dialog.is}`);
  return shown;
}

export function isMe(app: App, who: Person | null | undefined): boolean {
  return (
    who?.kind === "operator" && app.me?.kind === "operator" && (who.id ?? "") === (app.me.id ?? "")
  );
}

/** Chats that wait for somebody to claim them, and that this operator is called for. */
export function waiting(app: App): readonly protocol.ListRow[] {
  const status = app.desk?.presence?.status;
  return status === "online" || status === "away" ? (app.desk?.rows ?? []) : [];
}

/** Messages that she has not read. */
export const unread = (app: App): number =>
  (app.desk?.mine ?? []).reduce((sum, it) => sum + it.unread, 0);

export const draft = (app: App, chat: ChatId): Draft =>
  app.drafts.get(chat) ?? { text: "", mode: "patron" };

export function withDraft(app: App, chat: ChatId, change: Partial<Draft>): App {
  const drafts = new Map(app.drafts);
  const next = { ...draft(app, chat), ...change };
  if (next.text === "" && next.mode === "patron") drafts.delete(chat);
  else drafts.set(chat, next);
  return { ...app, drafts };
}

/** Everything said in a chat that is here: what was asked for later stands before the rest. */
export function events(app: App, chat: ChatId): readonly protocol.Sequenced[] {
  const recent = app.desk?.chats.get(chat)?.events ?? [];
  const first = recent[0]?.seq ?? 1;
  const earlier = (app.earlier.get(chat) ?? []).filter((it) => it.seq < first);
  return [...earlier, ...recent];
}

/** Names of queues, as far as they are known. */
export function queueName(app: App, target: protocol.Target): string {
  const all = [...(app.queues?.departments ?? []), ...(app.queues?.coops ?? [])];
  return all.find((it) => it.target === target)?.name ?? target.replace(/^[a-z]+\//, "");
}
