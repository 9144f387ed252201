// Where an operator writes: to the patron, or a note that only colleagues see. Which of the two is
// said by the label, the button and the color.

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";

import type { protocol } from "@deskbell/client";

import type { Seen } from "../does.js";
import { KEYS } from "../keys.js";
import { type Mode, draft } from "../state.js";
import { shortcut } from "./parts.js";

export function composer({ app, does }: Seen, chat: protocol.ChatId): TemplateResult {
  const { text, mode } = draft(app, chat);
  const note = mode === "staff";
  const status = app.desk?.status;
  const most = status?.is === "open" ? status.welcome.limits.text_bytes : undefined;
  const bytes = new TextEncoder().encode(text).length;
  const over = most === undefined ? 0 : bytes - most;
  const choice = (which: Mode, name: string) =>
    html`<div class="choice">
      <label>
        <input
          type="radio"
          name="mode"
          .checked=${live(mode === which)}
          @change=${() => does.write(chat, { mode: which })}
        />
        <span>${name}</span>
      </label>
    </div>`;
  return html`<form
    class="composer ${note ? "note" : ""}"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      does.send(chat);
    }}
  >
    <fieldset class="modes">
      <legend>Write</legend>
      ${choice("patron", "Message to the patron")} ${choice("staff", "Internal note")}
      ${shortcut(KEYS.mode)}
    </fieldset>
    <label for="text">${note ? "Internal note (the patron never sees it)" : "Message"}</label>
    <div class="line">
      <textarea
        id="text"
        rows="2"
        dir="auto"
        aria-describedby=${over > 0 ? "too-long" : nothing}
        .value=${live(text)}
        @input=${(event: Event) =>
          does.write(chat, { text: (event.target as HTMLTextAreaElement).value })}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          does.send(chat);
        }}
      ></textarea>
      <button class="main" ?disabled=${over > 0}>${note ? "Add note" : "Send"}</button>
    </div>
    ${
      over > 0
        ? html`<p class="problem" id="too-long">Too long by ${over} bytes: make two of it.</p>`
        : nothing
    }
  </form>`;
}
