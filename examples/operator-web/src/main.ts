// The desk's outermost layer: the page, the clock, the keyboard, sound and speech. What is shown is
// `view/`, what it means `state.ts`, what is done `desk.ts`.

import { render } from "lit";

import { announcer, Voice } from "@deskbell/voice";

import { Caller } from "./calling.js";
import { DeskApp } from "./desk.js";
import { press } from "./keys.js";
import { said } from "./said.js";
import { type App, type Focus, page } from "./state.js";
import { deskView } from "./view/desk.js";
import { noticeSaid } from "./view/notices.js";

const root = document.querySelector("#desk") as HTMLElement;
const voice = new Voice(announcer(document).say);
const caller = new Caller((chat) => desk.show(chat));
const desk = new DeskApp(location.origin, changed);

function changed(before: App, after: App): void {
  const log = root.querySelector("[data-scroll]");
  const atEnd = !log || log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  render(deskView({ app: after, does: desk }), root);
  if (atEnd || before.open !== after.open) {
    const now = root.querySelector("[data-scroll]");
    now?.scrollTo({ top: now.scrollHeight });
  }
  speak(before, after);
  moveFocus(before, after);
  // What came of this meanwhile is newer.
  caller.look(desk.app, Date.now());
  if (document.visibilityState === "visible" && document.hasFocus()) desk.shown();
}

function speak(before: App, after: App): void {
  for (const it of said(before, after)) {
    if (it.is === "message") voice.message(it.author, it.text);
    else voice.notice(it.text);
  }
  const notice =
    after.notice === before.notice ? undefined : noticeSaid({ app: after, does: desk });
  if (notice) voice.notice(notice);
  if (after.problem && after.problem !== before.problem) voice.notice(after.problem);
}

/** The focus goes where what the person did leads, and never to what merely arrived; but for one
 *  that stood on something that is gone. */
function moveFocus(before: App, after: App): void {
  const target = after.focus && root.querySelector<HTMLElement>(place(after.focus));
  if (target) {
    target.focus();
    desk.focused();
    return;
  }
  const lost = document.activeElement === null || document.activeElement === document.body;
  const elsewhere = page(before) !== page(after) || before.open !== after.open;
  if (!lost || !elsewhere || after.dialog) return;
  const start = page(after) === "sign_in" ? "#user" : "#chat-title, #main";
  root.querySelector<HTMLElement>(start)?.focus();
}

function place(focus: Focus): string {
  if (focus === "page") return "#main";
  if (focus === "chat") return "#chat-title";
  return focus === "text" ? "#text" : `[data-row="${CSS.escape(focus.row)}"]`;
}

for (const kind of ["keydown", "pointerdown"] as const) {
  // What the person does next is not overtaken by what she did before.
  addEventListener(kind, () => desk.focused(), { capture: true });
  addEventListener(kind, () => caller.ready(), { once: true });
}
addEventListener("keydown", (event) => {
  if (press(event, desk.app, desk)) event.preventDefault();
  else if (event.key === "Escape" && !desk.app.dialog && desk.app.open) desk.closeChat();
});
addEventListener("focus", () => desk.shown());

const ticker = new Worker(new URL("./ticker.ts", import.meta.url), { type: "module" });
ticker.onmessage = () => {
  caller.look(desk.app, Date.now());
  // Times are shown to ten seconds: no more often does anything change.
  if (Date.now() - desk.app.now >= 10_000) desk.tick(Date.now());
};

desk.start(Date.now());
