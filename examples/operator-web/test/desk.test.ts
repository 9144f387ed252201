// What the desk says, calls for and shows, held against states as they follow each other.

import assert from "node:assert/strict";
import { test } from "node:test";

import { type Called, NOT_CALLED, plan, title } from "../src/calling.js";
import type { Does } from "../src/does.js";
import { KEYS, press } from "../src/keys.js";
import { said } from "../src/said.js";
import { type App, START, events, expiry, page, states, withDraft } from "../src/state.js";
import { STATES, VARIANTS } from "../src/states.js";
import { ago, list, since, standing, told } from "../src/words.js";

const NOW = STATES.settings().now;
const rows = STATES.chats().desk?.rows ?? [];
const withRows = (count: number): App => {
  const app = STATES.chats();
  return { ...app, desk: app.desk && { ...app.desk, rows: rows.slice(0, count) } };
};

test("each state of the list is what its name says", () => {
  for (const [name, make] of Object.entries(STATES)) {
    assert.ok((states(make()) as string[]).includes(name), `${name}: ${states(make()).join(", ")}`);
  }
});

test("every variant is made of states of the list", () => {
  for (const [name, make] of Object.entries(VARIANTS)) {
    for (const state of states(make())) assert.ok(state in STATES, `${name}: ${state}`);
  }
});

test("an operator is called at once, again until somebody claims, and for each new patron", () => {
  let called: Called = NOT_CALLED;
  const at = (app: App, now: number): boolean => {
    const { call, after } = plan(called, app, now);
    called = after;
    return call;
  };
  assert.equal(at(withRows(0), 0), false);
  assert.equal(at(withRows(1), 1000), true);
  assert.equal(at(withRows(1), 15_999), false);
  assert.equal(at(withRows(1), 16_000), true);
  assert.equal(at(withRows(2), 17_000), true, "somebody new rings at once");
  assert.equal(at(withRows(1), 18_000), false, "one that was claimed rings nobody");
  assert.equal(at(withRows(0), 19_000), false);
  assert.equal(at(withRows(1), 20_000), true, "who rings after silence rings at once");
});

test("who is internal, offline or ending the shift is not called", () => {
  for (const status of ["internal", "offline", "draining"] as const) {
    const app = withRows(1);
    const presence = app.desk?.presence && { ...app.desk.presence, status };
    const quiet = { ...app, desk: app.desk && { ...app.desk, presence } };
    assert.equal(plan(NOT_CALLED, quiet, 0).call, false, status);
    assert.equal(title(quiet), "Deskbell");
  }
});

test("the title of the tab counts who waits and what is unread", () => {
  assert.equal(title(withRows(2)), "2 patrons waiting · Deskbell");
  assert.equal(title(STATES.conversation()), "4 patrons waiting · 3 unread · Deskbell");
});

test("a message is said once with its author, and one's own and typing never", () => {
  const before = STATES.conversation();
  const chat = before.desk?.chats.get("c1");
  assert.ok(chat && before.desk);
  const post = (seq: number, name: string, text: string) => {
    const by = name === "Sam" ? { kind: "patron" as const, name } : before.me;
    assert.ok(by);
    return { seq, eid: `n${seq}`, at: "", event: { type: "posted" as const, by, text } };
  };
  const last = chat.events.at(-1)?.seq ?? 0;
  const more = [...chat.events, post(last + 1, "Sam", "Hello?"), post(last + 2, "Maya", "Yes")];
  const chats = new Map(before.desk.chats).set("c1", { ...chat, events: more, typing: [] });
  const after = { ...before, desk: { ...before.desk, chats } };
  assert.deepEqual(said(before, after), [{ is: "message", author: "Sam", text: "Hello?" }]);
  assert.deepEqual(said(after, after), []);
  const elsewhere = (app: App): App => ({ ...app, open: "c9" });
  assert.deepEqual(said(elsewhere(before), elsewhere(after)), [
    { is: "notice", text: "New message from Sam." },
  ]);
});

