// Nobody is there: what the library says of it, and its other ways of contact. It changes by itself
// as soon as somebody comes.

import { html, type TemplateResult } from "lit";

import type { Seen } from "../does.js";
import { linked } from "./parts.js";

export function offline({ state }: Seen): TemplateResult {
  const text = state.now?.text ?? "Nobody is here to answer just now. Please ask us another way.";
  return html`<div class="body">
    <p><b>We are offline.</b></p>
    <p>${linked(text)}</p>
    <p class="small">This window changes by itself when a librarian is here.</p>
  </div>`;
}
