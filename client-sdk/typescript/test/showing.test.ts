// *My Chats*, the store, what is kept between pages, and every golden frame.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { type Desk, deskStore, followAvailability } from "../src/index.js";
import { type KeyValue, webOutbox, webVisit } from "../src/index.js";
import { fold } from "../src/fold.js";
import { uuid7 } from "../src/ids.js";
import type { ChatEvent, ChatView } from "../src/protocol.gen.js";
import { CHAT, maya, operator, OTHER, posted, snapshot, Stage, START } from "./fake.js";

const ines = { kind: "operator", id: "ines", name: "Ines", library: "cedar" };
const asPatron = { kind: "patron" };

function desk() {
  const stage = new Stage();
  const store = deskStore(stage.client);
  const shown: Desk[] = [];
  store.subscribe((it) => shown.push(it));
  const socket = stage.greet(operator());
  return { stage, store, socket, shown };
}

test("6.6 what others write is unread until she sees it here or elsewhere, or answers", () => {
  const { store, socket } = desk();
  socket.say({ type: "list.mine", chats: [{ chat: CHAT, owner: true }] });
  const request = socket.hear("chat.subscribe");
  assert.equal(request.chat, CHAT, "another device claimed it");
  socket.say(snapshot(1));
  socket.ok(request);
  const row = () => store.get().mine[0];
  socket.event(2, posted(asPatron));
  socket.event(3, posted(ines));
  assert.equal(row()?.unread, 2);
  store.shown(CHAT);
  assert.equal(row()?.unread, 0);
  assert.equal(socket.hear("chat.mark").read, 3);
  socket.event(4, posted(asPatron));
  assert.deepEqual([row()?.unread, row()?.unansweredSince], [1, START]);
  socket.say({ type: "chat.mark", chat: CHAT, who: maya, delivered: 4, read: 4 });
  assert.deepEqual([row()?.unread, row()?.unansweredSince], [0, START]);
  socket.event(5, posted(maya));
  assert.deepEqual([row()?.unread, row()?.unansweredSince], [0, undefined]);
  socket.event(6, { type: "ended", by: maya, cause: "operator" });
  socket.say({ type: "list.mine", chats: [] });
  assert.equal(row()?.ended, true, "it stays until it is put away");
});

test("the store shows rows in order, who writes, marks, alarms, and calls back each time", () => {
  const { store, socket, shown } = desk();
  const row = (chat: string, since: string) => ({ chat, since, question: "?" });
  socket.say({ type: "list.snapshot", rows: [row(CHAT, "2026-11-24T10:01:00Z")] });
  socket.say({ type: "list.row", row: row(OTHER, "2026-11-24T10:00:00.5Z") });
  assert.deepEqual(
    store.get().rows.map((it) => it.chat),
    [OTHER, CHAT],
  );
  socket.say({ type: "list.gone", chat: OTHER });
  assert.deepEqual(
    store.get().rows.map((it) => it.chat),
    [CHAT],
  );
  socket.say({ type: "gap.alarm", target: "coop/tri", name: "Tri", why: "left", at: START });
  assert.equal(store.get().alarms.length, 1);
  socket.say({ type: "gap.over", target: "coop/tri" });
  assert.equal(store.get().alarms.length, 0);

  socket.say(snapshot(1));
  socket.say({ type: "chat.typing", chat: CHAT, who: ines, on: true });
  socket.say({ type: "chat.mark", chat: CHAT, who: ines, delivered: 1, read: 1 });
  const chat = () => store.get().chats.get(CHAT);
  assert.deepEqual([chat()?.typing, chat()?.marks[0]?.read], [[ines], 1]);
  socket.event(2, posted(ines));
  assert.deepEqual([chat()?.typing, chat()?.events.length], [[], 1]);
  assert.ok(shown.length > 8 && shown.every((it, n) => it !== shown[n - 1]));
});

test("a lost connection stays lost for who looks on until a try succeeds", () => {
  const { stage, store, socket } = desk();
  const seen: string[] = [];
  store.subscribe(({ status }) => seen.at(-1) !== status.is && seen.push(status.is));
  socket.lose(1012);
  stage.clock.pass(250);
  assert.equal(stage.client.status.is, "connecting");
  stage.greet(operator());
  assert.deepEqual(seen, ["open", "waiting", "open"]);
});

test("what is put away has ended, and is no longer followed", () => {
  const { stage, store, socket } = desk();
  socket.say(snapshot(1));
  socket.say({ type: "list.mine", chats: [{ chat: CHAT, owner: true }] });
  store.putAway(CHAT);
  assert.deepEqual([store.get().mine.length, store.get().chats.size], [1, 1]);
  socket.event(2, { type: "ended", by: maya, cause: "operator" });
  socket.say({ type: "list.mine", chats: [] });
  store.putAway(CHAT);
  assert.deepEqual([store.get().mine.length, store.get().chats.size], [0, 0]);
  socket.event(3);
  assert.equal(store.get().chats.size, 0);
  assert.ok(stage.client.status.is === "open");
});

