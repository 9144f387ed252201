// The end of a shift: nothing new rings any more; the chats that one owns are handed over, each
// with a note; then one signs out.

import { html, nothing, type TemplateResult } from "lit";

import type { protocol } from "@deskbell/client";

import type { HandOver, Seen } from "../does.js";
import { calledFully } from "../words.js";
import { over } from "./dialog.js";
import { problemView, written } from "./parts.js";

type All = ReadonlyMap<protocol.ChatId, protocol.Targets>;

export function endShift(seen: Seen, targets: All): TemplateResult {
  const { app, does } = seen;
  const owned = (app.desk?.mine ?? []).filter((it) => it.owner && !it.ended);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const all = owned.map(({ chat }): HandOver | undefined => {
      const to = form.get(`to-${chat}`);
      if (typeof to !== "string" || to === "") return undefined;
      return { chat, to, note: String(form.get(`note-${chat}`)).trim() };
    });
    does.endShift(all.filter((it) => it !== undefined));
  };
  const cancel = html`<button type="button" @click=${() => does.dismissDialog()}>Stay</button>`;
  return over(
    "End the shift",
    () => does.dismissDialog(),
    owned.length === 0
      ? html`<p>You own no chat. Signing out ends your monitoring.</p>
          ${problemView(app)}
          <p class="answers">
            <button class="main" autofocus @click=${() => does.signOut(false)}>Sign out</button>
            ${cancel}
          </p>`
      : html`<p>
            Nothing new rings for you now. Hand over what you own: it stays yours until somebody
            claims it, and what nobody claims in two minutes waits again at its old place.
          </p>
          <form @submit=${submit}>
            ${owned.map(({ chat }) => handOver(seen, chat, targets.get(chat)))} ${problemView(app)}
            <p class="answers">
              <button class="main">Hand over</button>
              ${cancel}
              <button type="button" class="danger" @click=${() => does.signOut(true)}>
                Sign out at once: they wait again
              </button>
            </p>
          </form>`,
  );
}

function handOver(
  { app }: Seen,
  chat: protocol.ChatId,
  targets: protocol.Targets | undefined,
): TemplateResult {
  const view = app.desk?.chats.get(chat)?.view;
  const places = [...(targets?.departments ?? []), ...(targets?.coops ?? [])];
  const people = (targets?.operators ?? []).filter((it) => it.status === "online");
  const to = `to-${chat}`;
  const pending = view?.transfer;
  return html`<fieldset>
    <legend>Chat with ${written(view?.patron.name || "Patron")}</legend>
    ${
      pending
        ? html`<p>Offered to ${pending.to_name}.</p>`
        : html`<label for=${to}>To</label>
            <select id=${to} name=${to} autofocus>
              <option value="">Keep it for now</option>
              ${places
                .filter((it) => it.others.length > 0)
                .map((it) => html`<option value=${it.target}>${it.name}</option>`)}
              ${people.map(({ who }) =>
                who.kind === "operator" && who.id
                  ? html`<option value="operator/${who.id}">${calledFully(who)}</option>`
                  : nothing,
              )}
            </select>
            <label for="note-${chat}">Note for whoever takes it</label>
            <input id="note-${chat}" name="note-${chat}" />`
    }
  </fieldset>`;
}
