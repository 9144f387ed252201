// Where the focus goes: to where what the person did leads, and never to what merely arrived; but
// for a focus that stood on something that is gone.

import type { App, Focus } from "./state.js";

/** Follows a change, `had` being what had the focus before it. Tells whether it is where the person
 *  wanted it. */
export function moveFocus(
  root: HTMLElement,
  had: Element | null,
  before: App,
  after: App,
): boolean {
  const wanted = after.focus && root.querySelector<HTMLElement>(place(after.focus));
  if (wanted) {
    wanted.focus();
    return true;
  }
  // A dialog that went gives the focus back by itself.
  const gone = had !== null && !had.isConnected && !(before.dialog && !after.dialog);
  if (gone) start(root)?.focus();
  return false;
}

function place(focus: Focus): string {
  if (focus === "page") return "#main";
  if (focus === "chat") return "#chat-title";
  return focus === "text" ? "#text" : `[data-row="${CSS.escape(focus.row)}"]`;
}

/** Where a page begins for who has lost her place: the innermost that there is. */
export function start(root: ParentNode): HTMLElement | undefined {
  const places = ["#dialog-title", "#user", "#chat-title", "#main"];
  return places
    .map((it) => root.querySelector<HTMLElement>(it))
    .find((it): it is HTMLElement => it !== null);
}
