// *Chats*: Patron Chats, which anybody who monitors may claim, and My Chats; beside them the chat
// that is shown.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import type { MyRow, protocol } from "@deskbell/client";

import type { Seen } from "../does.js";
import { KEYS } from "../keys.js";
import { isMe, page, queueName } from "../state.js";
import { called, calledFully, list, since } from "../words.js";
import { conversation } from "./conversation.js";
import { house, shortcut, written } from "./parts.js";

export function chats(seen: Seen): TemplateResult {
  const { app } = seen;
  const shown = page(app) !== "chats";
  return html`<div class="chats ${shown ? "with-chat" : ""}">
    <div class="lists">
      <h1>Chats</h1>
      ${patronChats(seen)} ${myChats(seen)}
    </div>
    ${
      shown
        ? conversation(seen)
        : html`<p class="hint">
            Choose a chat to see it here. Nothing is claimed by looking at it.
          </p>`
    }
  </div>`;
}

function patronChats(seen: Seen): TemplateResult {
  const { app } = seen;
  const rows = app.desk?.rows ?? [];
  const monitors = (app.desk?.presence?.monitoring.length ?? 0) > 0;
  const empty = monitors
    ? "No patron waits."
    : "You monitor nothing: turn on a department or a co-op in Settings.";
  return html`<section aria-labelledby="patron-chats">
    <h2 id="patron-chats">Patron Chats</h2>
    ${
      rows.length === 0
        ? html`<p class="empty">${empty}</p>`
        : html`<ul>
            ${repeat(
              rows,
              (it) => it.chat,
              (it, at) => patronRow(seen, it, at === 0),
            )}
          </ul>`
    }
  </section>`;
}

function patronRow({ app, does }: Seen, row: protocol.ListRow, first: boolean): TemplateResult {
  const home = app.me?.kind === "operator" && app.me.library === row.home;
  const others = (row.previewers ?? []).filter((it) => !isMe(app, it));
  const where = list(row.tiers.map((it) => queueName(app, it)));
  const name = row.name || "Patron";
  return html`<li>
    <button
      class="row"
      data-row=${row.chat}
      aria-current=${app.open === row.chat ? "true" : nothing}
      @click=${() => does.show(row.chat)}
    >
      <span class="who">
        ${home ? house() : nothing}<span class="library">${row.home_name}</span>
        <b>${written(name)}</b>
      </span>
      <span class="question">${written(row.question)}</span>
      <span class="more">
        ${
          row.transfer_from
            ? html`<span>${calledFully(row.transfer_from)} offers it to you</span>`
            : html`<span>waiting ${since(row.since, app.now)}</span>`
        }
        <span>${where}</span>
        ${row.patron_here ? nothing : html`<span class="gone">not connected</span>`}
        ${
          row.returned
            ? html`<span>
                waits again${row.returned.note ? html`: ${written(row.returned.note)}` : nothing}
              </span>`
            : nothing
        }
        ${others.length > 0 ? html`<span>${list(others.map(called))} looking</span>` : nothing}
      </span>
    </button>
    <button
      class="main"
      aria-keyshortcuts=${first ? KEYS.claim.aria : nothing}
      @click=${() => does.claim(row.chat)}
    >
      Claim <span class="unseen">the chat of ${name}</span>
      ${first ? shortcut(KEYS.claim) : nothing}
    </button>
  </li>`;
}

function myChats(seen: Seen): TemplateResult {
  const mine = seen.app.desk?.mine ?? [];
  return html`<section aria-labelledby="my-chats">
    <h2 id="my-chats">My Chats</h2>
    ${
      mine.length === 0
        ? html`<p class="empty">You are in no chat.</p>`
        : html`<ul>
            ${repeat(
              mine,
              (it) => it.chat,
              (it) => myRow(seen, it),
            )}
          </ul>`
    }
  </section>`;
}

function myRow({ app, does }: Seen, row: MyRow): TemplateResult {
  const view = app.desk?.chats.get(row.chat)?.view;
  const role = row.ended ? "ended" : row.owner ? "yours" : "you take part";
  return html`<li>
    <button
      class="row"
      data-row=${row.chat}
      aria-current=${app.open === row.chat ? "true" : nothing}
      @click=${() => does.show(row.chat)}
    >
      <span class="who">
        <b>${written(view?.patron.name || "Patron")}</b>
        <span class="library">${view?.library?.name ?? view?.home ?? ""}</span>
      </span>
      <span class="more">
        <span>${role}</span>
        ${row.unread > 0 ? html`<span class="badge">${row.unread} unread</span>` : nothing}
        ${
          row.unansweredSince
            ? html`<span>waits for an answer: ${since(row.unansweredSince, app.now)}</span>`
            : nothing
        }
        ${
          view?.patron_away_since && !row.ended
            ? html`<span class="gone">not connected</span>`
            : nothing
        }
      </span>
    </button>
    ${
      row.ended
        ? html`<button @click=${() => does.putAway(row.chat)}>
            Put away <span class="unseen">the chat of ${view?.patron.name || "the patron"}</span>
          </button>`
        : nothing
    }
  </li>`;
}
