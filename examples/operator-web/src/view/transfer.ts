// *Transfer*: to a department or a co-op of the patron's library, or to one colleague; who is there
// is said beside each.

import { html, nothing, type TemplateResult } from "lit";

import type { protocol } from "@deskbell/client";

import type { Seen } from "../does.js";
import { STATUS, calledFully, standing } from "../words.js";
import { over } from "./dialog.js";
import { problemView } from "./parts.js";

type Targets = protocol.Targets;

export function transfer(
  { app, does }: Seen,
  chat: protocol.ChatId,
  targets: Targets | undefined,
): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const to = form.get("to");
    if (typeof to !== "string") return;
    does.transfer(chat, to, String(form.get("note")).trim(), form.has("tell"));
  };
  return over(
    "Transfer this chat",
    () => does.dismissDialog(),
    targets === undefined
      ? html`<p>Asking who is there…</p>
          ${problemView(app)}
          <p class="answers">
            <button autofocus @click=${() => does.dismissDialog()}>Cancel</button>
          </p>`
      : html`<form @submit=${submit}>
          ${choices(targets)}
          <label for="note">Note for whoever takes it (the patron never sees it)</label>
          <textarea id="note" name="note" rows="2"></textarea>
          <div class="choice">
            <label
              ><input type="checkbox" name="tell" checked /> <span>Tell the patron</span></label
            >
          </div>
          ${problemView(app)}
          <p class="answers">
            <button class="main">Transfer</button>
            <button type="button" @click=${() => does.dismissDialog()}>Cancel</button>
          </p>
        </form>`,
  );
}

/** Every place, and everybody; where nobody is, it cannot be chosen, and says so. */
export function choices({ departments, coops, operators }: Targets, group = "to"): TemplateResult {
  const queue = (it: protocol.QueueView) =>
    choice(group, it.target, it.name, standing(it.others), it.others.length > 0);
  const colleague = ({ who, status }: protocol.Colleague) =>
    who.kind === "operator" && who.id
      ? choice(group, `operator/${who.id}`, calledFully(who), STATUS[status], status === "online")
      : nothing;
  const part = (title: string, all: readonly unknown[], none: string) =>
    html`<fieldset>
      <legend>${title}</legend>
      ${all.length > 0 ? all : html`<p>${none}</p>`}
    </fieldset>`;
  return html`
    ${part("To a department", departments.map(queue), "The patron's library has none.")}
    ${part("To a co-op", coops.map(queue), "The patron's library is in none.")}
    ${part("To a colleague", operators.map(colleague), "Nobody else is here.")}
  `;
}

function choice(
  group: string,
  target: protocol.Target,
  name: string,
  who: string,
  there: boolean,
): TemplateResult {
  const id = `${group}-${target.replace("/", "-")}`;
  return html`<div class="choice">
    <label>
      <input
        type="radio"
        name=${group}
        value=${target}
        ?disabled=${!there}
        required
        aria-describedby=${id}
      />
      <span>${name}</span>
    </label>
    <small id=${id} class=${there ? "staffed" : "alone"}>${who}</small>
  </div>`;
}
