// What stands over the page until it is answered: a dialog a function. Transfer and the end of a
// shift have files of their own.

import { html, nothing, type TemplateResult } from "lit";

import type { Seen } from "../does.js";
import { KEYS } from "../keys.js";
import { calledFully } from "../words.js";
import { over } from "./dialog.js";
import { endShift } from "./end-shift.js";
import { problemView } from "./parts.js";
import { transfer } from "./transfer.js";

export function dialog(seen: Seen): TemplateResult | typeof nothing {
  const { dialog: it } = seen.app;
  switch (it?.is) {
    case "expired":
      return expired(seen, it.why);
    case "transfer":
      return transfer(seen, it.chat, it.targets);
    case "end_shift":
      return endShift(seen, it.targets);
    case "end":
      return sure(seen, "End this chat?", "The patron is told that it is over.", "End Chat", () =>
        seen.does.end(it.chat),
      );
    case "decline":
      return reason(seen, "Decline the transfer", "Why? The owner reads it.", "Decline", (why) =>
        seen.does.decline(it.chat, why),
      );
    case "dismiss":
      return reason(
        seen,
        "Dismiss this chat",
        "It leaves every list and nobody answers it. Why? Colleagues read it.",
        "Dismiss",
        (why) => seen.does.dismiss(it.chat, why),
      );
    case "keys":
      return keys(seen);
    case undefined:
      return nothing;
  }
}

/** Nothing that was typed is lost meanwhile: it stands behind. */
function expired({ app, does }: Seen, why: string): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    does.signInAgain(String(new FormData(event.target as HTMLFormElement).get("password")));
  };
  return over(
    "Sign in again",
    undefined,
    html`<p>Your sign-in is over: ${why}. Everything you have typed is kept.</p>
      <form @submit=${submit}>
        <label for="again">Password of ${app.me ? calledFully(app.me) : "yours"}</label>
        <input
          id="again"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          aria-describedby="problem"
        />
        ${problemView(app)}
        <p class="answers">
          <button class="main">${app.busy ? "Signing in…" : "Sign in"}</button>
        </p>
      </form>`,
  );
}

function sure(
  { app, does }: Seen,
  title: string,
  what: string,
  answer: string,
  yes: () => void,
): TemplateResult {
  return over(
    title,
    () => does.dismissDialog(),
    html`<p>${what}</p>
      ${problemView(app)}
      <p class="answers">
        <button class="main" autofocus @click=${yes}>${answer}</button>
        <button @click=${() => does.dismissDialog()}>Cancel</button>
      </p>`,
  );
}

function reason(
  { app, does }: Seen,
  title: string,
  label: string,
  answer: string,
  yes: (why: string) => void,
): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    yes(String(new FormData(event.target as HTMLFormElement).get("why")).trim());
  };
  return over(
    title,
    () => does.dismissDialog(),
    html`<form @submit=${submit}>
      <label for="why">${label}</label>
      <input id="why" name="why" required autofocus aria-describedby="problem" />
      ${problemView(app)}
      <p class="answers">
        <button class="main">${answer}</button>
        <button type="button" @click=${() => does.dismissDialog()}>Cancel</button>
      </p>
    </form>`,
  );
}

function keys({ does }: Seen): TemplateResult {
  return over(
    "Shortcuts",
    () => does.dismissDialog(),
    html`<dl class="keys">
        ${Object.values(KEYS).map(
          (it) =>
            html`<dt><kbd>${it.shown}</kbd></dt>
              <dd>${it.what}</dd>`,
        )}
        <dt><kbd>Enter</kbd></dt>
        <dd>send what is written</dd>
        <dt><kbd>Shift+Enter</kbd></dt>
        <dd>begin a new line</dd>
        <dt><kbd>Escape</kbd></dt>
        <dd>close a dialog, or go from a chat back to the lists</dd>
      </dl>
      <p class="answers">
        <button class="main" autofocus @click=${() => does.dismissDialog()}>Close</button>
      </p>`,
  );
}
