// What the window asks in the middle of a chat: whether to end it, and where to send an answer if
// the patron does not want to wait.

import { html, nothing, type TemplateResult } from "lit";

import type { Seen } from "../does.js";
import { chatOf, unanswered } from "../state.js";
import { field } from "./parts.js";

export function end({ state, does }: Seen): TemplateResult {
  const waits = chatOf(state)?.view.phase === "waiting";
  return html`<div class="body">
    <p>${waits ? "Give up your place in the queue?" : "End this chat?"}</p>
    <div class="answers">
      <button class="main" @click=${() => does.end()}>End chat</button>
      <button @click=${() => does.ask(undefined)}>Go on</button>
    </div>
  </div>`;
}

export function ticket({ state, does }: Seen): TemplateResult {
  const { problems } = state;
  const described = (id: string) => (problems[id] ? `problem-${id}` : nothing);
  const invalid = (id: string) => (problems[id] ? "true" : nothing);
  return html`<form
    class="body"
    novalidate
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      const form = new FormData(event.target as HTMLFormElement);
      does.leaveTicket(String(form.get("name")).trim(), String(form.get("email")).trim());
    }}
  >
    <p>
      ${
        unanswered(state)
          ? "Your library answers your question by e-mail."
          : "The chat ends, and your library answers your question by e-mail."
      }
    </p>
    ${field(
      "ticket-name",
      "Your name",
      true,
      problems["ticket-name"],
      html`<input
        id="ticket-name"
        name="name"
        autocomplete="name"
        aria-required="true"
        aria-invalid=${invalid("ticket-name")}
        aria-describedby=${described("ticket-name")}
        .defaultValue=${state.asked.name}
      />`,
    )}
    ${field(
      "ticket-email",
      "Your e-mail address",
      true,
      problems["ticket-email"],
      html`<input
        id="ticket-email"
        name="email"
        type="email"
        autocomplete="email"
        aria-required="true"
        aria-invalid=${invalid("ticket-email")}
        aria-describedby=${described("ticket-email")}
        .defaultValue=${state.asked.contact.includes("@") ? state.asked.contact : ""}
      />`,
    )}
    <div class="answers">
      <button class="main">Answer me by e-mail</button>
      <button type="button" @click=${() => does.ask(undefined)}>
        ${unanswered(state) ? "Not now" : "Go on waiting"}
      </button>
    </div>
  </form>`;
}
