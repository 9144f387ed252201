// The frame of everything that stands over a page: the browser's own modal dialog, which keeps the
// focus within and gives it back.

import { html, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";

import { start } from "../focus.js";

let shown: Element | undefined;
let before: Element | null = null;

/** Called with the dialog when it appears, and with nothing when it is gone. */
function modal(element: Element | undefined): void {
  if (element instanceof HTMLDialogElement) {
    if (shown === element) return;
    shown = element;
    before = document.activeElement;
    queueMicrotask(() => element.isConnected && !element.open && element.showModal());
    return;
  }
  shown = undefined;
  const back = before;
  queueMicrotask(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (!lost) return;
    if (back instanceof HTMLElement && back.isConnected) back.focus();
    else start(document)?.focus();
  });
}

/** `closed` is called when the person puts it away, by Escape too. */
export const over = (
  title: string,
  closed: (() => void) | undefined,
  content: TemplateResult,
): TemplateResult =>
  html`<dialog
    ${ref(modal)}
    aria-labelledby="dialog-title"
    @cancel=${(event: Event) => {
      event.preventDefault();
      closed?.();
    }}
  >
    <h2 id="dialog-title" tabindex="-1">${title}</h2>
    ${content}
  </dialog>`;
