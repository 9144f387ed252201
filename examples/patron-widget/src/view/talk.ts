// The chat: what was said, how the wait stands, and where to write.

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";

import type { Chat, protocol } from "@deskbell/client";

import type { Seen } from "../does.js";
import { chatOf, pane, ticketOffered, writing } from "../state.js";
import { called, clock, told, wait } from "../words.js";
import { linked, written } from "./parts.js";

export function talk(seen: Seen): TemplateResult {
  const { state, does } = seen;
  const waits = pane(state) === "waiting";
  return html`
    ${
      waits
        ? html`<div class="wait">
            <p>${wait(state)}</p>
            ${
              ticketOffered(state)
                ? html`<button @click=${() => does.ask("ticket")}>
                    Answer me by e-mail instead
                  </button>`
                : nothing
            }
          </div>`
        : nothing
    }
    ${conversation(seen)} ${composer(seen)}
  `;
}

export function conversation({ state }: Seen): TemplateResult {
  const chat = chatOf(state);
  const typing = writing(state).map(called);
  return html`<div class="scroll" data-scroll tabindex="0" role="region" aria-label="Conversation">
    <ol>
      ${repeat(
        chat?.events ?? [],
        (it) => it.seq,
        (it) => (chat ? entry(chat, it) : nothing),
      )}
      ${state.sending.map(
        (text) =>
          html`<li class="said own">
            <span class="by"><b>You</b> sending…</span>
            <span class="text">${written(text)}</span>
          </li>`,
      )}
    </ol>
    <p class="typing">${typing.length > 0 ? `${typing.join(" and ")} is writing…` : nothing}</p>
  </div>`;

  function entry(chat: Chat, { seq, at, event }: protocol.Sequenced): TemplateResult {
    const line = (who: protocol.Person, text: string) =>
      html`<li class="said ${who.kind === "patron" ? "own" : "theirs"}">
        <span class="by">
          <b><bdi>${called(who)}</bdi></b> <time datetime=${at}>${clock(at)}</time>
          ${who.kind === "patron" ? mark(chat, seq) : nothing}
        </span>
        <span class="text">${written(text)}</span>
      </li>`;
    if (event.type === "opened") return line({ kind: "patron" }, event.question);
    if (event.type === "posted") return line(event.by, event.text);
    const words = told(event, state);
    return words === undefined
      ? html`<li hidden></li>`
      : html`<li class="happened">${linked(words)}</li>`;
  }
}

/** The place of the last of the patron's own words that a librarian has read. */
function lastRead(chat: Chat): number | undefined {
  const marks = chat.marks.filter((it) => it.who.kind === "operator").map((it) => it.read);
  const read = Math.max(0, ...marks);
  return lastOwn(chat, read);
}

const lastOwn = (chat: Chat, until = Infinity): number | undefined =>
  chat.events.findLast(
    ({ seq, event }) => seq <= until && event.type === "posted" && event.by.kind === "patron",
  )?.seq;

/** How far her words have got: said once, beside the last of them. */
function mark(chat: Chat, seq: number): TemplateResult | typeof nothing {
  if (seq === lastRead(chat)) return html`<i>read</i>`;
  return seq === lastOwn(chat) ? html`<i>sent</i>` : nothing;
}

function composer({ state, does }: Seen): TemplateResult {
  const status = state.desk?.status;
  const most = status?.is === "open" ? status.welcome.limits.text_bytes : undefined;
  const over = most === undefined ? 0 : new TextEncoder().encode(state.draft).length - most;
  return html`<form
    class="composer"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      does.send();
    }}
  >
    <label for="message">Your message</label>
    <textarea
      id="message"
      rows="2"
      dir="auto"
      aria-describedby=${over > 0 ? "too-long" : nothing}
      .value=${live(state.draft)}
      @input=${(event: Event) => does.write((event.target as HTMLTextAreaElement).value)}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        does.send();
      }}
    ></textarea>
    ${
      over > 0
        ? html`<p class="problem" id="too-long">Too long by ${over} bytes: make two of it.</p>`
        : nothing
    }
    <div class="answers">
      <button class="main" ?disabled=${over > 0}>Send</button>
      <button type="button" @click=${() => does.ask("end")}>End chat</button>
    </div>
  </form>`;
}
