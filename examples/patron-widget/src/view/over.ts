// The chat is over: why, what was said, a copy to keep, what the patron thinks of it, what next.

import { html, nothing, type TemplateResult } from "lit";

import type { Seen } from "../does.js";
import { chatOf, pane, unanswered } from "../state.js";
import { ended } from "../words.js";
import { conversation } from "./talk.js";

const RATINGS = ["1, poor", "2", "3", "4", "5, very good"];

export function over(seen: Seen): TemplateResult {
  const { state, does } = seen;
  return html`${conversation(seen)}
    <div class="body after">
      <p><b>${why(seen)}</b></p>
      ${state.info?.rating && answered(seen) ? rating(seen) : nothing}
      ${
        unanswered(state)
          ? html`<button class="main" @click=${() => does.ask("ticket")}>
              Answer me by e-mail
            </button>`
          : nothing
      }
      <div class="answers">
        <button @click=${() => does.save()}>Save</button>
        <button @click=${() => does.askAgain()}>Ask again</button>
        <button @click=${() => does.done()}>Done</button>
      </div>
    </div>`;
}

function why({ state }: Seen): string {
  const last = chatOf(state)?.events.findLast((it) => it.event.type === "ended")?.event;
  return last?.type === "ended" ? ended(last.cause, last.by) : "The chat is over.";
}

/** Only what somebody answered is rated. */
const answered = ({ state }: Seen): boolean =>
  chatOf(state)?.events.some((it) => it.event.type === "claimed") ?? false;

function rating({ state, does }: Seen): TemplateResult {
  if (pane(state) === "rated") return html`<p>Thank you for telling us.</p>`;
  return html`<form
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      const form = new FormData(event.target as HTMLFormElement);
      does.rate(Number(form.get("rating")), String(form.get("comment")).trim());
    }}
  >
    <fieldset>
      <legend>How was it?</legend>
      ${RATINGS.map(
        (it, index) =>
          html`<label class="choice">
            <input type="radio" name="rating" value=${index + 1} required /> <span>${it}</span>
          </label>`,
      )}
    </fieldset>
    <label for="comment">In your words <small>(optional)</small></label>
    <input id="comment" name="comment" autocomplete="off" />
    <button>Rate</button>
  </form>`;
}
