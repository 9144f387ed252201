// What a change says aloud: a message once with its author, what happened once; how the wait stands
// is left to the voice. Pure.

import { chatOf, line, type State, pane } from "./state.js";
import { called, told, wait } from "./words.js";

export type Said =
  | { is: "message"; author: string; text: string }
  | { is: "notice"; text: string }
  | { is: "waiting"; text: string }
  | { is: "answered" };

export function said(before: State, after: State): Said[] {
  return [...connection(before, after), ...happened(before, after), ...waiting(before, after)];
}

function connection(before: State, after: State): Said[] {
  const was = line(before);
  const is = line(after);
  if (was === is) return [];
  if (is === "reconnecting") {
    return [{ is: "notice", text: "Reconnecting. What you write is kept." }];
  }
  if (was === "reconnecting" && is === undefined)
    return [{ is: "notice", text: "Connected again." }];
  if (is === "elsewhere") return [{ is: "notice", text: "This chat is open in another tab." }];
  return is === "refused" && after.refused ? [{ is: "notice", text: after.refused }] : [];
}

/** What is there when the chat is first seen, after a reload too, is read and not said. */
function happened(before: State, after: State): Said[] {
  const known = chatOf(before);
  const chat = chatOf(after);
  if (!known || !chat || known.events === chat.events) return [];
  const last = known.events.at(-1)?.seq ?? 0;
  return chat.events.flatMap(({ seq, event }): Said[] => {
    if (seq <= last) return [];
    if (event.type === "posted") {
      const author = called(event.by);
      return event.by.kind === "operator" ? [{ is: "message", author, text: event.text }] : [];
    }
    const words = told(event, after);
    return words === undefined ? [] : [{ is: "notice", text: words }];
  });
}

function waiting(before: State, after: State): Said[] {
  const waits = (state: State) => chatOf(state)?.view.phase === "waiting";
  if (!waits(after)) return waits(before) ? [{ is: "answered" }] : [];
  if (!after.open || !chatOf(after)?.wait || pane(after) !== "waiting") return [];
  return [{ is: "waiting", text: wait(after) }];
}
