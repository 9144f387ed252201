// What the SDK tells an app: the broker's pushes, each place of a chat once and in order, and what
// became of the connection. Frames of a newer broker are passed over.

import type { CloseReason } from "./errors.js";
import type { ChatId, Cmid, Refused, ToClient, Welcome } from "./protocol.gen.js";
import type { Write } from "./outbox.js";

/** How the connection stands. */
export type Status =
  | { is: "connecting" }
  /** Greeted: what was said while away has been asked for. */
  | { is: "open"; welcome: Welcome }
  /** Gone, and tried again after `delayMs`; writes wait. */
  | { is: "waiting"; delayMs: number; reason: string }
  /** Over for good: nothing is tried any more and every call fails. */
  | { is: "closed"; reason: CloseReason };

type Push =
  | "chat.snapshot"
  | "chat.event"
  | "chat.closed"
  | "chat.typing"
  | "chat.mark"
  | "wait"
  | "list.snapshot"
  | "list.row"
  | "list.gone"
  | "list.mine"
  | "presence"
  | "gap.alarm"
  | "gap.over";

/** One thing that an app may want to show. Pushes are as in the protocol. */
export type Event =
  | Extract<ToClient, { type: Push }>
  | { type: "status"; status: Status }
  /** After a reconnect the broker refused to go on with the chat: it is no longer followed. */
  | { type: "chat.lost"; chat: ChatId; refused: Refused }
  /** A write of an earlier page was refused; nobody else is told. */
  | { type: "write.refused"; cmid: Cmid; write: Write; refused: Refused };

/** Who hears of it, in order. */
export type Listener = (event: Event) => void;
