// *Settings*: where the desk opens. What one stands for, who else does, and how one is called.

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";

import type { protocol } from "@deskbell/client";

import type { Seen } from "../does.js";
import { STATUS, ago, calledFully, list, standing } from "../words.js";

const STATUSES: readonly [protocol.Status, string][] = [
  ["online", "You are called for new patron chats."],
  ["away", "You are called, too; when all are away, patrons are told so."],
  ["internal", "Colleagues see you; you are not called."],
  ["offline", "You are not called."],
];

export function settings(seen: Seen): TemplateResult {
  const { app, does } = seen;
  const { queues } = app;
  return html`<div class="settings">
    <h1>Settings</h1>
    ${statuses(seen)}
    <div class="columns">
      <fieldset>
        <legend>Local Monitoring</legend>
        ${queues?.departments.map((it) => queue(seen, it))}
        ${queues?.ticket_queues.map((it) => ticketQueue(seen, it))}
        ${
          queues && queues.departments.length === 0
            ? html`<p>You are in no department of your library.</p>`
            : nothing
        }
      </fieldset>
      <fieldset>
        <legend>Co-Op Monitoring</legend>
        ${queues?.coops.map((it) => queue(seen, it))}
        ${queues && queues.coops.length === 0 ? whomToAsk(queues) : nothing}
      </fieldset>
    </div>
    <p class="check">
      <button class="main" @click=${() => does.checkStatus()}>
        ${app.checking ? "Checking…" : "Check Status"}
      </button>
      ${
        app.checked === undefined
          ? nothing
          : html`<span>Checked ${ago(app.checked, app.now)}</span>`
      }
    </p>
    ${calling(seen)}
  </div>`;
}

function statuses({ app, does }: Seen): TemplateResult {
  const now = app.desk?.presence?.status;
  return html`<fieldset class="statuses">
    <legend>Status</legend>
    ${STATUSES.map(
      ([status, meaning]) =>
        html`<div class="choice">
          <label>
            <input
              type="radio"
              name="status"
              .checked=${live(now === status)}
              aria-describedby="status-${status}"
              @change=${() => does.setStatus(status)}
            />
            <span>${STATUS[status]}</span>
          </label>
          <small id="status-${status}">${meaning}</small>
        </div>`,
    )}
    ${
      now === "draining"
        ? html`<p>Your shift is ending: nothing new rings. Choose a status to go on.</p>`
        : nothing
    }
  </fieldset>`;
}

function queue(seen: Seen, it: protocol.QueueView): TemplateResult {
  const on = seen.app.desk?.presence?.monitoring.includes(it.target) ?? false;
  const id = it.target.replace("/", "-");
  return switchView(id, it.name, on, it.others, (now) => seen.does.monitor(it.target, now));
}

function ticketQueue(seen: Seen, it: protocol.TicketQueueView): TemplateResult {
  const on = seen.app.desk?.presence?.ticket_queues?.includes(it.id) ?? false;
  const name = `${it.name} (tickets)`;
  const change = (now: boolean) => seen.does.monitorTickets(it.id, now);
  return switchView(`tickets-${it.id}`, name, on, it.others, change);
}

/** Green and red say it, and so do the words. */
function switchView(
  id: string,
  name: string,
  on: boolean,
  others: readonly protocol.Colleague[],
  change: (on: boolean) => void,
): TemplateResult {
  return html`<div class="queue">
    <label>
      <input
        type="checkbox"
        role="switch"
        .checked=${live(on)}
        aria-describedby="others-${id}"
        @change=${(event: Event) => change((event.target as HTMLInputElement).checked)}
      />
      <span>${name}</span>
    </label>
    <p id="others-${id}" class=${others.length > 0 ? "staffed" : "alone"}>${standing(others)}</p>
  </div>`;
}

function whomToAsk(queues: protocol.Queues): TemplateResult {
  const whom = list((queues.ask ?? []).map(calledFully));
  return html`<p>
    You have no access to a co-op's queue. ${whom ? `Ask ${whom} for it.` : nothing}
  </p>`;
}

function calling({ app, does }: Seen): TemplateResult {
  const { sound, notifications } = app.calling;
  const box = (name: string, on: boolean, change: (on: boolean) => void) =>
    html`<label>
      <input
        type="checkbox"
        role="switch"
        .checked=${live(on)}
        @change=${(event: Event) => change((event.target as HTMLInputElement).checked)}
      />
      <span>${name}</span>
    </label>`;
  return html`<fieldset>
    <legend>When a patron rings</legend>
    ${box("Play a sound until the chat is claimed", sound, (on) => does.setCalling({ sound: on }))}
    ${box("Show desktop notifications until the chat is claimed", notifications, (on) =>
      does.setCalling({ notifications: on }),
    )}
  </fieldset>`;
}
