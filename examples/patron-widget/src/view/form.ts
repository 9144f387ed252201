// What the patron is asked before the chat: the question, and what the library wants to know.

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";

import type { Seen } from "../does.js";
import { field, linked } from "./parts.js";

export function form({ state, does }: Seen): TemplateResult {
  const { info, asked, problems, now } = state;
  const described = (id: string) => (problems[id] ? `problem-${id}` : nothing);
  const one = (
    id: string,
    label: string,
    required: boolean,
    value: string,
    change: (value: string) => void,
    more: { autocomplete?: string; type?: string } = {},
  ) =>
    field(
      id,
      label,
      required,
      problems[id],
      html`<input
        id=${id}
        type=${more.type ?? "text"}
        autocomplete=${more.autocomplete ?? "off"}
        aria-required=${required ? "true" : nothing}
        aria-invalid=${problems[id] ? "true" : nothing}
        aria-describedby=${described(id)}
        .value=${live(value)}
        @input=${(event: Event) => change((event.target as HTMLInputElement).value)}
      />`,
    );
  const { name = "off", contact = "off", questions = [] } = info?.ask ?? {};
  return html`<form
    class="body"
    novalidate
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      does.ring();
    }}
  >
    ${info?.texts.greeting ? html`<p>${linked(info.texts.greeting)}</p>` : nothing}
    ${
      now === undefined
        ? html`<p class="line">The library cannot be reached just now. Your question is kept.</p>`
        : now.availability === "online"
          ? nothing
          : html`<p class="line">${linked(now.text ?? AWAY)}</p>`
    }
    ${field(
      "question",
      "Your question",
      true,
      problems.question,
      html`<textarea
        id="question"
        rows="4"
        dir="auto"
        aria-required="true"
        aria-invalid=${problems.question ? "true" : nothing}
        aria-describedby=${described("question")}
        .value=${live(asked.question)}
        @input=${(event: Event) =>
          does.tell({ question: (event.target as HTMLTextAreaElement).value })}
      ></textarea>`,
    )}
    ${
      name === "off"
        ? nothing
        : one(
            "name",
            "Your name",
            name === "required",
            asked.name,
            (it) => does.tell({ name: it }),
            {
              autocomplete: "name",
            },
          )
    }
    ${
      contact === "off"
        ? nothing
        : one(
            "contact",
            "E-mail or telephone",
            contact === "required",
            asked.contact,
            (it) => does.tell({ contact: it }),
            { autocomplete: "email" },
          )
    }
    ${questions.map((it, index) =>
      one(`answer-${index}`, it.text, it.required, asked.answers[index] ?? "", (value) => {
        const answers = questions.map((_, at) => asked.answers[at] ?? "");
        answers[index] = value;
        does.tell({ answers });
      }),
    )}
    ${info?.texts.privacy ? html`<p class="small">${linked(info.texts.privacy)}</p>` : nothing}
    <button class="main">Ask</button>
  </form>`;
}

const AWAY = "The librarians are away for a moment; it may take longer than usual.";
