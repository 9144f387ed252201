// `behavior.md`, sections 4 to 7: chats, writes, reads, bounds.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DisconnectedError, FullError, RefusedError, type StoredWrite } from "../src/index.js";
import { CHAT, maya, operator, OTHER, outcome, posted, snapshot, Stage } from "./fake.js";

test("4.2 4.5 4.6 a reconnect replays what was missed, and nothing twice", () => {
  const stage = new Stage();
  const socket = stage.following(1);
  socket.event(2);
  socket.event(2);
  const again = stage.reconnect();
  const resume = again.hear("chat.subscribe");
  assert.deepEqual(resume.from, { seq: 2, eid: "e2" });
  const event = { type: "patron_back" };
  const events = [2, 3, 4].map((seq) => ({ seq, eid: `e${seq}`, at: "", event }));
  again.say({ type: "chat.replay", chat: CHAT, events, more: false });
  again.ok(resume);
  again.event(5, { type: "hidden" });
  assert.deepEqual(stage.places, [2, 3, 4, 5]);
});

test("4.3 a gap is asked for, and a second one at the same place gets a snapshot", () => {
  const stage = new Stage();
  const socket = stage.following(1);
  socket.event(3);
  const repair = socket.hear("chat.subscribe");
  assert.deepEqual(repair.from, { seq: 1, eid: "e1" });
  socket.ok(repair);
  socket.event(3);
  assert.equal(socket.hear("chat.subscribe").from, undefined);
  socket.say(snapshot(7));
  socket.event(8);
  assert.deepEqual(stage.places, [8]);
});

test("4.4 another identity at the same place is a diverged history", () => {
  const stage = new Stage();
  const socket = stage.following(3);
  const event = { type: "hidden" };
  socket.say({ type: "chat.event", chat: CHAT, seq: 3, eid: "x", at: "", event });
  socket.hear("chat.subscribe");
  socket.say(snapshot(2, "diverged"));
  const told = stage.told.at(-1);
  assert.ok(told?.type === "chat.snapshot" && told.reason === "diverged");
});

test("4.7 a resume put off is tried again, and one refused is told", () => {
  const stage = new Stage();
  stage.following(1);
  const socket = stage.reconnect();
  socket.refuse(socket.hear("chat.subscribe"), "unavailable", true, { retry_after_ms: 700 });
  socket.hearsNothing();
  stage.clock.pass(700);
  socket.refuse(socket.hear("chat.subscribe"), "not_found");
  const told = stage.told.at(-1);
  assert.ok(told?.type === "chat.lost" && told.refused.code === "not_found");
  stage.reconnect().hearsNothing();
});

test("4.9 leaving a chat ends its events at once", async () => {
  const stage = new Stage();
  const socket = stage.following(1);
  const left = stage.client.unsubscribe(CHAT);
  socket.event(2);
  socket.ok(socket.hear("chat.unsubscribe"));
  assert.equal(await outcome(left), undefined);
  assert.deepEqual(stage.places, []);
  stage.reconnect().hearsNothing();
});

test("4.8 a chat that the broker closed is not resumed", () => {
  const stage = new Stage();
  const socket = stage.following(1);
  socket.say({ type: "chat.closed", chat: CHAT, reason: "left" });
  socket.event(2);
  assert.deepEqual(stage.told.map((it) => it.type), ["chat.closed"]);
  stage.reconnect().hearsNothing();
});

test("4.10 a place that the app kept is resumed from", () => {
  const stage = new Stage();
  const socket = stage.greet();
  void stage.client.subscribe(CHAT, { seq: 7, eid: "e7" });
  const request = socket.hear("chat.subscribe");
  assert.deepEqual(request.from, { seq: 7, eid: "e7" });
  const events = [{ seq: 8, eid: "e8", at: "", event: { type: "patron_back" } }];
  socket.say({ type: "chat.replay", chat: CHAT, events, more: false });
  socket.ok(request);
  assert.deepEqual(stage.places, [8]);
});

test("5.2 5.3 5.5 5.6 writes to one chat keep order and cmid through a loss", async () => {
  const stage = new Stage();
  const socket = stage.following(1);
  const [one, two] = [stage.client.post(CHAT, "one"), stage.client.post(CHAT, "two")];
  const first = socket.hear("chat.post");
  socket.hearsNothing();
  const again = stage.reconnect();
  // First the chat hears what it missed.
  const resume = again.hear("chat.subscribe");
  again.hearsNothing();
  again.ok(resume);
  const retried = again.hear("chat.post");
  assert.deepEqual([retried.text, retried.cmid], ["one", first.cmid]);
  again.event(2, posted(maya, "one"));
  again.ok(retried, 2);
  assert.deepEqual(await outcome(one), { chat: CHAT, seq: 2, eid: "e2" });
  const next = again.hear("chat.post");
  assert.equal(next.text, "two");
  again.ok(next, 3);
  again.ok(next, 3);
  assert.deepEqual(await outcome(two), { chat: CHAT, seq: 3, eid: "e3" });
});

