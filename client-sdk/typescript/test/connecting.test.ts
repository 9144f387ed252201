// `behavior.md`, sections 1 to 3: states, losses, tokens.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ClosedError, HttpError } from "../src/index.js";
import type { Granted } from "../src/protocol.gen.js";
import { Backoff } from "../src/backoff.js";
import { CHAT, outcome, Stage } from "./fake.js";

test("1.1 the upgrade names path and subprotocol, and hello comes first", () => {
  const asked: string[] = [];
  const stage = new Stage({
    url: "https://desk.example",
    webSocket: (...args) => {
      asked.push(...args);
      return { onopen: null, onmessage: null, onclose: null, onerror: null, send() {}, close() {} };
    },
  });
  assert.deepEqual(asked, ["wss://desk.example/v1/connect", "deskbell.v1.json"]);
  stage.client.close();
});

test("1.2 the app hears of each state in order", () => {
  const stage = new Stage();
  stage.greet();
  stage.socket.lose(1012);
  stage.clock.pass(250);
  stage.greet();
  const all = ["open", "waiting", "connecting", "open"];
  assert.deepEqual(stage.statuses, all);
});

test("1.3 connecting and greeting end by themselves", () => {
  const stage = new Stage();
  stage.clock.pass(15_000);
  assert.equal(stage.client.status.is, "waiting");
  stage.clock.pass(20_000);
  stage.socket.onopen?.({} as never);
  stage.socket.hear("hello");
  stage.clock.pass(15_000);
  assert.equal(stage.client.status.is, "waiting");
});

test("1.4 superseded is terminal, and every call then fails with it", async () => {
  const stage = new Stage();
  const socket = stage.greet();
  const open = stage.client.post(CHAT, "hello");
  socket.say({ type: "bye", code: 4003, message: "a newer tab took over" });
  const error = await outcome(open);
  assert.ok(error instanceof ClosedError && error.message === "a newer tab took over");
  assert.ok((await outcome(stage.client.sync())) instanceof ClosedError);
  stage.clock.pass(60_000);
  assert.equal(stage.sockets.length, 1);
});

test("2.1 the close code decides whether and how soon to connect again", () => {
  const after = (code: number) => {
    const stage = new Stage();
    stage.greet();
    stage.socket.lose(code);
    const { status } = stage.client;
    return status.is === "waiting" ? status.delayMs : status.is;
  };
  const final = [4000, 4099, 1002, 1003, 1007, 1008, 1009];
  for (const code of final) assert.equal(after(code), "closed");
  assert.equal(after(4200), 1_000, "within two seconds");
  for (const code of [4100, 1006, 1012]) assert.equal(after(code), 250, "a short backoff");
});

test("2.2 a drain before the welcome backs off like any other loss", () => {
  const stage = new Stage();
  stage.socket.onopen?.({} as never);
  stage.socket.lose(4200);
  const { status } = stage.client;
  assert.ok(status.is === "waiting" && status.delayMs === 250);
});

test("2.3 delays fill their interval, which doubles up to a ceiling", () => {
  for (const share of [0, 0.25, 0.999]) {
    const backoff = new Backoff(() => share);
    const delays = Array.from({ length: 8 }, () => backoff.next());
    const reaches = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000];
    assert.deepEqual(delays, reaches.map((reach) => reach * share));
    assert.equal(backoff.atOnce(), 2_000 * share);
  }
});

test("2.7 a connection cut before the upgrade or before the welcome is tried again", () => {
  const stage = new Stage();
  stage.socket.lose();
  stage.clock.pass(250);
  stage.socket.onopen?.({} as never);
  stage.socket.lose();
  stage.clock.pass(500);
  stage.greet();
  assert.equal(stage.client.status.is, "open");
});

