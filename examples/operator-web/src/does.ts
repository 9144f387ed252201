// What the pages can ask for. The views know nothing else of the world; `desk.ts` does it.

import type { protocol } from "@deskbell/client";

import type { App, Calling, Dialog, Draft, Tab } from "./state.js";

type ChatId = protocol.ChatId;
type Target = protocol.Target;

/** Where a chat goes at the end of a shift, and what whoever claims it should know. */
export interface HandOver {
  chat: ChatId;
  to: Target;
  note: string;
}

export interface Does {
  signIn(user: string, password: string): void;
  signInAgain(password: string): void;
  /** Takes the desk over from another window. */
  useHere(): void;
  goTo(tab: Tab): void;

  setStatus(status: protocol.Status): void;
  monitor(target: Target, on: boolean): void;
  monitorTickets(queue: protocol.TicketQueueId, on: boolean): void;
  checkStatus(): void;
  setCalling(change: Partial<Calling>): void;

  show(chat: ChatId): void;
  closeChat(): void;
  putAway(chat: ChatId): void;
  earlier(chat: ChatId): void;
  claim(chat: ChatId): void;
  write(chat: ChatId, change: Partial<Draft>): void;
  send(chat: ChatId): void;
  toggleInfo(): void;

  ask(dialog: Dialog): void;
  askTransfer(chat: ChatId): void;
  askEndShift(): void;
  dismissDialog(): void;
  dismissNotice(): void;

  transfer(chat: ChatId, to: Target, note: string, tellPatron: boolean): void;
  cancelTransfer(chat: ChatId): void;
  decline(chat: ChatId, reason: string): void;
  leave(chat: ChatId): void;
  end(chat: ChatId): void;
  dismiss(chat: ChatId, note: string): void;
  setPatron(chat: ChatId, name: string, contact: string): void;
  reveal(chat: ChatId): void;
  tag(chat: ChatId, tags: string[]): void;
  endShift(handOvers: HandOver[]): void;
  signOut(anyway: boolean): void;
}

/** What every view is made from. */
export interface Seen {
  readonly app: App;
  readonly does: Does;
}