test("5.4 a temporary refusal holds up its own chat only and is tried again", async () => {
  const stage = new Stage();
  const socket = stage.greet();
  const write = stage.client.post(CHAT, "one");
  socket.refuse(socket.hear("chat.post"), "busy", true, { retry_after_ms: 300 });
  void stage.client.post(OTHER, "two");
  assert.equal(socket.hear("chat.post").chat, OTHER);
  stage.clock.pass(299);
  socket.hearsNothing();
  stage.clock.pass(1);
  socket.ok(socket.hear("chat.post"), 2);
  assert.equal(((await outcome(write)) as { seq: number }).seq, 2);
});

test("5.1 that nobody is there, and who was first, is told at once", async () => {
  const stage = new Stage();
  const socket = stage.greet();
  const ring = stage.client.open({ question: "Hello?" });
  socket.refuse(socket.hear("chat.open"), "offline", true);
  const offline = await outcome(ring);
  assert.ok(offline instanceof RefusedError && offline.code === "offline");
  const claim = stage.client.claim(CHAT);
  socket.refuse(socket.hear("chat.claim"), "already_claimed", false, { by: maya });
  const lost = await outcome(claim);
  assert.ok(lost instanceof RefusedError && lost.refused.by);
});

test("4.1 a ring lost before its answer opens one chat and follows it", async () => {
  const stage = new Stage();
  const ring = stage.client.open({ question: "Hello?" });
  const { cmid } = stage.greet().hear("chat.open");
  const socket = stage.reconnect();
  const again = socket.hear("chat.open");
  assert.equal(again.cmid, cmid);
  socket.ok(again, 1);
  assert.equal(((await outcome(ring)) as { chat: string }).chat, CHAT);
  assert.equal(socket.hear("chat.subscribe").chat, CHAT, "its snapshot was lost");
});

test("5.8 writes of an earlier page go on with their cmid, and a refusal is told", () => {
  let kept: StoredWrite[] = [];
  const outbox = { load: () => kept, save: (all: StoredWrite[]) => void (kept = all) };
  const before = new Stage({ outbox });
  before.greet();
  void before.client.post(CHAT, "one").catch(() => {});
  void before.client.post(CHAT, "two").catch(() => {});
  assert.deepEqual(kept.map(({ write }) => "text" in write && write.text), ["one", "two"]);

  const after = new Stage({ outbox, uuid: () => "fresh" });
  const socket = after.greet();
  const one = socket.hear("chat.post");
  assert.deepEqual([one.text, one.cmid], ["one", "id-1"]);
  socket.ok(one, 2);
  socket.refuse(socket.hear("chat.post"), "chat_ended");
  const told = after.told.at(-1);
  assert.ok(told?.type === "write.refused" && told.refused.code === "chat_ended");
  assert.deepEqual(kept, []);
});

test("5.7 a write longer than a frame is refused here", async () => {
  const stage = new Stage();
  const socket = stage.greet();
  const write = stage.client.post(CHAT, "x".repeat(70_000));
  const error = await outcome(write);
  assert.ok(error instanceof RefusedError && error.code === "bad_text");
  socket.hearsNothing();
});

test("6.1 calls made before the welcome wait for it, and a lost read fails", async () => {
  const stage = new Stage();
  const sync = stage.client.sync();
  const socket = stage.greet();
  socket.ok(socket.hear("sync"));
  assert.equal(await outcome(sync), undefined);
  const queues = stage.client.queues();
  socket.hear("desk.queues");
  socket.lose();
  assert.ok((await outcome(queues)) instanceof DisconnectedError);
});

test("6.2 the list is asked for again after a reconnect", async () => {
  const stage = new Stage();
  const socket = stage.greet(operator());
  const list = stage.client.subscribeList();
  socket.ok(socket.hear("list.subscribe"));
  assert.equal(await outcome(list), undefined);
  const again = stage.reconnect(operator());
  again.refuse(again.hear("list.subscribe"), "unavailable", true, { retry_after_ms: 100 });
  stage.clock.pass(100);
  again.hear("list.subscribe");
});

test("6.3 presence is restated with the time of its change, unless overtaken", async () => {
  const stage = new Stage();
  const socket = stage.greet(operator());
  const told = stage.client.setPresence("away", ["coop/tri"]);
  const set = socket.hear("presence.set");
  assert.equal(set.at, undefined, "right now is the broker's to say");
  const presence = { status: "away", monitoring: ["coop/tri"], at: "2026-11-24T10:00:01Z" };
  socket.say({ type: "presence", re: set.id, presence });
  assert.deepEqual(await outcome(told), presence);
  const again = stage.reconnect(operator("2026-11-24T09:00:00Z")).hear("presence.set");
  assert.deepEqual([again.status, again.at], ["away", "2026-11-24T10:00:01Z"]);
  stage.reconnect(operator("2026-11-24T12:00:00Z")).hearsNothing();
});

