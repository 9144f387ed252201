// A broker's end of a connection and a clock, both in the test's hand.

import assert from "node:assert/strict";

import { Client, type Event, type Options, type WebSocketLike } from "../src/index.js";
import type { Clock } from "../src/clock.js";
import type { Sequenced, ToBroker, ToClient } from "../src/protocol.gen.js";

export const CHAT = "01jnb0cag0fgysygbbw84df98k";
export const OTHER = "01jnb0cag0fgysygbbw84df98m";
export const START = "2026-11-24T10:00:00Z";

/** Time that passes only when told. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((it) => it !== timer);
    };
  }

  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter((it) => it.at <= until).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      this.#timers = this.#timers.filter((it) => it !== next);
      next.run();
    }
    this.#now = until;
  }
}

/** One socket of the client, as the broker sees it. */
export class FakeSocket implements WebSocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly said: (ToBroker & { id: number })[] = [];
  closedWith: number | undefined;

  send(text: string): void {
    this.said.push(JSON.parse(text));
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  /** The next request, which must be of this type. */
  hear<T extends ToBroker["type"]>(type: T): Extract<ToBroker, { type: T }> & { id: number } {
    const frame = this.said.shift();
    assert.equal(frame?.type, type, JSON.stringify(frame));
    return frame as never;
  }

  hearsNothing(): void {
    assert.deepEqual(this.said, []);
  }

  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never);
  }

  sayText(data: unknown): void {
    this.onmessage?.({ data } as never);
  }

  ok({ id }: { id: number }, seq?: number, chat = CHAT): void {
    this.say({ type: "ok", re: id, ...(seq && { chat, seq, eid: `e${seq}` }) });
  }

  refuse({ id }: { id: number }, code: string, temporary = false, more = {}): void {
    this.say({ type: "error", re: id, code, message: "because", temporary, ...more });
  }

  event(seq: number, event: object = { type: "patron_back" }, chat = CHAT): void {
    this.say({ type: "chat.event", chat, seq, eid: `e${seq}`, at: START, event });
  }

  lose(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason } as never);
  }
}

export function snapshot(seq: number, reason = "subscribed", chat = CHAT): ToClient {
  const state = {
    phase: "active",
    home: "birch",
    widget: "birch-home",
    opened_at: START,
    tiers: ["coop/tri"],
    patron: {},
  };
  const audience = "patron";
  const eid = `e${seq}`;
  return { type: "chat.snapshot", chat, seq, eid, reason, audience, state, events: [] } as ToClient;
}

export function posted(by: object, text = "Hello"): Sequenced["event"] {
  return { type: "posted", by, text } as Sequenced["event"];
}

export const patron = { role: "patron", widget: "birch-home" };
export const maya = { kind: "operator", id: "maya", name: "Maya", library: "birch" };

export function operator(at = START) {
  return { role: "operator", person: maya, presence: { status: "online", monitoring: [], at } };
}

/** A client, its sockets and everything that it told. */
export class Stage {
  readonly clock = new FakeClock();
  readonly sockets: FakeSocket[] = [];
  readonly told: Event[] = [];
  readonly client: Client;

  constructor(options: Partial<Options> = {}) {
    let ids = 0;
    this.client = new Client({
      url: "http://broker:1",
      token: "secret",
      clock: this.clock,
      random: () => 0.5,
      uuid: () => `id-${++ids}`,
      tellsDelivered: false,
      webSocket: () => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
      },
      ...options,
    });
    this.client.listen((event) => this.told.push(event));
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    assert.ok(socket, "the client connects");
    return socket;
  }

  /** The socket is upgraded and greeted. */
  greet(you: object = patron, more: object = {}): FakeSocket {
    const { socket } = this;
    socket.onopen?.({} as never);
    const hello = socket.hear("hello");
    assert.equal(hello.token, "secret");
    socket.say({
      type: "welcome",
      re: hello.id,
      session: "s",
      you,
      ping_ms: 25_000,
      durability: "memory",
      features: [],
      server_time: START,
      token_expires: "2026-11-24T22:00:00Z",
      limits: {
        frame_bytes: 65_536,
        requests_per_second: 20,
        requests_burst: 40,
        requests_in_flight: 32,
        ...more,
      },
    });
    return socket;
  }

  /** A client that follows `CHAT` up to `seq`. */
  following(seq: number): FakeSocket {
    const socket = this.greet();
    void this.client.subscribe(CHAT);
    const request = socket.hear("chat.subscribe");
    socket.say(snapshot(seq));
    socket.ok(request);
    this.told.length = 0;
    return socket;
  }

  /** Loses the connection and comes back. */
  reconnect(you: object = patron): FakeSocket {
    this.socket.lose();
    const { status } = this.client;
    assert.ok(status.is === "waiting");
    this.clock.pass(status.delayMs);
    return this.greet(you);
  }

  /** The places of `CHAT` that the app was told. */
  get places(): number[] {
    const events = this.told.filter((it) => it.type === "chat.event");
    return events.filter((it) => it.chat === CHAT).map((it) => it.seq);
  }

  get statuses(): string[] {
    return this.told.flatMap((it) => (it.type === "status" ? [it.status.is] : []));
  }
}

/** What a promise came to, once everything that waits has run. */
export async function outcome<T>(promise: Promise<T>): Promise<T | Error | "pending"> {
  const settled = promise.catch((error: Error) => error);
  const turn = new Promise<"pending">((resolve) => setImmediate(() => resolve("pending")));
  return Promise.race([settled, turn]);
}
