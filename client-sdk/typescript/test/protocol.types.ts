// Checked by the compiler only: the generated types narrow on `type`, and each switch is complete.

import type { ChatEvent, ToBroker, ToClient } from "../src/protocol.gen.js";
import { SUBPROTOCOL, TEMPORARY } from "../src/protocol.gen.js";

function never(value: never): never {
  throw new Error(`not of this version: ${JSON.stringify(value)}`);
}

/** One line per frame: reads a field of each that only that type has. */
export function told(frame: ToClient): string {
  switch (frame.type) {
    case "welcome":
      return `${frame.session} ${frame.limits.text_bytes} ${frame.you.role}`;
    case "ok":
      return `${frame.re} ${frame.seq ?? 0} ${frame.eid ?? ""}`;
    case "error":
      return TEMPORARY[frame.code] ? `later: ${frame.message}` : frame.message;
    case "history":
      return frame.events.map((sequenced) => happened(sequenced.event)).join();
    case "presence":
      return frame.presence.status;
    case "chat.event":
      return `${frame.seq + 1} ${happened(frame.event)}`;
    case "chat.replay":
      return `${frame.events.length} ${frame.more}`;
    case "chat.snapshot":
      return `${frame.state.phase} ${frame.reason} ${frame.audience}`;
    case "chat.closed":
      return `${frame.reason} ${frame.cause ?? ""}`;
    case "chat.typing":
      return `${frame.who.kind} ${frame.on}`;
    case "chat.mark":
      return `${frame.who.kind} ${frame.delivered - frame.read}`;
    case "wait":
      return `${frame.ahead} ${frame.longest_now} ${frame.estimate_minutes ?? "unknown"}`;
    case "list.snapshot":
      return frame.rows.map((row) => row.home_name).join();
    case "list.row":
      return frame.row.question;
    case "list.mine":
      return frame.chats.map((mine) => `${mine.chat} ${mine.owner}`).join();
    case "list.gone":
      return frame.chat;
    case "queues":
      return frame.departments.map((queue) => queue.name).join();
    case "explained":
      return `${frame.widget} ${frame.at}`;
    case "forecast":
      return `${frame.zone} ${frame.hours.join()}`;
    case "targets":
      return frame.operators.map((colleague) => colleague.status).join();
    case "bans":
      return frame.bans.map((ban) => `${ban.chat} ${ban.until} ${ban.by.kind}`).join();
    case "gap.alarm":
      return `${frame.name} ${frame.why}`;
    case "gap.over":
      return frame.target;
    case "ping":
      return SUBPROTOCOL;
    case "bye":
      return `${frame.code} ${frame.retry_after_ms ?? 0}`;
    default:
      return never(frame);
  }
}

function happened(event: ChatEvent): string {
  switch (event.type) {
    case "hidden":
    case "patron_back":
      return "";
    case "opened":
      return event.question;
    case "rung":
      return event.tiers.join();
    case "claimed":
      return event.by.kind === "operator" ? (event.by.library ?? event.by.name) : event.by.kind;
    case "posted":
    case "noted":
      return event.text;
    case "transfer_offered":
      return `${event.to_name} ${event.note ?? ""}`;
    case "transfer_canceled":
    case "left":
      return event.by.kind;
    case "transfer_declined":
    case "transfer_lapsed":
      return event.reason;
    case "patron_away":
    case "operator_away":
      return event.until;
    case "operator_back":
    case "owner_lost":
    case "participant_lost":
      return event.who.kind;
    case "returned":
      return `${event.why ?? ""} ${event.note ?? ""}`;
    case "ticket_offered":
      return event.why;
    case "ticket_requested":
      return event.email;
    case "dismissed":
      return event.note ?? event.by.kind;
    case "idled":
      return event.text;
    case "patron_changed":
      return `${event.name ?? ""} ${event.contact ?? ""}`;
    case "contact_revealed":
      return event.by.kind;
    case "tagged":
      return event.tags.join();
    case "rated":
      return `${event.rating} ${event.comment ?? ""}`;
    case "ended":
      return event.cause;
    case "erased":
      return event.seqs.map((seq) => seq + 1).join();
    default:
      return never(event);
  }
}

export const claim: ToBroker = {
  id: 11,
  type: "chat.claim",
  chat: "01jnb0caa07gyfyp87xtc08zx5",
  cmid: "01955606-3100-7000-8000-00000000000b",
};

// @ts-expect-error: a write without its `cmid` is not a frame.
export const unsafe: ToBroker = { id: 12, type: "chat.end", chat: "01jnb0caa07gyfyp87xtc08zx5" };
