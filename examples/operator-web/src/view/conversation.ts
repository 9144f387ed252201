// One chat: who it is, what was said, and what one may do with it now.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import type { Chat, protocol } from "@deskbell/client";

import type { Seen } from "../does.js";
import { KEYS } from "../keys.js";
import { type Page, events, isMe, page } from "../state.js";
import { called, calledFully, clock, list, since, told, whyEnded } from "../words.js";
import { composer } from "./composer.js";
import { information } from "./information.js";
import { house, shortcut, written } from "./parts.js";

export function conversation(seen: Seen): TemplateResult {
  const { app, does } = seen;
  const id = app.open;
  const chat = id === undefined ? undefined : app.desk?.chats.get(id);
  if (id === undefined || !chat) return html``;
  const where = page(app);
  const all = events(app, id);
  return html`<section class="chat" aria-labelledby="chat-title">
    ${head(seen, id, chat, where)}
    <div class="body">
      <div class="talk">
        <div class="scroll" data-scroll tabindex="0" role="region" aria-label="Conversation">
          ${
            (all[0]?.seq ?? 1) > 1
              ? html`<button @click=${() => does.earlier(id)}>Show what was said before</button>`
              : nothing
          }
          <ol class="log">
            ${repeat(
              all,
              (it) => it.seq,
              (it) => entry(seen, chat, it),
            )}
          </ol>
          <p class="typing">${typing(seen, chat)}</p>
        </div>
        ${foot(seen, id, chat, where)}
      </div>
      ${app.info ? information(seen, id, chat) : nothing}
    </div>
  </section>`;
}

function head(seen: Seen, id: protocol.ChatId, chat: Chat, where: Page): TemplateResult {
  const { app, does } = seen;
  const { view } = chat;
  const home = app.me?.kind === "operator" && app.me.library === view.home;
  const people = [
    view.owner
      ? `${isMe(app, view.owner) ? "You answer" : `${calledFully(view.owner)} answers`}`
      : "",
    view.participants?.length
      ? `with ${list(view.participants.map((it) => (isMe(app, it) ? "you" : calledFully(it))))}`
      : "",
  ].filter((it) => it !== "");
  return html`<header>
    <button class="back" @click=${() => does.closeChat()}>Back to the lists</button>
    <h2 id="chat-title" tabindex="-1">
      ${written(view.patron.name || "Patron")}
      <small>${home ? house() : nothing} ${view.library?.name ?? view.home}</small>
    </h2>
    <p class="standing">
      <span class="dot ${standing(view)}"></span>${standingWords(view, app.now)}
      ${people.length > 0 ? html`<span>${people.join(", ")}</span>` : nothing}
    </p>
    <div class="tools">
      <button
        aria-pressed=${app.info ? "true" : "false"}
        aria-keyshortcuts=${KEYS.info.aria}
        @click=${() => does.toggleInfo()}
      >
        Patron Information ${shortcut(KEYS.info)}
      </button>
      ${
        where === "conversation"
          ? html`<button
                aria-keyshortcuts=${KEYS.transfer.aria}
                @click=${() => does.askTransfer(id)}
              >
                Transfer ${shortcut(KEYS.transfer)}
              </button>
              <button
                aria-keyshortcuts=${KEYS.end.aria}
                @click=${() => does.ask({ is: "end", chat: id })}
              >
                End Chat ${shortcut(KEYS.end)}
              </button>`
          : nothing
      }
      ${
        where === "participant" || where === "returned"
          ? html`<button aria-keyshortcuts=${KEYS.end.aria} @click=${() => does.leave(id)}>
              Leave Chat ${shortcut(KEYS.end)}
            </button>`
          : nothing
      }
    </div>
  </header>`;
}

const standing = (view: protocol.ChatView): string =>
  view.phase === "ended" ? "over" : view.patron_away_since ? "away" : "here";

function standingWords(view: protocol.ChatView, now: number): string {
  if (view.phase === "ended") return "Ended";
  if (view.patron_away_since) return `Not connected since ${since(view.patron_away_since, now)}`;
  return view.phase === "waiting" ? `Waiting ${since(view.opened_at, now)}` : "Connected";
}

function entry(seen: Seen, chat: Chat, { seq, at, event }: protocol.Sequenced): TemplateResult {
  const { app } = seen;
  const line = (kind: string, who: protocol.Person, text: string, note = "") =>
    html`<li class="said ${kind}">
      <span class="by">
        <b>${isMe(app, who) ? "You" : written(called(who))}</b>${note}
        <time datetime=${at}>${clock(at)}</time>
        ${event.type === "posted" ? seenBy(seen, chat, seq, who) : nothing}
      </span>
      <span class="text">${written(text)}</span>
    </li>`;
  switch (event.type) {
    case "opened":
      return line("patron", { kind: "patron", name: event.name ?? null }, event.question);
    case "posted":
      return line(event.by.kind === "patron" ? "patron" : "staff", event.by, event.text);
    case "noted":
      return line("note", event.by, event.text, " (internal note)");
    default: {
      const words = told(event);
      return words === undefined
        ? html`<li hidden></li>`
        : html`<li class="happened">
            ${written(words)} <time datetime=${at}>${clock(at)}</time>
          </li>`;
    }
  }
}

/** Whether the patron has read one's own words; said of the last that she has. */
function seenBy({ app }: Seen, chat: Chat, seq: number, who: protocol.Person) {
  const mark = chat.marks.find((it) => it.who.kind === "patron");
  if (!mark || !isMe(app, who) || seq > mark.read) return nothing;
  const later = chat.events.some(
    (it) =>
      it.seq > seq && it.seq <= mark.read && it.event.type === "posted" && isMe(app, it.event.by),
  );
  return later ? nothing : html`<span class="seen">read</span>`;
}

function typing({ app }: Seen, chat: Chat): string {
  const who = chat.typing.filter((it) => !isMe(app, it)).map(called);
  return who.length === 0 ? "" : `${list(who)} ${who.length === 1 ? "is" : "are"} writing…`;
}

function foot(seen: Seen, id: protocol.ChatId, chat: Chat, where: Page): TemplateResult {
  const { app, does } = seen;
  const claim = html`<button
    class="main"
    aria-keyshortcuts=${KEYS.claim.aria}
    @click=${() => does.claim(id)}
  >
    Claim ${shortcut(KEYS.claim)}
  </button>`;
  switch (where) {
    case "preview":
      return html`<div class="foot">
        ${claim}
        <button @click=${() => does.ask({ is: "dismiss", chat: id })}>Dismiss…</button>
        <p>You look at it; the patron does not know.</p>
      </div>`;
    case "offered":
      return html`<div class="foot">
        ${claim}
        <button @click=${() => does.ask({ is: "decline", chat: id })}>Decline…</button>
        <p>
          ${chat.view.owner ? calledFully(chat.view.owner) : "A colleague"} offers you this chat.
        </p>
      </div>`;
    case "returned":
      return html`${composer(seen, id)}
        <div class="foot">${claim}</div>`;
    case "ended": {
      const why = chat.view.ended ? whyEnded(chat.view.ended) : "The chat is over.";
      return html`<div class="foot">
        <p>${why}</p>
        <button @click=${() => does.putAway(id)}>Put away</button>
      </div>`;
    }
    default: {
      const { transfer } = chat.view;
      return html`${
        transfer && isMe(app, chat.view.owner)
          ? html`<p class="pending">
              Offered to ${transfer.to_name}; it is yours until somebody claims it.
              <button @click=${() => does.cancelTransfer(id)}>Withdraw the transfer</button>
            </p>`
          : nothing
      }
      ${composer(seen, id)}`;
    }
  }
}
