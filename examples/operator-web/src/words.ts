// How things are said: people, times, and what happened in a chat. Pure, and the same words for
// the eye and for the ear.

import type { protocol } from "@deskbell/client";

type Person = protocol.Person;
type ChatEvent = protocol.ChatEvent;

/** "Maya", "the patron", "Sam". */
export function called(who: Person): string {
  if (who.kind === "operator") return who.name;
  if (who.kind === "patron") return who.name || "Patron";
  return "Deskbell";
}

/** "Maya (birch)": with her library, for colleagues. */
export const calledFully = (who: Person): string =>
  who.kind === "operator" && who.library ? `${who.name} (${who.library})` : called(who);

/** "1 chat", "2 chats". */
export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n} ${n === 1 ? one : many}`;

/** "Maya", "Maya and Ines", "Maya, Ines and Lou". */
export function list(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** How long since then: "just now", "40 s", "3 min", "1 h 5 min". */
export function since(at: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "just now", "3 min ago". */
export const ago = (at: number, now: number): string => {
  const long = since(new Date(at).toISOString(), now);
  return long === "just now" ? long : `${long} ago`;
};

/** The time of day here. */
export const clock = (at: string): string =>
  new Date(at).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });

/** The time of day there, in an IANA time zone. */
export const clockIn = (zone: string, now: number): string =>
  new Date(now).toLocaleTimeString([], { hour: "numeric", minute: "2-digit", timeZone: zone });

export const STATUS: Readonly<Record<protocol.Status, string>> = {
  online: "Online",
  away: "Away",
  internal: "Internal",
  draining: "Ending the shift",
  offline: "Offline",
};

const ENDED: Readonly<Record<protocol.EndCause, string>> = {
  operator: "the operator ended it",
  patron: "the patron ended it",
  missed: "nobody answered in time",
  patron_gone: "the patron did not come back",
  dismissed: "it was dismissed",
  ticket: "the patron left a ticket instead",
};

export const whyEnded = (cause: protocol.EndCause): string => `The chat is over: ${ENDED[cause]}.`;

const LAPSED: Readonly<Record<protocol.LapseReason, string>> = {
  time: "nobody took it in time",
  target_gone: "nobody is there any more",
};

/** A line in the conversation that is no message; none for what needs no line. */
export function told(event: ChatEvent): string | undefined {
  switch (event.type) {
    case "claimed":
      return `${called(event.by)} answers${event.transfer ? " after a transfer" : ""}.`;
    case "transfer_offered": {
      const what = event.hand_over ? "hands the chat over to" : "offers the chat to";
      return `${called(event.by)} ${what} ${event.to_name}${event.note ? `: ${event.note}` : "."}`;
    }
    case "transfer_canceled":
      return `${called(event.by)} withdrew the transfer.`;
    case "transfer_declined":
      return `${called(event.by)} declined the transfer: ${event.reason}`;
    case "transfer_lapsed":
      return `The transfer came to nothing: ${LAPSED[event.reason]}.`;
    case "left":
      return `${called(event.by)} left.`;
    case "patron_away":
      return "The patron's connection is lost.";
    case "patron_back":
      return "The patron is back.";
    case "operator_away":
      return `${called(event.who)}'s connection is lost.`;
    case "operator_back":
      return `${called(event.who)} is back.`;
    case "owner_lost":
      return `${called(event.who)} did not come back: the chat waits again.`;
    case "participant_lost":
      return `${called(event.who)} did not come back.`;
    case "returned": {
      const note = event.note ? `; ${called(event.who)} says: ${event.note}` : ".";
      return `The chat waits again${note}`;
    }
    case "ticket_offered":
      return "The patron was offered a ticket.";
    case "ticket_requested":
      return `The patron asked for a ticket: ${event.name}, ${event.email}.`;
    case "idled":
      return `The patron was told: ${event.text}`;
    case "patron_changed":
      return `${called(event.by)} changed the patron's information.`;
    case "contact_revealed":
      return `${called(event.by)} looked at the patron's contact.`;
    case "tagged":
      return `${called(event.by)} tagged the chat: ${event.tags.join(", ") || "nothing"}.`;
    case "rated": {
      const comment = event.comment ? `: ${event.comment}` : ".";
      return `The patron rated the chat ${event.rating} of 5${comment}`;
    }
    case "dismissed":
      return `${called(event.by)} dismissed the chat${event.note ? `: ${event.note}` : "."}`;
    case "ended":
      return whyEnded(event.cause);
    case "erased":
      return `${count(event.seqs.length, "entry was", "entries were")} erased.`;
    case "opened":
    case "posted":
    case "noted":
    case "rung":
    case "hidden":
      return undefined;
  }
}

/** Who else stands at a queue, in words. */
export function standing(others: readonly protocol.Colleague[]): string {
  if (others.length === 0) return "Nobody else is here.";
  const names = others.map(({ who, status }) =>
    status === "online" ? calledFully(who) : `${calledFully(who)}, ${STATUS[status].toLowerCase()}`,
  );
  return `${count(others.length, "other", "others")} here: ${names.join("; ")}.`;
}