test("an event makes of a chat what a snapshot would say", () => {
  const { state } = snapshot(1) as { state: ChatView };
  const steps: [object, Partial<ChatView>][] = [
    [
      { type: "claimed", by: maya },
      { phase: "active", owner: maya as never, participants: [] },
    ],
    [
      { type: "claimed", by: ines },
      { owner: ines as never, participants: [maya as never] },
    ],
    [{ type: "left", by: maya }, { participants: [] }],
    [
      { type: "transfer_offered", by: ines, to: "coop/tri", to_name: "Tri", until: START },
      { transfer: { to: "coop/tri", to_name: "Tri", until: START } },
    ],
    [{ type: "transfer_canceled", by: ines }, { transfer: null }],
    [{ type: "patron_away", until: START }, { patron_away_since: START }],
    [{ type: "patron_back" }, { patron_away_since: null }],
    [{ type: "tagged", by: ines, tags: ["holds"] }, { tags: ["holds"] }],
    [
      { type: "owner_lost", who: ines },
      { phase: "waiting", owner: null },
    ],
    [
      { type: "ended", by: ines, cause: "missed" },
      { phase: "ended", ended: "missed" },
    ],
  ];
  let view: ChatView = { ...state, phase: "waiting" };
  for (const [event, expected] of steps) {
    view = fold(view, event as ChatEvent, START);
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(view[key as keyof ChatView], value, `${JSON.stringify(event)}: ${key}`);
    }
  }
});

test("every golden frame of the broker is taken without complaint", () => {
  const golden = new URL("../../../../protocol/golden/", import.meta.url);
  const frames = readdirSync(golden).filter((it) => /^(to_client|event|error)\./.test(it));
  assert.ok(frames.length > 80, `only ${frames.length}`);
  for (const name of frames) {
    const stage = new Stage();
    const store = deskStore(stage.client);
    const socket = stage.greet(operator());
    socket.say(snapshot(1));
    socket.say(JSON.parse(readFileSync(new URL(name, golden), "utf8")));
    assert.ok(store.get().status.is !== "connecting", name);
  }
});

function memory(): KeyValue {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

test("what is kept between pages is found again, and damage is as good as nothing", () => {
  const storage = memory();
  const visit = webVisit(storage, "visit");
  assert.equal(visit.load(), undefined);
  const granted = { token: "t", session: "s", expires: START, secret: "s.x" };
  visit.save({ granted, chat: CHAT });
  assert.deepEqual(visit.load(), { granted, chat: CHAT });
  visit.save(undefined);
  assert.equal(storage.getItem("visit"), null);
  storage.setItem("outbox", "{");
  assert.deepEqual(webOutbox(storage, "outbox").load(), []);
});

test("ids are UUIDs of version 7, in the order of time", () => {
  const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const ids = [1, 1_700_000_000_000, 1_700_000_000_001].map(uuid7);
  for (const id of ids) assert.match(id, pattern);
  assert.deepEqual([...ids].sort(), ids);
  assert.notEqual(uuid7(1), uuid7(1));
});

test("availability is told as it changes, as unknown while nobody answers, and asked again", () => {
  const told: (string | undefined)[] = [];
  const opened: { url: string; readyState: number; hear: Map<string, (event: unknown) => void> }[] =
    [];
  const timers: (() => void)[] = [];
  const clock = {
    now: () => 0,
    after: (_: number, run: () => void) => (timers.push(run), () => {}),
  };
  let closed = 0;
  const open = (url: string) => {
    const hear = new Map<string, (event: unknown) => void>();
    const source = {
      url,
      hear,
      readyState: 1,
      addEventListener: (type: string, run: (event: MessageEvent) => void) =>
        void hear.set(type, run as (event: unknown) => void),
      close: () => void (closed += 1),
    };
    opened.push(source);
    return source;
  };
  const run = (now: { availability: string } | undefined) => told.push(now?.availability);
  const stop = followAvailability("http://localhost:8080", "ask us", run, open, clock);
  const say = (availability: string) =>
    opened.at(-1)?.hear.get("availability")?.({ data: JSON.stringify({ availability }) });
  assert.equal(opened[0]?.url, "http://localhost:8080/v1/widgets/ask%20us/availability");
  say("online");
  opened[0]?.hear.get("error")?.({});
  assert.equal(timers.length, 0, "the browser tries again by itself");
  say("away");
  Object.assign(opened[0] ?? {}, { readyState: 2 });
  opened[0]?.hear.get("error")?.({});
  assert.equal(timers.length, 1);
  timers[0]?.();
  say("offline");
  stop();
  opened[1]?.hear.get("error")?.({});
  assert.deepEqual(told, ["online", undefined, "away", undefined, "offline"]);
  assert.deepEqual([opened.length, closed], [2, 1]);
});
