// The frame around every page: who one is, where one is, what is wrong, and what stands over it.

import { html, nothing, type TemplateResult } from "lit";

import type { Seen } from "../does.js";
import { KEYS } from "../keys.js";
import { page, states, unread, waiting } from "../state.js";
import { STATUS, called, count } from "../words.js";
import { chats } from "./chats.js";
import { dialog } from "./dialogs.js";
import { notices } from "./notices.js";
import { settings } from "./settings.js";
import { signIn } from "./sign-in.js";

export function deskView(seen: Seen): TemplateResult {
  const { app } = seen;
  const where = page(app);
  return html`<div class="app" data-states=${JSON.stringify(states(app))}>
    ${where === "sign_in" ? signIn(seen) : framed(seen)} ${dialog(seen)}
  </div>`;
}

function framed(seen: Seen): TemplateResult {
  const { app } = seen;
  const where = page(app);
  return html`
    <a class="skip" href="#main">Skip to the page</a>
    ${head(seen)} ${notices(seen)}
    <main id="main" tabindex="-1">
      ${
        where === "connecting"
          ? html`<h1>Connecting…</h1>`
          : where === "settings"
            ? settings(seen)
            : chats(seen)
      }
    </main>
  `;
}

function head({ app, does }: Seen): TemplateResult {
  const rings = waiting(app).length;
  const news = unread(app);
  const told = [
    rings > 0 ? count(rings, "patron chat") : "",
    news > 0 ? `${news} unread` : "",
  ].filter((it) => it !== "");
  const tab = (which: "settings" | "chats", name: string, more: string) =>
    html`<button
      class="tab"
      aria-current=${app.tab === which ? "page" : nothing}
      aria-keyshortcuts=${KEYS[which].aria}
      @click=${() => does.goTo(which)}
    >
      ${name}${more ? html` <span class="badge">${more}</span>` : nothing}
      <kbd>${KEYS[which].shown}</kbd>
    </button>`;
  const status = app.desk?.presence?.status;
  return html`<header>
    <p class="brand">Deskbell</p>
    <nav aria-label="Pages">
      ${tab("settings", "Settings", "")}${tab("chats", "Chats", told.join(", "))}
    </nav>
    <p class="me">
      ${app.me ? called(app.me) : ""}
      ${status ? html`<span class="status ${status}">${STATUS[status]}</span>` : nothing}
    </p>
    <div class="tools">
      <button
        class="quiet"
        aria-keyshortcuts=${KEYS.keys.aria}
        @click=${() => does.ask({ is: "keys" })}
      >
        Shortcuts <kbd>${KEYS.keys.shown}</kbd>
      </button>
      <button
        class="quiet"
        aria-keyshortcuts=${KEYS.end_shift.aria}
        @click=${() => does.askEndShift()}
      >
        End shift <kbd>${KEYS.end_shift.shown}</kbd>
      </button>
    </div>
  </header>`;
}
