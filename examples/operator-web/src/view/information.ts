// *Patron Information*: who asks, from where, and what her library is like just now.

import { html, nothing, type TemplateResult } from "lit";

import type { Chat, protocol } from "@deskbell/client";

import type { Seen } from "../does.js";
import { page } from "../state.js";
import { clock, clockIn } from "../words.js";
import { written } from "./parts.js";

export function information(seen: Seen, id: protocol.ChatId, chat: Chat): TemplateResult {
  const { view } = chat;
  const opened = chat.events.find((it) => it.event.type === "opened")?.event;
  const ring = opened?.type === "opened" ? opened : undefined;
  const where = page(seen.app);
  const mayChange = where === "conversation" || where === "participant";
  const row = (name: string, value: unknown) =>
    value
      ? html`<dt>${name}</dt>
          <dd>${value}</dd>`
      : nothing;
  return html`<aside class="information" aria-labelledby="information">
    <h3 id="information">Patron Information</h3>
    <dl>
      ${row("Name", view.patron.name && written(view.patron.name))}
      ${row("Contact", view.patron.contact && contact(seen, id, chat))}
      ${row("Library", library(seen, view.library))}
      ${row("Came through", view.library?.widget_name ?? view.widget)}
      ${row("From the page", ring?.page && written(ring.page))} ${row("Language", ring?.lang)}
      ${(ring?.answers ?? []).map((it) => row(it.question, written(it.answer)))}
      ${row("Rang at", clock(view.opened_at))} ${row("Goes on from", view.continues)}
    </dl>
    ${mayChange ? change(seen, id, view) : nothing}
  </aside>`;
}

function library({ app }: Seen, it: protocol.LibraryView | null | undefined) {
  if (!it) return undefined;
  const until = it.until ? ` until ${clockIn(it.time_zone, Date.parse(it.until))}` : "";
  return html`${it.name}: ${it.open ? "open" : "closed"}${until}; there it is
  ${clockIn(it.time_zone, app.now)}.
  ${
    it.site && /^https?:/.test(it.site)
      ? html`<a href=${it.site} target="_blank" rel="noreferrer noopener">Its pages</a>`
      : nothing
  }`;
}

function contact({ does }: Seen, id: protocol.ChatId, { view, audience }: Chat) {
  return html`${written(view.patron.contact ?? "")}
  ${
    audience === "staff" && view.patron.contact?.includes("…")
      ? html`<button @click=${() => does.reveal(id)}>Show it (on record)</button>`
      : nothing
  }`;
}

function change({ does }: Seen, id: protocol.ChatId, view: protocol.ChatView): TemplateResult {
  const masked = view.patron.contact?.includes("…") ?? false;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    does.setPatron(id, String(form.get("name")).trim(), String(form.get("contact")).trim());
  };
  const tag = (event: SubmitEvent) => {
    event.preventDefault();
    const tags = String(new FormData(event.target as HTMLFormElement).get("tags")).split(",");
    does.tag(
      id,
      tags.map((it) => it.trim()).filter((it) => it !== ""),
    );
  };
  return html`<details>
    <summary>Change name, contact or tags</summary>
    <form @submit=${submit}>
      <label for="patron-name">Name</label>
      <input id="patron-name" name="name" .defaultValue=${view.patron.name ?? ""} />
      <label for="patron-contact">Contact</label>
      <input
        id="patron-contact"
        name="contact"
        .defaultValue=${masked ? "" : (view.patron.contact ?? "")}
        placeholder=${masked ? "as it is" : ""}
      />
      <button>Save</button>
    </form>
    <form @submit=${tag}>
      <label for="tags">Tags, with commas between</label>
      <input id="tags" name="tags" .defaultValue=${(view.tags ?? []).join(", ")} />
      <button>Save tags</button>
    </form>
  </details>`;
}
