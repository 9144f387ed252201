// The button in the corner of the page, and the window that it opens.

import { html, nothing, type TemplateResult } from "lit";

import type { Seen } from "../does.js";
import { button, line, names, pane } from "../state.js";
import { buttonWord } from "../words.js";
import { form } from "./form.js";
import { offline } from "./offline.js";
import { over } from "./over.js";
import { lineView, linked } from "./parts.js";
import { talk } from "./talk.js";
import { end, ticket } from "./asks.js";

export function widgetView(seen: Seen): TemplateResult {
  const { state } = seen;
  return html`<div class="widget" data-states=${JSON.stringify(names(state))}>
    ${state.open ? windowView(seen) : buttonView(seen)}
  </div>`;
}

function buttonView({ state, does }: Seen): TemplateResult {
  const which = button(state);
  return html`<button
    class="bell"
    aria-haspopup="dialog"
    aria-expanded="false"
    ?disabled=${which === "broken"}
    @click=${() => does.open()}
  >
    <span class="dot ${which}"></span>
    <b>${state.info?.name ?? "Ask a librarian"}</b>
    <span>${buttonWord(state, which)}</span>
  </button>`;
}

function windowView(seen: Seen): TemplateResult {
  const { state, does } = seen;
  return html`<section
    class="window"
    role="dialog"
    aria-modal="false"
    aria-labelledby="title"
    @keydown=${(event: KeyboardEvent) => {
      // Within a composition it takes back what is being composed.
      if (event.key === "Escape" && !event.isComposing) does.minimize();
    }}
  >
    <header>
      <h2 id="title" tabindex="-1">${state.info?.name ?? "Ask a librarian"}</h2>
      <p>${state.info?.library ?? nothing}</p>
      <button class="minimize" @click=${() => does.minimize()}>Minimize</button>
    </header>
    ${line(state) ? lineView(seen) : nothing} ${content(seen)}
  </section>`;
}

function content(seen: Seen): TemplateResult {
  const { state } = seen;
  switch (pane(state)) {
    case "form":
      return form(seen);
    case "offline":
      return offline(seen);
    case "ringing":
      return html`<div class="body">
        <p>Ringing…</p>
        <p class="own">${linked(state.asked.question)}</p>
      </div>`;
    case "waiting":
    case "talking":
      return talk(seen);
    case "ticket":
      return ticket(seen);
    case "end":
      return end(seen);
    case "over":
    case "rated":
      return over(seen);
  }
}
