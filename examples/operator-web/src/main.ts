// The desk's outermost layer: the page, the clock, the keyboard, sound and speech. What is shown is
// `view/`, what it means `state.ts`, what is done `desk.ts`.

import { render } from "lit";

import { announcer, Voice } from "@deskbell/voice";

import { Caller } from "./calling.js";
import { DeskApp } from "./desk.js";
import { moveFocus } from "./focus.js";
import { press } from "./keys.js";
import { said } from "./said.js";
import type { App } from "./state.js";
import { deskView } from "./view/desk.js";
import { noticeSaid } from "./view/notices.js";

const root = document.querySelector("#desk") as HTMLElement;
const voice = new Voice(announcer(document).say);
const caller = new Caller((chat) => desk.show(chat));
const desk = new DeskApp(location.origin, changed);

function changed(before: App, after: App): void {
  const had = document.activeElement;
  const log = root.querySelector("[data-scroll]");
  const atEnd = !log || log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  render(deskView({ app: after, does: desk }), root);
  if (atEnd || before.open !== after.open) {
    const now = root.querySelector("[data-scroll]");
    now?.scrollTo({ top: now.scrollHeight });
  }
  speak(before, after);
  if (moveFocus(root, had, before, after)) desk.focused();
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
