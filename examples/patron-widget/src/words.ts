// Everything the widget says, in one place: for the eye, for the ear and for the transcript. Pure.

import type { protocol } from "@deskbell/client";

import type { Button, State } from "./state.js";
import { chatOf, unread } from "./state.js";

type Person = protocol.Person;

export const called = (who: Person): string =>
  who.kind === "operator" ? who.name : who.kind === "patron" ? "You" : "The library";

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const clock = (at: string): string =>
  new Date(at).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });

const BUTTON: Readonly<Record<Exclude<Button, "unread">, string>> = {
  loading: "one moment",
  online: "online",
  away: "away",
  offline: "offline",
  unreachable: "cannot be reached",
  broken: "not available",
  chatting: "your chat",
};

/** What stands beside the widget's name on the button. */
export function buttonWord(state: State, button: Button): string {
  return button === "unread" ? count(unread(state), "new message", "new messages") : BUTTON[button];
}

/** How the wait stands, and nothing that nobody knows. */
export function wait(state: State): string {
  if (state.now?.availability === "offline") {
    return "Nobody is here to answer just now. You keep your place for whoever comes.";
  }
  const told = chatOf(state)?.wait;
  if (!told) return "You are in the queue.";
  const before =
    told.ahead === 0
      ? "Nobody is before you."
      : `${count(told.ahead, "person is", "people are")} before you.`;
  const minutes = Math.floor((state.time - Date.parse(told.longest_now)) / 60_000);
  const longest =
    minutes < 1
      ? "The longest wait now is under a minute."
      : `The longest wait now is ${count(minutes, "minute", "minutes")}.`;
  const half = told.estimate_minutes ?? 0;
  const estimate =
    half > 0
      ? ` In the last hour half of all waited at most ${count(half, "minute", "minutes")}.`
      : "";
  return `${before} ${longest}${estimate}`;
}

const ENDED: Readonly<Record<protocol.EndCause, string>> = {
  operator: "The librarian ended the chat.",
  patron: "You ended the chat.",
  missed: "Nobody could answer in time. We are sorry.",
  patron_gone: "The chat ended while you were away.",
  dismissed: "The library closed this chat.",
  ticket: "Your question became a ticket: the library answers by e-mail.",
};

/** Why, and by whom: given up in the queue it is missed, and yet she knows why. */
export const ended = (cause: protocol.EndCause, by: Person): string =>
  cause === "missed" && by.kind === "patron" ? ENDED.patron : ENDED[cause];

/** What needs no line in the conversation. */
const SILENT = {
  // Her own words, which stand as such, and others' messages.
  opened: true,
  posted: true,
  patron_changed: true,
  // Whether she is there she knows.
  patron_away: true,
  patron_back: true,
  // Never told to patrons (`broker/domain/src/audience.rs`).
  hidden: true,
  rung: true,
  noted: true,
  transfer_canceled: true,
  transfer_declined: true,
  transfer_lapsed: true,
  operator_away: true,
  operator_back: true,
  participant_lost: true,
  dismissed: true,
  contact_revealed: true,
  tagged: true,
} as const;

/** What is told by a line of its own. */
export type Told = Exclude<protocol.ChatEvent["type"], keyof typeof SILENT>;

/** A line in the conversation that is no message; none for what needs no line. */
export const told = (event: protocol.ChatEvent, state: State): string | undefined =>
  isTold(event) ? lineOf(event, state) : undefined;

const isTold = (
  event: protocol.ChatEvent,
): event is Extract<protocol.ChatEvent, { type: Told }> => !(event.type in SILENT);

function lineOf(
  event: Extract<protocol.ChatEvent, { type: Told }>,
  state: State,
): string | undefined {
  switch (event.type) {
    case "claimed":
      return answers(event.by, state);
    case "transfer_offered":
      return `${called(event.by)} asks ${event.to_name} to help you.`;
    case "left":
      return event.by.kind === "patron" ? undefined : `${called(event.by)} left the chat.`;
    case "owner_lost":
    case "returned":
      return `${called(event.who)} had to go. You have your old place in the queue.`;
    case "ticket_offered":
      return `${OFFERED[event.why]} You can leave your e-mail address, or go on waiting.`;
    case "ticket_requested":
      return `You asked for an answer by e-mail to ${event.email}.`;
    case "idled":
      return event.text;
    case "rated":
      return `You rated the chat ${event.rating} of 5.`;
    case "ended":
      return ended(event.cause, event.by);
    case "erased":
      return "Something was erased from this chat.";
    default:
      return ofNewerBroker(event);
  }
}

/** Nothing is shown of what this widget does not know yet. */
const ofNewerBroker = (_: never): undefined => undefined;

const OFFERED: Readonly<Record<protocol.OfferReason, string>> = {
  waited: "It takes longer than we wish.",
  nobody: "Nobody is here any more to answer.",
};

/** Who answers; and that it is somebody of another library, if it is. */
function answers(who: Person, state: State): string {
  const home = chatOf(state)?.view.home;
  const elsewhere = who.kind === "operator" && who.library && home && who.library !== home;
  const coop = state.info?.texts.coop ?? "They work at another library of our co-op.";
  return `${called(who)} answers you.${elsewhere ? ` ${coop}` : ""}`;
}

const LATER = "That cannot be done just now. Please try again in a moment.";

/** What a patron can meet, in her words; what the broker says is for who builds a client. */
export const REFUSALS = {
  offline: "Nobody is here to answer just now. What you wrote is kept.",
  banned: "This library takes no chats from you for now. Please reach it another way.",
  too_many_chats: "You have another chat open: please end that one first.",
  rate_limited: "That was too fast for us. Please wait a moment, and try again.",
  bad_text: "That is too long, or empty. Please change it, and try again.",
  chat_full: "This chat is full. Please end it, and ask again.",
  chat_ended: "This chat is over. What you wrote was not sent.",
  being_answered: "Somebody is answering you now: please ask in the chat.",
  not_ratable: "This chat cannot be rated.",
  not_found: "This chat cannot be found any more. Please ask again.",
  busy: LATER,
  unavailable: LATER,
  internal: LATER,
} as const satisfies Partial<Record<protocol.ErrorCode, string>>;

export const UNREACHABLE =
  "The library cannot be reached just now. What you wrote is kept: please try again.";

/** Why something was not done; without a code nobody was reached who could tell. */
export const refusal = (code: protocol.ErrorCode | undefined): string =>
  code === undefined
    ? UNREACHABLE
    : ((REFUSALS as Partial<Record<protocol.ErrorCode, string>>)[code] ??
      "That could not be done. Please reach the library another way.");

/** The whole chat as a text to keep. */
export function transcript(state: State): string {
  const chat = chatOf(state);
  const { library = "", name = "" } = state.info ?? {};
  const lines = (chat?.events ?? []).flatMap(({ at, event }) => {
    const time = new Date(at).toLocaleString();
    switch (event.type) {
      case "opened":
        return [`[${time}] You: ${event.question}`];
      case "posted":
        return [`[${time}] ${called(event.by)}: ${event.text}`];
      default: {
        const words = told(event, state);
        return words === undefined ? [] : [`[${time}] ${words}`];
      }
    }
  });
  return [`${library}, ${name}`, "", ...lines, ""].join("\r\n");
}
