// What an event makes of a chat as it is shown. A snapshot says the same, and comes whenever a
// reader sees more or less than before; between two of them these are the only changes there are.

import type { ChatEvent, ChatView, Person } from "./protocol.gen.js";

/** Whether both are one person; patrons know operators by name only. */
export function same(one: Person, other: Person): boolean {
  if (one.kind !== "operator" || other.kind !== "operator") return one.kind === other.kind;
  return (one.id ?? one.name) === (other.id ?? other.name);
}

const without = (people: Person[] | undefined, who: Person): Person[] =>
  (people ?? []).filter((it) => !same(it, who));

/** The chat after `event`, which happened at `at`. */
export function fold(view: ChatView, event: ChatEvent, at: string): ChatView {
  switch (event.type) {
    case "rung":
      return { ...view, tiers: [...view.tiers, ...event.tiers] };
    case "claimed": {
      const before = view.owner && !same(view.owner, event.by) ? [view.owner] : [];
      const participants = [...without(view.participants, event.by), ...before];
      return { ...view, phase: "active", owner: event.by, participants, transfer: null };
    }
    case "transfer_offered": {
      const { to, to_name, until } = event;
      return { ...view, transfer: { ...(to !== undefined && { to }), to_name, until } };
    }
    case "transfer_canceled":
    case "transfer_declined":
    case "transfer_lapsed":
      return { ...view, transfer: null };
    case "left":
    case "participant_lost": {
      const who = event.type === "left" ? event.by : event.who;
      return { ...view, participants: without(view.participants, who) };
    }
    case "owner_lost":
    case "returned": {
      const participants = [...without(view.participants, event.who), event.who];
      return { ...view, phase: "waiting", owner: null, participants, transfer: null };
    }
    case "patron_away":
      return { ...view, patron_away_since: at };
    case "patron_back":
      return { ...view, patron_away_since: null };
    case "patron_changed": {
      const { name = view.patron.name, contact = view.patron.contact } = event;
      return { ...view, patron: { name: name || null, contact: contact || null } };
    }
    case "tagged":
      return { ...view, tags: event.tags };
    case "ended":
      return { ...view, phase: "ended", ended: event.cause, transfer: null };
    default:
      return view;
  }
}
