// The first page: who are you.

import { html, type TemplateResult } from "lit";

import type { Seen } from "../does.js";
import { problemView } from "./parts.js";

export function signIn({ app, does }: Seen): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    does.signIn(String(form.get("user")).trim(), String(form.get("password")));
  };
  return html`<main class="sign-in" id="main">
    <h1>Deskbell</h1>
    <p>Sign in to answer patrons of your library and of your co-op.</p>
    <form @submit=${submit}>
      <label for="user">Name</label>
      <input
        id="user"
        name="user"
        autocomplete="username"
        autocapitalize="none"
        required
        autofocus
      />
      <label for="password">Password</label>
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        required
        aria-describedby="problem"
      />
      ${problemView(app)}
      <button class="main">${app.busy ? "Signing in…" : "Sign in"}</button>
    </form>
  </main>`;
}