test("a patron who begins to wait is said; those who wait when the desk opens are not", () => {
  const [first] = said(withRows(1), withRows(2));
  assert.equal(
    first?.text,
    "A patron of Elm Public Library waits: Where do I find the 1920 census for our county?",
  );
  assert.deepEqual(said(withRows(2), withRows(1)), []);
  assert.deepEqual(said(STATES.connecting(), withRows(2)), []);
});

test("a lost connection and its return are said once each", () => {
  const lost = STATES["line reconnecting"]();
  const back = STATES.settings();
  assert.match(said(back, lost)[0]?.text ?? "", /^The connection is lost/);
  assert.deepEqual(said(lost, { ...lost, now: NOW + 1 }), []);
  assert.deepEqual(said(lost, back), [{ is: "notice", text: "Connected again." }]);
});

test("what is typed outlives an expired sign-in, and is gone once it is sent", () => {
  const typed = withDraft(STATES.conversation(), "c1", { text: "Wait" });
  assert.equal(withDraft(typed, "c1", { text: "" }).drafts.size, 0);
  const desk = typed.desk && {
    ...typed.desk,
    status: { is: "closed", reason: { by: "broker", code: 4103, message: "it expired" } } as const,
  };
  const expired: App = { ...typed, desk };
  assert.equal(expiry(expired), "it expired");
  assert.equal(expired.drafts.get("c1")?.text, "Wait");
});

test("older entries stand before the recent ones, each once", () => {
  const app = STATES.conversation();
  const chat = app.desk?.chats.get("c1");
  assert.ok(chat && app.desk);
  const chats = new Map(app.desk.chats).set("c1", { ...chat, events: chat.events.slice(3) });
  const desk = { ...app.desk, chats };
  const earlier = new Map([["c1", chat.events.slice(0, 5)]]);
  const seqs = events({ ...app, desk, earlier }, "c1").map((it) => it.seq);
  assert.deepEqual(seqs, [1, 2, 3, 4, 5, 6, 7, 8]);
});

test("a shortcut needs Alt and Shift, and nothing over the page", () => {
  const did: string[] = [];
  const does = new Proxy({}, { get: (_, name) => () => did.push(String(name)) }) as Does;
  const key = (code: string, more = {}) =>
    ({
      code,
      altKey: true,
      shiftKey: true,
      ctrlKey: false,
      metaKey: false,
      ...more,
    }) as KeyboardEvent;
  assert.equal(press(key(KEYS.claim.code), STATES.chats(), does), true);
  assert.equal(press(key(KEYS.claim.code, { altKey: false }), STATES.chats(), does), false);
  assert.equal(press(key(KEYS.claim.code), STATES["dialog end"](), does), false);
  assert.equal(press(key(KEYS.claim.code), START, does), false);
  assert.equal(press(key(KEYS.transfer.code), STATES.conversation(), does), true);
  assert.equal(press(key(KEYS.transfer.code), STATES.participant(), does), true);
  assert.equal(press(key(KEYS.end.code), STATES.participant(), does), true);
  assert.deepEqual(did, ["claim", "askTransfer", "leave"]);
  assert.equal(new Set(Object.values(KEYS).map((it) => it.code)).size, Object.keys(KEYS).length);
});

test("times, names and lines are said as people say them", () => {
  const at = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
  assert.deepEqual(
    [0, 9, 10, 59, 60, 3599, 3600].map((it) => since(at(it), NOW)),
    ["just now", "just now", "10 s", "50 s", "1 min", "59 min", "1 h 0 min"],
  );
  assert.equal(ago(NOW, NOW), "just now");
  assert.equal(ago(NOW - 60_000, NOW), "1 min ago");
  assert.equal(list(["Maya", "Ines", "Lou"]), "Maya, Ines and Lou");
  assert.equal(standing([]), "Nobody else is here.");
  const lapsed = told({ type: "transfer_lapsed", reason: "time" });
  assert.equal(lapsed, "The transfer came to nothing: nobody took it in time.");
  assert.equal(page(STATES.returned()), "returned");
});
