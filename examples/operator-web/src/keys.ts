// The keyboard's shortcuts: one table for what is pressed, what stands on the buttons and what the
// list of shortcuts says. With Alt and Shift, so that they meet neither typing nor a screen reader;
// by the key's place, since Alt makes other letters of some.

import type { Does } from "./does.js";
import { type App, draft, isMe, page, waiting } from "./state.js";

export interface Key {
  /** `KeyboardEvent.code`. */
  code: string;
  shown: string;
  aria: string;
  what: string;
}

const key = (letter: string, what: string): Key => ({
  code: `Key${letter}`,
  shown: `Alt+Shift+${letter}`,
  aria: `Alt+Shift+${letter}`,
  what,
});

export const KEYS = {
  settings: key("S", "go to Settings"),
  chats: key("C", "go to Chats"),
  claim: key("K", "claim the chat that is shown, or else the longest waiting one"),
  next: key("N", "show the next chat with unread messages"),
  mode: key("I", "switch between message and internal note"),
  transfer: key("T", "transfer the chat"),
  info: key("P", "show or hide Patron Information"),
  end: key("E", "end or leave the chat"),
  end_shift: key("O", "end the shift"),
  keys: key("H", "list the shortcuts"),
} as const satisfies Record<string, Key>;

type Name = keyof typeof KEYS;

/** Does what the key stands for; tells whether it stands for anything. */
export function press(event: KeyboardEvent, app: App, does: Does): boolean {
  if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return false;
  // What stands over the page is answered first.
  if (app.dialog || page(app) === "sign_in") return false;
  const names = Object.keys(KEYS) as Name[];
  const name = names.find((it) => KEYS[it].code === event.code);
  if (name) act(name, app, does);
  return name !== undefined;
}

function act(name: Name, app: App, does: Does): void {
  const where = page(app);
  const chat = where === "chats" || where === "settings" ? undefined : app.open;
  const talks = where === "conversation" || where === "participant" || where === "returned";
  switch (name) {
    case "settings":
    case "chats":
      return does.goTo(name);
    case "keys":
      return does.ask({ is: "keys" });
    case "end_shift":
      return does.askEndShift();
    case "claim": {
      const claimable = where === "preview" || where === "offered" || where === "returned";
      const which = claimable ? chat : waiting(app)[0]?.chat;
      if (which !== undefined) does.claim(which);
      return;
    }
    case "next": {
      const mine = app.desk?.mine ?? [];
      const next = mine.find((it) => it.unread > 0 && it.chat !== app.open) ?? mine[0];
      if (next) does.show(next.chat);
      return;
    }
    case "mode":
      if (chat === undefined || !talks) return;
      return does.write(chat, { mode: draft(app, chat).mode === "staff" ? "patron" : "staff" });
    case "info":
      if (chat !== undefined) does.toggleInfo();
      return;
    case "transfer":
      if (chat !== undefined && where === "conversation") does.askTransfer(chat);
      return;
    case "end": {
      if (chat === undefined) return;
      const owner = app.desk?.chats.get(chat)?.view.owner;
      if (isMe(app, owner)) does.ask({ is: "end", chat });
      else if (talks) does.leave(chat);
    }
  }
}
