// What happened and wants to be known, above the page: a lost connection, a lost claim, a refusal,
// a queue where nobody stands. None of it takes the focus.

import { html, nothing, type TemplateResult } from "lit";

import type { Seen } from "../does.js";
import { line } from "../state.js";
import { called, calledFully, since } from "../words.js";
import { written } from "./parts.js";

export function notices(seen: Seen): TemplateResult | typeof nothing {
  const { app } = seen;
  const some = line(app) !== undefined || app.notice || app.desk?.alarms.length;
  return some
    ? html`<section class="notices" aria-label="Notices">
        ${lineView(seen)}${noticeView(seen)}
      </section>`
    : nothing;
}

function lineView({ app, does }: Seen): TemplateResult {
  const alarms = (app.desk?.alarms ?? []).map(
    (it) => html`<p class="notice alarm">Nobody stands at ${it.name}.</p>`,
  );
  return html`${connection()}${alarms}`;

  function connection(): TemplateResult | typeof nothing {
    switch (line(app)) {
      case "reconnecting":
        return html`<p class="notice warning">
          The connection is lost. It is tried again by itself; what you write is kept and sent then.
        </p>`;
      case "elsewhere":
        return html`<p class="notice warning">
          This desk is open in another window.
          <button @click=${() => does.useHere()}>Use it here</button>
        </p>`;
      case "over": {
        const status = app.desk?.status;
        const reason = status?.is === "closed" ? status.reason : undefined;
        const why = reason && reason.by !== "app" ? reason.message : "it was closed";
        return html`<p class="notice warning">
          The connection is over: ${why}.
          <button @click=${() => does.useHere()}>Connect again</button>
        </p>`;
      }
      case undefined:
        return nothing;
    }
  }
}

function noticeView({ app, does }: Seen): TemplateResult | typeof nothing {
  const { notice } = app;
  if (!notice) return nothing;
  const close = html`<button class="quiet" @click=${() => does.dismissNotice()}>Close</button>`;
  switch (notice.is) {
    case "refused":
      return html`<p class="notice warning"><span>${notice.message}</span> ${close}</p>`;
    case "lost_claim": {
      const { by, next } = notice;
      return html`<div class="notice">
        <p>${by ? calledFully(by) : "Somebody else"} was faster and answers this chat.</p>
        ${
          next
            ? html`<p>
                Next: ${next.name ? written(next.name) : "a patron"} of ${next.home_name}, waiting
                ${since(next.since, app.now)}: ${written(next.question)}
              </p>`
            : html`<p>Nobody else waits.</p>`
        }
        <p>
          ${
            next
              ? html`<button class="main" @click=${() => does.claim(next.chat)}>
                  Claim the next
                </button>`
              : nothing
          }
          ${close}
        </p>
      </div>`;
    }
  }
}

/** The same for the ear. */
export function noticeSaid(seen: Seen): string | undefined {
  const { notice } = seen.app;
  if (notice?.is !== "lost_claim") return notice?.message;
  const who = notice.by ? called(notice.by) : "Somebody else";
  const { next } = notice;
  return `${who} was faster and answers this chat. ${
    next ? `Next: ${next.name ?? "a patron"} of ${next.home_name}.` : "Nobody else waits."
  }`;
}
