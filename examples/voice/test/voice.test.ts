// What is said and when, by a clock that the test turns.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Voice } from "../src/voice.js";

function stage() {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const said: string[] = [];
  const clock = {
    now: () => now,
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => (timers = timers.filter((it) => it !== timer));
    },
  };
  const pass = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const due = timers.filter((it) => it.at <= end).sort((one, other) => one.at - other.at)[0];
      if (!due) break;
      timers = timers.filter((it) => it !== due);
      now = due.at;
      due.run();
    }
    now = end;
  };
  return { voice: new Voice((text) => said.push(text), clock), said, pass };
}

test("a message is said once, with its author", () => {
  const { voice, said, pass } = stage();
  voice.message("Maya", "Good morning");
  pass(100);
  pass(60_000);
  assert.deepEqual(said, ["Maya: Good morning"]);
});

test("three at once are said one by one, twenty as one sentence", () => {
  const { voice, said, pass } = stage();
  for (const text of ["a", "b", "c"]) voice.message("Maya", text);
  pass(100);
  assert.deepEqual(said.splice(0), ["Maya: a", "Maya: b", "Maya: c"]);
  for (let n = 1; n <= 20; n += 1) voice.message("Maya", `line ${n}`);
  pass(100);
  assert.deepEqual(said, ["20 new messages, the last from Maya: line 20"]);
});

test("the wait is said when it changes, and at most every half minute", () => {
  const { voice, said, pass } = stage();
  voice.waiting("2 before you");
  voice.waiting("2 before you");
  pass(10_000);
  voice.waiting("1 before you");
  voice.waiting("nobody before you");
  pass(19_999);
  assert.deepEqual(said, ["2 before you"]);
  pass(1);
  assert.deepEqual(said, ["2 before you", "nobody before you"]);
  pass(10_000);
  voice.waiting("1 before you");
  voice.waiting("nobody before you");
  pass(60_000);
  assert.equal(said.length, 2, "back to what was said, there is nothing to say");
});

test("a wait that is over is not said any more", () => {
  const { voice, said, pass } = stage();
  voice.waiting("1 before you");
  voice.waiting("nobody before you");
  voice.answered();
  pass(60_000);
  assert.deepEqual(said, ["1 before you"]);
});

test("a notice is said at once and after what came before it; twice in a row once", () => {
  const { voice, said, pass } = stage();
  voice.message("Maya", "One moment");
  voice.notice("Ines answers.");
  voice.notice("Ines answers.");
  pass(1000);
  assert.deepEqual(said, ["Maya: One moment", "Ines answers."]);
  voice.message("Ines", "Hello");
  pass(100);
  voice.notice("Ines answers.");
  assert.equal(said.length, 4);
});

test("closed, it says nothing more", () => {
  const { voice, said, pass } = stage();
  voice.message("Maya", "One moment");
  voice.waiting("nobody before you");
  voice.close();
  pass(60_000);
  assert.deepEqual(said, ["nobody before you"]);
});
