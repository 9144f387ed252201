// Who writes, and until when it is told and believed, by a clock that the test turns.

import assert from "node:assert/strict";
import { test } from "node:test";

import { OthersTyping, OwnTyping } from "../src/typing.js";

function stage() {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const clock = {
    now: () => now,
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => (timers = timers.filter((it) => it !== timer));
    },
  };
  const pass = (ms: number) => {
    now += ms;
    const due = timers.filter((it) => it.at <= now);
    timers = timers.filter((it) => it.at > now);
    for (const { run } of due) run();
  };
  const told: boolean[] = [];
  return { clock, pass, told, tell: (on: boolean) => void told.push(on) };
}

test("who goes on writing tells it again, and not for every key", () => {
  const { clock, pass, told, tell } = stage();
  const own = new OwnTyping(tell, clock);
  for (let keys = 1; keys <= 61; keys += 1) {
    own.wrote("x".repeat(keys));
    pass(100);
  }
  assert.deepEqual(told, [true, true, true], "at once, after 3 s, after 6 s");
});

test("who stops has stopped, with words in the field or without", () => {
  const { clock, pass, told, tell } = stage();
  const own = new OwnTyping(tell, clock);
  own.wrote("I th");
  pass(5000);
  assert.deepEqual(told.splice(0), [true, false]);
  own.wrote("I think");
  own.wrote("");
  assert.deepEqual(told.splice(0), [true, false]);
  pass(60_000);
  assert.deepEqual(told, []);
});

test("a message that is sent tells by itself that it is written", () => {
  const { clock, pass, told, tell } = stage();
  const own = new OwnTyping(tell, clock);
  own.wrote("Yes");
  own.stop();
  pass(60_000);
  assert.deepEqual(told.splice(0), [true]);
  own.wrote("A");
  assert.deepEqual(told, [true], "the next one is told at once");
});

test("of others it is believed for a while, from the last time that it was heard", () => {
  const { clock, pass, told, tell } = stage();
  const others = new OthersTyping(tell, clock);
  others.heard();
  pass(7000);
  others.heard();
  pass(7999);
  assert.deepEqual(told.splice(0), [true, true]);
  pass(1);
  assert.deepEqual(told, [false]);
});

test("what is over is not believed any more", () => {
  const { clock, pass, told, tell } = stage();
  const others = new OthersTyping(tell, clock);
  others.stop();
  assert.deepEqual(told, []);
  others.heard();
  others.stop();
  pass(60_000);
  assert.deepEqual(told, [true, false]);
});
