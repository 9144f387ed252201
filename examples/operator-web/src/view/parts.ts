// Small parts that more than one page has.

import { html, nothing, type TemplateResult } from "lit";

import type { App } from "../state.js";
import { type Key } from "../keys.js";

/** Why what was asked for was refused; beside what asked for it. */
export const problemView = (app: App): TemplateResult =>
  html`<p class="problem" id="problem">${app.problem ?? nothing}</p>`;

/** Text as a person wrote it: whichever way it runs, it turns nothing around it. */
export const written = (text: string): TemplateResult => html`<bdi class="written">${text}</bdi>`;

/** The shortcut on a button. */
export const shortcut = (key: Key): TemplateResult => html`<kbd>${key.shown}</kbd>`;

/** The mark of one's own library; its name says it to those who do not see it. */
export const house = (): TemplateResult =>
  html`<svg class="house" viewBox="0 0 16 16" role="img" aria-label="Your library:">
    <path d="M8 1 0.5 8H3v7h4v-4h2v4h4V8h2.5z" />
  </svg>`;