test("2.4 2.5 delays grow until a connection held for 30 s; a wish to stay away is kept", () => {
  const stage = new Stage();
  const delay = () => (stage.client.status.is === "waiting" ? stage.client.status.delayMs : -1);
  const delays = [];
  for (let tries = 0; tries < 8; tries++) {
    stage.socket.lose();
    delays.push(delay());
    stage.clock.pass(delay());
  }
  assert.deepEqual(delays, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  const socket = stage.greet();
  for (let second = 0; second < 31; second += 1) {
    stage.clock.pass(1_000);
    socket.say({ type: "ping" });
  }
  socket.say({ type: "bye", code: 4101, message: "slow", retry_after_ms: 5_000 });
  assert.equal(delay(), 5_250);
});

test("2.8 silence for a ping interval and 10 s ends the connection; any frame counts", () => {
  const stage = new Stage();
  const socket = stage.greet();
  stage.clock.pass(34_000);
  socket.say({ type: "ping" });
  socket.hear("pong");
  stage.clock.pass(34_999);
  assert.equal(stage.client.status.is, "open");
  stage.clock.pass(1);
  assert.equal(stage.client.status.is, "waiting");
  assert.equal(socket.closedWith, 1000);
});

test("2.9 what cannot be read ends the connection, what is newer is passed over", () => {
  const stage = new Stage();
  const socket = stage.greet();
  socket.say({ type: "chat.sparkle", sparkles: 3 });
  assert.equal(stage.client.status.is, "open");
  socket.sayText("{");
  assert.equal(stage.client.status.is, "waiting");
});

test("1.6 a URL that is no broker's address is told at once", () => {
  for (const url of ["ftp://desk", "http://", "https://desk/path", "https://me@desk", "desk"]) {
    const { status } = new Stage({ url }).client;
    assert.ok(status.is === "closed" && status.reason.by === "url", url);
  }
});

test("1.5 closing leaves in good order", async () => {
  const stage = new Stage();
  const socket = stage.greet();
  const write = stage.client.post("chat", "hello");
  stage.client.close();
  assert.equal(socket.closedWith, 1000);
  assert.ok((await outcome(write)) instanceof ClosedError);
  assert.deepEqual(stage.statuses.at(-1), "closed");
});

const granted = (token: string): Granted => ({
  token,
  session: "s",
  expires: "2026-11-25T10:00:00Z",
});

test("3.1 the token is renewed on the open connection before it expires", async () => {
  let asked = 0;
  const renew = () => {
    asked += 1;
    return Promise.resolve(granted("newer"));
  };
  const stage = new Stage({ renew });
  const socket = stage.greet();
  // Four fifths of twelve hours.
  for (let minute = 0; minute < 576; minute += 1) {
    stage.clock.pass(30_000);
    socket.say({ type: "ping" });
    stage.clock.pass(29_999);
    socket.say({ type: "ping" });
    socket.said.length = 0;
  }
  assert.equal(asked, 0);
  stage.clock.pass(600);
  await outcome(Promise.resolve());
  assert.equal(asked, 1);
  assert.equal(socket.hear("auth").token, "newer");
});

test("3.2 an expired token ends a client that cannot renew it", () => {
  const stage = new Stage();
  stage.greet();
  stage.socket.lose(4103, "expired");
  assert.equal(stage.client.status.is, "closed");
});

test("3.3 a refused renewal is terminal, and an unreachable one backs off", async () => {
  const with401 = async (error: Error) => {
    const stage = new Stage({ renew: () => Promise.reject(error) });
    stage.greet();
    stage.socket.lose(4103);
    stage.clock.pass(2_000);
    await outcome(Promise.resolve());
    return stage.client.status.is;
  };
  assert.equal(await with401(new HttpError(401, "unauthorized", "no")), "closed");
  assert.equal(await with401(new HttpError(0, undefined, "no network")), "waiting");
});

test("a page that wakes up looks at once", () => {
  const stage = new Stage();
  stage.greet();
  // The machine slept: no timer ran, and time went on.
  const before = stage.sockets.length;
  stage.socket.lose();
  assert.equal(stage.client.status.is, "waiting");
  stage.client.wake();
  assert.equal(stage.sockets.length, before + 1);
});
