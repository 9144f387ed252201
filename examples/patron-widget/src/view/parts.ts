// Small parts that more than one view has.

import { html, nothing, type TemplateResult } from "lit";

import type { Seen } from "../does.js";
import { line } from "../state.js";

/** Text as a person wrote it: whichever way it runs, it turns nothing around it. */
export const written = (text: string): TemplateResult => html`<bdi class="written">${text}</bdi>`;

const ADDRESS = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)/;

/** Text with the web and mail addresses in it as links. */
export function linked(text: string): TemplateResult {
  const parts = text
    .split(ADDRESS)
    .map((part, index) =>
      index % 2 === 0
        ? part
        : html`<a
            href=${part.includes("://") ? part : `mailto:${part}`}
            target="_blank"
            rel="noreferrer noopener"
            >${part}</a
          >`,
    );
  return html`<bdi class="written">${parts}</bdi>`;
}

/** A field with its label, and what is wrong with it. */
export function field(
  id: string,
  label: string,
  required: boolean,
  problem: string | undefined,
  input: TemplateResult,
): TemplateResult {
  return html`<div class="field">
    <label for=${id}>${label}${required ? nothing : html` <small>(optional)</small>`}</label>
    ${input} ${problem ? html`<p class="problem" id="problem-${id}">${problem}</p>` : nothing}
  </div>`;
}

/** What is wrong with the connection, or what was refused. */
export function lineView({ state, does }: Seen): TemplateResult {
  switch (line(state)) {
    case "reconnecting":
      return html`<p class="line">Reconnecting… What you write is kept and sent then.</p>`;
    case "elsewhere":
      return html`<p class="line">
        This chat is open in another tab.
        <button @click=${() => does.useHere()}>Use it here</button>
      </p>`;
    case "lost":
      return html`<p class="line">
        The connection is over.
        <button @click=${() => does.useHere()}>Connect again</button>
      </p>`;
    case "refused":
      return html`<p class="line">
        <span>${state.refused}</span>
        <button @click=${() => does.dismissRefusal()}>Close</button>
      </p>`;
    case undefined:
      return html``;
  }
}