test("6.4 6.5 typing is lossy, and what arrives or is read is marked, also after a loss", () => {
  const stage = new Stage({ tellsDelivered: true });
  stage.client.typing(CHAT, true);
  const socket = stage.following(1);
  stage.client.typing(CHAT, true);
  socket.ok(socket.hear("chat.typing"));
  socket.event(2, posted(maya));
  socket.event(3, posted(maya));
  socket.event(4, posted({ kind: "patron" }));
  stage.clock.pass(499);
  socket.hearsNothing();
  stage.clock.pass(1);
  const mark = socket.hear("chat.mark");
  assert.deepEqual([mark.delivered, mark.read], [3, undefined]);
  socket.ok(mark);
  stage.client.read(CHAT, 3);
  assert.equal(socket.hear("chat.mark").read, 3);
  const again = stage.reconnect();
  again.ok(again.hear("chat.subscribe"));
  assert.equal(again.hear("chat.mark").read, 3);
});

test("7.4 requests keep within the rate and the number in flight that welcome told", () => {
  const stage = new Stage();
  const socket = stage.greet(operator(), { requests_burst: 3, requests_per_second: 10 });
  for (let n = 0; n < 5; n++) void stage.client.sync().catch(() => {});
  assert.equal(socket.said.length, 3);
  stage.clock.pass(100);
  assert.equal(socket.said.length, 4);

  const few = new Stage();
  const slow = few.greet(operator(), { requests_in_flight: 2 });
  for (let n = 0; n < 5; n++) void few.client.sync().catch(() => {});
  assert.equal(slow.said.length, 2);
  slow.ok(slow.hear("sync"));
  assert.equal(slow.said.length, 2);
});

test("7.3 more calls than may wait are refused at once", async () => {
  const stage = new Stage({ waitingMax: 2 });
  for (let n = 0; n < 2; n++) void stage.client.sync().catch(() => {});
  assert.ok((await outcome(stage.client.sync())) instanceof FullError);
});

test("7.2 an answer comes after the events before it", async () => {
  const stage = new Stage();
  const socket = stage.following(1);
  const seen: string[] = [];
  stage.client.listen((event) => seen.push(event.type));
  const write = stage.client.post(CHAT, "one").then(() => seen.push("answered"));
  const request = socket.hear("chat.post");
  socket.event(2, posted(maya, "one"));
  socket.ok(request, 2);
  await write;
  assert.deepEqual(seen, ["chat.event", "answered"]);
});

test("7.1 an iterator that falls behind lets go of the connection and misses nothing", async () => {
  const stage = new Stage({ eventsMax: 4 });
  const socket = stage.following(1);
  const events = stage.client.events();
  for (let seq = 2; seq <= 5; seq++) socket.event(seq);
  await outcome(Promise.resolve());
  assert.equal(socket.closedWith, 1000);
  stage.clock.pass(60_000);
  assert.equal(stage.sockets.length, 1, "nothing comes while nobody takes it");
  const taken = [];
  for (let n = 0; n < 6; n++) {
    const { value } = await events.next();
    taken.push(value.type === "chat.event" ? value.seq : value.type);
  }
  assert.deepEqual(taken, [2, 3, 4, 5, "status", "status"]);
  const again = stage.greet();
  assert.deepEqual(again.hear("chat.subscribe").from, { seq: 5, eid: "e5" });
});

test("7.5 the tap sees every frame before duplicates are removed", () => {
  const seen: string[] = [];
  const stage = new Stage({ tap: (direction) => seen.push(direction) });
  const socket = stage.following(1);
  socket.event(2);
  socket.event(2);
  assert.deepEqual(seen.slice(-2), ["to_client", "to_client"]);
  assert.deepEqual(stage.places, [2]);
});

test("a listener that throws keeps nothing from the others, and is not hidden", (t) => {
  const thrown: (() => void)[] = [];
  t.mock.method(globalThis, "queueMicrotask", (later: () => void) => void thrown.push(later));
  const stage = new Stage();
  stage.client.listen(() => {
    throw new Error("oh");
  });
  const heard: string[] = [];
  stage.client.listen((event) => heard.push(event.type));
  const socket = stage.following(1);
  socket.event(2);
  assert.deepEqual(heard, ["status", "chat.snapshot", "chat.event"]);
  assert.equal(thrown.length, 3);
  assert.throws(thrown[0] ?? assert.fail, /oh/);
});
