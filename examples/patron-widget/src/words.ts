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

/** A line in the conversation that is no message; none for what needs no line. */
export function told(event: protocol.ChatEvent, state: State): string | undefined {
  switch (event.type) {
    case "claimed":
      return answers(event.by, state);
    case "transfer_offered":
      return `${called(event.by)} asks ${event.to_name} to help you.`;
    case "transfer_canceled":
      return `${called(event.by)} goes on helping you.`;
    case "left":
      return event.by.kind === "patron" ? undefined : `${called(event.by)} left the chat.`;
    case "operator_away":
      return `${called(event.who)} lost the connection. Please stay; what you write is kept.`;
    case "operator_back":
      return `${called(event.who)} is back.`;
    case "owner_lost":
    case "returned":
      return `${called(event.who)} had to go. You have your old place in the queue.`;
    case "ticket_offered":
      return "It takes longer than we wish. You can leave your e-mail address, or go on waiting.";
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
      return undefined;
  }
}

/** Who answers; and that it is somebody of another library, if it is. */
function answers(who: Person, state: State): string {
  const home = chatOf(state)?.view.home;
  const elsewhere = who.kind === "operator" && who.library && home && who.library !== home;
  const coop = state.info?.texts.coop ?? "They work at another library of our co-op.";
  return `${called(who)} answers you.${elsewhere ? ` ${coop}` : ""}`;
}

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
