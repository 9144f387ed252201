// What a change says aloud. Pure: held against what stands on the page before and after, so that a
// message is said once, with its author, and who is writing never.

import type { protocol } from "@deskbell/client";

import type { App } from "./state.js";
import { isMe, line } from "./state.js";
import { called, told } from "./words.js";

export type Said = { is: "message"; author: string; text: string } | { is: "notice"; text: string };

export function said(before: App, after: App): Said[] {
  return [...connection(before, after), ...rows(before, after), ...chats(before, after)];
}

function connection(before: App, after: App): Said[] {
  const was = line(before);
  const is = line(after);
  if (was === is) return [];
  if (is === "reconnecting") {
    return notice("The connection is lost. It is tried again by itself; what you write is kept.");
  }
  if (was === "reconnecting" && is === undefined) return notice("Connected again.");
  return [];
}

const notice = (text: string): Said[] => [{ is: "notice", text }];

/** Who begins to wait. What is there when the desk opens is read, not said. */
function rows(before: App, after: App): Said[] {
  if (!before.desk || before.desk.rows === after.desk?.rows) return [];
  const known = new Set(before.desk.rows.map((it) => it.chat));
  if (before.desk.status.is !== "open") return [];
  return (after.desk?.rows ?? [])
    .filter((it) => !known.has(it.chat))
    .flatMap((it) => {
      const of = `of ${it.home_name}`;
      return it.transfer_from
        ? notice(
            `${called(it.transfer_from)} offers you the chat of ${it.name || "a patron"} ${of}.`,
          )
        : notice(`${it.name || "A patron"} ${of} waits: ${it.question}`);
    });
}

/** What is new in chats that were followed before. */
function chats(before: App, after: App): Said[] {
  const all: Said[] = [];
  for (const [id, chat] of after.desk?.chats ?? []) {
    const known = before.desk?.chats.get(id);
    if (!known || known.events === chat.events) continue;
    const last = known.events.at(-1)?.seq ?? 0;
    for (const { seq, event } of chat.events) {
      if (seq > last) all.push(...happened(after, id, event));
    }
  }
  return all;
}

function happened(app: App, id: protocol.ChatId, event: protocol.ChatEvent): Said[] {
  const here = app.open === id && app.tab === "chats";
  switch (event.type) {
    case "posted":
    case "noted": {
      if (isMe(app, event.by)) return [];
      const note = event.type === "noted" ? ", internal note" : "";
      const author = `${called(event.by)}${note}`;
      // Of another chat only who and that is said: its words are read there.
      return here
        ? [{ is: "message", author, text: event.text }]
        : notice(`New message from ${author}.`);
    }
    default: {
      // Who leaves looks elsewhere already.
      if (event.type === "left" && isMe(app, event.by)) return [];
      const words = told(event);
      return words !== undefined && here ? notice(words) : [];
    }
  }
}
