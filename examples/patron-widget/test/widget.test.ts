// What the widget shows, says, asks for and keeps, held against states as they follow each other.

import assert from "node:assert/strict";
import { test } from "node:test";

import { said } from "../src/said.js";
import {
  button,
  check,
  names,
  pane,
  START,
  type State,
  unanswered,
  unread,
  writing,
} from "../src/state.js";
import { STATES, VARIANTS } from "../src/states.js";
import { buttonWord, refusal, REFUSALS, told, transcript, wait } from "../src/words.js";

test("each state of the list is what its name says", () => {
  for (const [name, make] of Object.entries(STATES)) {
    assert.ok((names(make()) as string[]).includes(name), `${name}: ${names(make()).join(", ")}`);
  }
});

test("every variant is made of states of the list", () => {
  for (const [name, make] of Object.entries(VARIANTS)) {
    for (const state of names(make())) assert.ok(state in STATES, `${name}: ${state}`);
  }
});

test("the button never says online unless the broker says so", () => {
  const state = STATES["button online"]();
  assert.equal(button(state), "online");
  assert.equal(button({ ...state, now: undefined }), "unreachable");
  assert.equal(button({ ...START, now: state.now }), "loading");
  assert.equal(buttonWord(state, "offline"), "offline");
});

test("who has begun to ask is not interrupted when the last librarian goes", () => {
  const offline = STATES["pane offline"]();
  assert.equal(pane({ ...offline, asked: { ...offline.asked, question: "When" } }), "form");
});

test("what the library needs to know is asked for, and nothing else", () => {
  const { info, asked } = STATES["pane form"]();
  assert.ok(info);
  assert.deepEqual(Object.keys(check(info, asked)), ["question", "contact"]);
  const told = { ...asked, question: "When?", contact: "sam@example.org" };
  assert.deepEqual(check(info, told), {});
  const questions = [{ text: "Your card's number", required: true }];
  const strict = { ...info, ask: { ...info.ask, name: "required" as const, questions } };
  assert.deepEqual(Object.keys(check(strict, told)), ["name", "answer-0"]);
  assert.deepEqual(check(strict, { ...told, name: "Sam", answers: ["2004"] }), {});
});

test("the wait is told as it is, and guessed at only by the last hour", () => {
  const waits = STATES["pane waiting"]();
  assert.equal(
    wait(waits),
    "2 people are before you. The longest wait now is 3 minutes. In the last hour half of all " +
      "waited at most 4 minutes.",
  );
  const chat = waits.desk?.chats.get("c1");
  assert.ok(chat?.wait && waits.desk);
  const alone = { ...chat, wait: { ...chat.wait, ahead: 0, estimate_minutes: null } };
  const desk = { ...waits.desk, chats: new Map([["c1", alone]]) };
  assert.equal(
    wait({ ...waits, desk }),
    "Nobody is before you. The longest wait now is 3 minutes.",
  );
});

/** The same chat, one event later. */
function later(before: State, event: object): State {
  const chat = before.desk?.chats.get("c1");
  assert.ok(chat && before.desk);
  const seq = (chat.events.at(-1)?.seq ?? 0) + 1;
  const more = { seq, eid: "n", at: "2026-03-02T15:04:00Z", event } as (typeof chat.events)[0];
  const next = { ...chat, events: [...chat.events, more] };
  return { ...before, desk: { ...before.desk, chats: new Map([["c1", next]]) } };
}

test("others' messages are said with their author; one's own, typing and a reload are not", () => {
  const before = STATES["pane talking"]();
  const by = { kind: "operator", name: "Lou" };
  const after = later(before, { type: "posted", by, text: "One moment" });
  assert.deepEqual(said(before, after), [{ is: "message", author: "Lou", text: "One moment" }]);
  const own = later(after, { type: "posted", by: { kind: "patron" }, text: "Yes" });
  assert.deepEqual(said(after, own), []);
  assert.deepEqual(said(START, after), []);
  assert.deepEqual(said(before, { ...before, draft: "I wr" }), []);
});

test("a message is unread until it was shown", () => {
  const before = STATES["button chatting"]();
  assert.equal(unread(before), 0);
  const by = { kind: "operator", name: "Lou" };
  const after = later({ ...before, seen: 8 }, { type: "posted", by, text: "Here it is" });
  assert.equal(button(after), "unread");
  assert.equal(buttonWord(after, "unread"), "1 new message");
  assert.equal(unread({ ...after, seen: 9 }), 0);
});

test("the copy to keep has everything that was said, and who said it", () => {
  const lines = transcript(STATES["pane over"]()).split("\r\n");
  assert.equal(lines[0], "Birch Public Library, Ask Birch");
  const words = lines.map((it) => it.replace(/^\[.*?\] /, ""));
  for (const line of [
    "You: Can I renew a book that someone else has reserved?",
    "Maya: Good morning, Sam. Let me look at the holds on it.",
    "Lou answers you. They work at another library of our co-op.",
    "The librarian ended the chat.",
  ]) {
    assert.ok(words.includes(line), line);
  }
});

test("when everybody has gone, the wait promises nobody", () => {
  const nobody = STATES["pane waiting"]();
  const words = wait({ ...nobody, now: { availability: "offline" } });
  assert.equal(words, "Nobody is here to answer just now. You keep your place for whoever comes.");
  assert.match(told({ type: "ticket_offered", why: "nobody" }, nobody) ?? "", /^Nobody is here/);
  assert.match(told({ type: "ticket_offered", why: "waited" }, nobody) ?? "", /^It takes longer/);
});

test("a refusal speaks to a patron, and not to who builds a client", () => {
  for (const words of [...Object.values(REFUSALS), refusal(undefined), refusal("bad_frame")]) {
    assert.match(words, /^[A-Z][^_]*\.$/);
    assert.doesNotMatch(words, /cmid|broker|store|connection|Error|\d{4}-\d\d/);
  }
  assert.equal(refusal("banned"), REFUSALS.banned);
});

test("who missed an answer may still have it by e-mail, once", () => {
  const missed = VARIANTS["pane over missed"]?.();
  assert.ok(missed);
  assert.ok(unanswered(missed));
  assert.equal(pane({ ...missed, asks: "ticket" }), "ticket");
  const asked = later(missed, { type: "ticket_requested", name: "Sam", email: "sam@example.org" });
  assert.equal(unanswered(asked), false);
  assert.equal(pane({ ...asked, asks: "ticket" }), "over");
  assert.equal(unanswered(STATES["pane over"]()), false, "somebody answered");
  const waited = STATES["pane waiting"]();
  const gaveUp = later(waited, { type: "ended", cause: "missed", by: { kind: "patron" } });
  assert.equal(unanswered(gaveUp), false, "she gave it up herself");
});

test("who wrote a while ago is not shown to write", () => {
  const talks = STATES["pane talking"]();
  assert.deepEqual(writing(talks).map((it) => it.kind), ["operator"]);
  assert.deepEqual(writing({ ...talks, writes: false }), []);
});
