// What the widget shows, as one value; each change makes a new one. Pure.

import type { Chat, Desk, protocol } from "@deskbell/client";

type ChatId = protocol.ChatId;

/** What the patron tells before the chat. */
export interface Asked {
  question: string;
  name: string;
  contact: string;
  answers: readonly string[];
}

/** A field of a form, and what is wrong with it. */
export type Problems = Readonly<Record<string, string>>;

export interface State {
  /** What the widget says and asks; none until the broker answered. */
  info: protocol.WidgetInfo | undefined;
  /** Whether somebody would answer; unknown while the broker cannot be asked. */
  now: protocol.Available | undefined;
  /** Why the widget cannot be had at all. */
  broken: string | undefined;
  /** Whether its window is open. */
  open: boolean;
  asked: Asked;
  problems: Problems;
  /** The connection and what it follows, once the patron has rung. */
  desk: Desk | undefined;
  chat: ChatId | undefined;
  /** Rung, and not answered yet by the broker. */
  ringing: boolean;
  draft: string;
  /** Sent, and not confirmed yet. */
  sending: readonly string[];
  asks: "end" | "ticket" | undefined;
  /** Whether it is recent that somebody was heard to write. */
  writes: boolean;
  /** A refusal, in words. */
  refused: string | undefined;
  /** The place up to which the patron has seen the chat. */
  seen: number;
  /** Where what the patron did leads, by the id of the element, until the focus is there. */
  focus: string | undefined;
  /** The wall clock, ms. */
  time: number;
}

export const START: State = {
  info: undefined,
  now: undefined,
  broken: undefined,
  open: false,
  asked: { question: "", name: "", contact: "", answers: [] },
  problems: {},
  desk: undefined,
  chat: undefined,
  ringing: false,
  draft: "",
  sending: [],
  asks: undefined,
  writes: false,
  refused: undefined,
  seen: 0,
  focus: undefined,
  time: 0,
};

export type Button =
  "loading" | "online" | "away" | "offline" | "unreachable" | "broken" | "chatting" | "unread";
export type Pane =
  "form" | "offline" | "ringing" | "waiting" | "ticket" | "talking" | "end" | "over" | "rated";
export type Line = "reconnecting" | "elsewhere" | "lost" | "refused";
export type Name = `button ${Button}` | `pane ${Pane}` | `line ${Line}`;

const isRated = (chat: Chat): boolean => chat.events.some((it) => it.event.type === "rated");

export const chatOf = (state: State): Chat | undefined =>
  state.chat === undefined ? undefined : state.desk?.chats.get(state.chat);

/** Whether there is a chat that goes on. */
export const goesOn = (state: State): boolean => {
  const phase = chatOf(state)?.view.phase;
  return state.ringing || phase === "waiting" || phase === "active";
};

export function button(state: State): Button {
  if (state.broken !== undefined) return "broken";
  if (unread(state) > 0) return "unread";
  if (goesOn(state)) return "chatting";
  if (state.info === undefined) return "loading";
  return state.now === undefined ? "unreachable" : state.now.availability;
}

export function pane(state: State): Pane {
  const chat = chatOf(state);
  if (chat === undefined) {
    if (state.ringing) return "ringing";
    // Who has begun to ask is not interrupted: whether somebody is there is told at the ring.
    const begun = state.asked.question !== "";
    return state.now?.availability === "offline" && !begun ? "offline" : "form";
  }
  if (chat.view.phase === "ended") {
    if (state.asks === "ticket" && unanswered(state)) return "ticket";
    return isRated(chat) ? "rated" : "over";
  }
  if (state.asks !== undefined) return state.asks;
  return chat.view.phase === "waiting" ? "waiting" : "talking";
}

/** The same app took over in another tab. */
const SUPERSEDED = 4003;

export function line(state: State): Line | undefined {
  const status = state.desk?.status;
  if (status?.is === "waiting") return "reconnecting";
  if (status?.is === "closed" && status.reason.by !== "app") {
    const { reason } = status;
    return reason.by === "broker" && reason.code === SUPERSEDED ? "elsewhere" : "lost";
  }
  return state.refused === undefined ? undefined : "refused";
}

/** All that is shown now: what the tests hold against the list. */
export function names(state: State): Name[] {
  const shown: Name[] = [state.open ? `pane ${pane(state)}` : `button ${button(state)}`];
  const broken = state.open ? line(state) : undefined;
  if (broken) shown.push(`line ${broken}`);
  return shown;
}

/** Messages of others that the patron has not seen. */
export function unread(state: State): number {
  const events = chatOf(state)?.events ?? [];
  return events.filter(
    ({ seq, event }) => seq > state.seen && event.type === "posted" && event.by.kind === "operator",
  ).length;
}

/** Whether the patron was offered a ticket and has not taken it. */
export const ticketOffered = (state: State): boolean =>
  chatOf(state)?.view.phase === "waiting" &&
  (chatOf(state)?.events.some((it) => it.event.type === "ticket_offered") ?? false);

/** Whether the chat ended without an answer that she may still have by e-mail. */
export function unanswered(state: State): boolean {
  const events = chatOf(state)?.events ?? [];
  const end = events.findLast((it) => it.event.type === "ended")?.event;
  const missed = end?.type === "ended" && end.cause === "missed" && end.by.kind !== "patron";
  return missed && !events.some((it) => it.event.type === "ticket_requested");
}

/** Who writes, as far as it is known to be so now. */
export const writing = (state: State): protocol.Person[] =>
  state.writes ? (chatOf(state)?.typing ?? []).filter((it) => it.kind === "operator") : [];

/** What is wrong with what the patron tells, by field. */
export function check(info: protocol.WidgetInfo, asked: Asked): Problems {
  const problems: Record<string, string> = {};
  const need = (field: string, value: string, what: string) => {
    if (value.trim() === "") problems[field] = what;
  };
  need("question", asked.question, "Please write your question.");
  if (info.ask.name === "required") need("name", asked.name, "Please tell your name.");
  if (info.ask.contact === "required") {
    need("contact", asked.contact, "Please tell how to reach you.");
  }
  info.ask.questions?.forEach((it, index) => {
    if (it.required) need(`answer-${index}`, asked.answers[index] ?? "", "Please answer this.");
  });
  return problems;
}
