// The handle that an app holds: each method is one thing to ask of the broker.
//
// Writes resolve once the broker answered, through any number of reconnects; reads that were sent
// and lost fail with `DisconnectedError`. Listeners hear everything in order and before the answers
// that follow; an iterator that falls behind makes the SDK let go of the connection and resume
// later.

import { Backoff } from "./backoff.js";
import { type Clock, systemClock } from "./clock.js";
import { ClosedError } from "./errors.js";
import type { Event, Listener, Status } from "./event.js";
import { uuid7 } from "./ids.js";
import type { OutboxStorage, StoredWrite, Write, Written } from "./outbox.js";
import type { Monitoring } from "./presence.js";
import {
  type BanView,
  type ChatId,
  type CoopId,
  type CoopLevel,
  type Explained,
  type Granted,
  type Position,
  type PresenceView,
  type Queues,
  type Status as OperatorStatus,
  SUBPROTOCOL,
  type Target,
  type Targets,
  type ToBroker,
  type ToClient,
  type UserId,
  WEBSOCKET_PATH,
  type WidgetId,
  type You,
} from "./protocol.gen.js";
import { Queue } from "./queue.js";
import { pending, type Reply } from "./reply.js";
import { type Loss, Session } from "./session.js";
import type { Body } from "./talk.js";
import { whenWoken } from "./waking.js";

/** As much of a WebSocket as is needed; the browser's own is one. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export interface Options {
  /** `http://host:port` or `https://host`. */
  url: string;
  /** From `signIn` or `patronSession`. */
  token: string;
  /** Where the next token comes from, before this one expires. */
  renew?: () => Promise<Granted>;
  /** This app, one per tab or device; a newer connection with the same one takes over. */
  client?: string;
  /** Name and version of the app, for the operator of the broker. */
  app?: string;
  /** Opens a socket; outside browsers, with the page's `Origin` for a patron. */
  webSocket?: (url: string, subprotocol: string) => WebSocketLike;
  /** Where unanswered writes are kept; without it, in this page's memory. */
  outbox?: OutboxStorage;
  /** Events that may wait for an iterator. */
  eventsMax?: number;
  /** Calls that may wait for an answer. */
  waitingMax?: number;
  /** Whether the others in a chat are told when their messages arrive here. */
  tellsDelivered?: boolean;
  /** Sees every frame as it travels, before duplicates are removed. */
  tap?: (direction: "to_broker" | "to_client", text: string) => void;
  clock?: Clock;
  /** From 0 to below 1. */
  random?: () => number;
  uuid?: () => string;
}

const browserSocket = (url: string, subprotocol: string): WebSocketLike =>
  new WebSocket(url, subprotocol);

export class Client {
  readonly #options: Options;
  readonly #clock: Clock;
  readonly #session: Session;
  readonly #listeners = new Set<Listener>();
  readonly #queues = new Set<Queue>();
  #socket: WebSocketLike | undefined;
  /** What is still to be told. */
  readonly #told: Event[] = [];
  #telling = false;
  #cancelTimer: (() => void) | undefined;
  #unhook: (() => void) | undefined;

  /** Connects. */
  constructor(options: Options) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    const hands = {
      connect: () => this.#connect(),
      renew: () => this.#renew(),
      disconnect: () => this.#disconnect(),
      send: (frame: ToBroker) => this.#send(frame),
      deliver: (event: Event) => void this.#told.push(event),
    };
    this.#session = new Session(
      {
        token: options.token,
        renews: options.renew !== undefined,
        app: options.app ?? "deskbell-client",
        client: options.client ?? uuid7(),
        random,
        uuid: options.uuid ?? (() => uuid7()),
        backoff: new Backoff(random),
        outbox: options.outbox,
        waitingMax: options.waitingMax ?? 1024,
        tellsDelivered: options.tellsDelivered ?? true,
      },
      hands,
      this.#clock.now(),
    );
    this.#unhook = whenWoken(() => this.wake());
    this.#do((now) => {
      if (isBroker(options.url)) this.#session.start(now);
      else this.#session.close({ by: "url", message: `${options.url} is no broker's address` });
    });
  }

  // --- what comes

  /** How the connection stands now. */
  get status(): Status {
    return this.#session.status;
  }

  /** Whom the broker takes this connection for; none before the first `welcome`. */
  get you(): You | undefined {
    return this.#session.talk.you;
  }

  /** Hears everything from now on, in order; what it returns ends that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The same one by one, from now on; ends after `closed`. */
  events(): AsyncIterableIterator<Event> {
    const most = this.#options.eventsMax ?? 1024;
    const queue = new Queue(most, {
      full: () => this.#do((now) => this.#session.pause(now)),
      empty: () => {
        if ([...this.#queues].every((it) => it.isEmpty)) {
          this.#do((now) => this.#session.resume(now));
        }
      },
      left: () => this.#queues.delete(queue),
    });
    this.#queues.add(queue);
    return queue;
  }

  /** Writes that the broker has not answered, those of earlier pages included. */
  get unanswered(): StoredWrite[] {
    return this.#session.outbox.waiting();
  }

  // --- writes

  /** Hands a write to the outbox; writes to one chat are sent in this order. A `cmid` that the app
   *  kept goes on with a write of an earlier run. */
  submit(write: Write, cmid?: string): Promise<Written> {
    return this.#call((now, reply) => this.#session.talk.write(now, write, cmid, reply));
  }

  /** Rings, as a patron; the new chat is followed from its first event. */
  open(ring: Omit<Extract<Write, { type: "chat.open" }>, "type">): Promise<Written> {
    return this.submit({ type: "chat.open", ...ring });
  }

  /** Takes a waiting chat or an offered transfer, and follows it. */
  claim(chat: ChatId): Promise<Written> {
    return this.submit({ type: "chat.claim", chat });
  }

  post(chat: ChatId, text: string): Promise<Written> {
    return this.submit({ type: "chat.post", chat, text });
  }

  /** An internal note that the patron never sees. */
  note(chat: ChatId, text: string): Promise<Written> {
    return this.submit({ type: "chat.note", chat, text });
  }

  /** Offers the chat to a department, a co-op or an operator. */
  transfer(chat: ChatId, to: Target, note?: string, tellPatron = false): Promise<Written> {
    const said = note === undefined ? {} : { note };
    return this.submit({ type: "chat.transfer", chat, to, tell_patron: tellPatron, ...said });
  }

  /** Hands the chat over, because one has to go: if nobody takes it, it waits again. */
  handOver(chat: ChatId, to: Target, note?: string): Promise<Written> {
    const said = note === undefined ? {} : { note };
    const how = { tell_patron: false, hand_over: true };
    return this.submit({ type: "chat.transfer", chat, to, ...how, ...said });
  }

  cancelTransfer(chat: ChatId): Promise<Written> {
    return this.submit({ type: "chat.transfer_cancel", chat });
  }

  declineTransfer(chat: ChatId, reason: string): Promise<Written> {
    return this.submit({ type: "chat.transfer_decline", chat, reason });
  }

  leave(chat: ChatId): Promise<Written> {
    return this.submit({ type: "chat.leave", chat });
  }

  end(chat: ChatId): Promise<Written> {
    return this.submit({ type: "chat.end", chat });
  }

  /** Takes a waiting chat out of every list: nobody will answer it. */
  dismiss(chat: ChatId, note?: string): Promise<Written> {
    return this.submit({ type: "chat.dismiss", chat, ...(note !== undefined && { note }) });
  }

  /** Asks for a ticket, as the patron, instead of waiting on. */
  askForTicket(chat: ChatId, name: string, email: string): Promise<Written> {
    return this.submit({ type: "chat.ticket", chat, name, email });
  }

  /** Corrects who the patron is: what is absent stays, what is empty is removed. */
  setPatron(chat: ChatId, who: { name?: string; contact?: string }): Promise<Written> {
    return this.submit({ type: "chat.patron", chat, ...who });
  }

  /** Shows the patron's contact, on record; a snapshot with it follows. */
  reveal(chat: ChatId): Promise<Written> {
    return this.submit({ type: "chat.reveal", chat });
  }

  /** Says what the chat is about: all its tags. */
  tag(chat: ChatId, tags: string[]): Promise<Written> {
    return this.submit({ type: "chat.tag", chat, tags });
  }

  /** Rates an ended chat, as its patron: 1 to 5, 5 the best. */
  rate(chat: ChatId, rating: number, comment?: string): Promise<Written> {
    const said = comment === undefined ? {} : { comment };
    return this.submit({ type: "chat.rate", chat, rating, ...said });
  }

  // --- reads

  /** Follows a chat, from a place that the app kept or from a fresh snapshot, now and after every
   *  reconnect. */
  subscribe(chat: ChatId, from?: Position): Promise<void> {
    return this.#later((reply) => ({ is: "subscribe", chat, from, reply }));
  }

  unsubscribe(chat: ChatId): Promise<void> {
    return this.#later((reply) => ({ is: "unsubscribe", chat, reply }));
  }

  /** Starts the operator's lists, now and after every reconnect. */
  subscribeList(): Promise<void> {
    return this.#later((reply) => ({ is: "list", reply }));
  }

  unsubscribeList(): Promise<void> {
    return this.#later((reply) => ({ is: "listEnd", reply }));
  }

  /** Status and monitoring; told again after every reconnect, with the time of this change. */
  monitor(told: Monitoring): Promise<PresenceView> {
    return this.#call((now, reply) => this.#session.talk.monitor(now, told, reply));
  }

  /** The same for status and targets; ticket queues stay as they are. */
  setPresence(status: OperatorStatus, targets: Target[]): Promise<PresenceView> {
    return this.monitor({ status, targets });
  }

  /** Any request whose answer is `ok` or a frame of its own: `{ type: "explain", widget }`. */
  ask<A extends ToClient["type"]>(
    frame: Body,
    expects: A,
  ): Promise<Extract<ToClient, { type: A }>> {
    return this.#later<ToClient>((reply) => ({ is: "read", frame, expects, reply })) as never;
  }

  /** Up to `max` (1 to 200) events before the place `before`. */
  history(chat: ChatId, before: number, max: number) {
    return this.ask({ type: "chat.history", chat, before, max }, "history");
  }

  /** Resolves once everything committed before has been delivered. */
  async sync(): Promise<void> {
    await this.ask({ type: "sync" }, "ok");
  }

  /** What one may monitor, and who stands there. */
  queues(): Promise<Queues> {
    return this.ask({ type: "desk.queues" }, "queues");
  }

  /** Where a chat may be transferred to, and who is there. */
  transferTargets(chat: ChatId): Promise<Targets> {
    return this.ask({ type: "chat.targets", chat }, "targets");
  }

  /** Who would be rung, in which order, and why each other would not. */
  explain(widget: WidgetId, at?: string): Promise<Explained> {
    return this.ask({ type: "explain", widget, ...(at !== undefined && { at }) }, "explained");
  }

  /** Hours of the next 14 days in which some member is covered and nobody contributes. */
  forecast(coop: CoopId, zone?: string) {
    return this.ask({ type: "forecast", coop, ...(zone !== undefined && { zone }) }, "forecast");
  }

  async grantAccess(coop: CoopId, user: UserId, level: CoopLevel): Promise<void> {
    await this.ask({ type: "access.grant", coop, user, level }, "ok");
  }

  async revokeAccess(coop: CoopId, user: UserId): Promise<void> {
    await this.ask({ type: "access.revoke", coop, user }, "ok");
  }

  /** Keeps the patron of a chat from ringing again, for these hours. */
  async ban(chat: ChatId, hours?: number, reason?: string): Promise<void> {
    const how = { ...(hours !== undefined && { hours }), ...(reason !== undefined && { reason }) };
    await this.ask({ type: "ban.set", chat, ...how }, "ok");
  }

  async liftBan(chat: ChatId): Promise<void> {
    await this.ask({ type: "ban.lift", chat }, "ok");
  }

  async bans(): Promise<BanView[]> {
    return (await this.ask({ type: "ban.list" }, "bans")).bans;
  }

  /** Ends this sign-in; `anyway` lets chats that one owns wait again. */
  async signOut(anyway = false): Promise<void> {
    await this.ask({ type: "sign_out", anyway }, "ok");
  }

  async signOutOther(user: UserId): Promise<void> {
    await this.ask({ type: "operator.sign_out", user }, "ok");
  }

  // --- signals

  /** Tells the others in the chat that one writes. Lossy. */
  typing(chat: ChatId, on: boolean): void {
    this.#do((now) => this.#session.talk.typing(now, chat, on));
  }

  /** Tells the others in the chat that one has read it up to `seq`. */
  read(chat: ChatId, seq: number): void {
    this.#do((now) => this.#session.talk.read(now, chat, seq));
  }

  /** The page is shown again, or the network is back: looks at once. In browsers by itself. */
  wake(): void {
    this.#do((now) => this.#session.wake(now));
  }

  /** Closes for good. Unanswered calls fail with `ClosedError`. */
  close(): void {
    this.#do(() => this.#session.stop());
  }

  // --- the rest is plumbing

  #call<T>(ask: (now: number, reply: Reply<T>) => void): Promise<T> {
    const { status } = this.#session;
    if (status.is === "closed") return Promise.reject(new ClosedError(status.reason));
    const full = this.#session.talk.full();
    if (full) return Promise.reject(full);
    const [promise, reply] = pending<T>();
    this.#do((now) => ask(now, reply));
    return promise;
  }

  #later<T>(call: (reply: Reply<T>) => Parameters<Session["talk"]["call"]>[1]): Promise<T> {
    return this.#call<T>((now, reply) => this.#session.talk.call(now, call(reply)));
  }

  /** Does something, then tells what came of it, and sets the timer for what is due next. */
  #do(work: (now: number) => void): void {
    work(this.#clock.now());
    // A listener may ask for something: what comes of that follows what it was told.
    if (this.#telling) return;
    this.#telling = true;
    for (let event = this.#told.shift(); event; event = this.#told.shift()) this.#tell(event);
    this.#telling = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#session.status.is === "closed") return;
    const now = this.#clock.now();
    const at = this.#session.deadline(now);
    if (at === undefined) return;
    const tick = () => this.#do((then) => this.#session.tick(then));
    this.#cancelTimer = this.#clock.after(at - now, tick);
  }

  #connect(): void {
    const { url, webSocket = browserSocket } = this.#options;
    const address = new URL(WEBSOCKET_PATH, url);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    let socket: WebSocketLike;
    const lost = (loss: Loss) => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#do((now) => this.#session.lost(now, loss));
    };
    socket = this.#socket = webSocket(address.href, SUBPROTOCOL);
    socket.onopen = () => {
      if (this.#socket === socket) this.#do((now) => this.#session.connected(now));
    };
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (this.#socket === socket) this.#hear(data);
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
      // 1005 and 1006 say only that there was no code.
      lost({
        code: code === 1005 || code === 1006 ? undefined : code,
        message: reason || "the connection is gone",
      });
    // `close` follows, and says why.
    socket.onerror = () => {};
  }

  #hear(data: unknown): void {
    let frame: ToClient;
    try {
      this.#options.tap?.("to_client", String(data));
      frame = JSON.parse(data as string);
    } catch {
      const loss = { message: "the broker sent what is no frame" };
      return this.#do((now) => this.#session.drop(now, loss));
    }
    this.#do((now) => this.#session.heard.hear(now, frame));
  }

  #send(frame: ToBroker): void {
    const text = JSON.stringify(frame);
    this.#options.tap?.("to_broker", text);
    this.#socket?.send(text);
  }

  #disconnect(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000);
  }

  #renew(): void {
    const told = (outcome: Granted | Error) =>
      this.#do((now) => this.#session.renewed(now, outcome));
    this.#options.renew?.().then(told, (error: unknown) =>
      told(error instanceof Error ? error : new Error(String(error))),
    );
  }

  #tell(event: Event): void {
    for (const listener of this.#listeners) guarded(listener, event);
    for (const queue of this.#queues) queue.put(event);
    if (event.type !== "status" || event.status.is !== "closed") return;
    this.#unhook?.();
    for (const queue of this.#queues) queue.end();
  }
}

function isBroker(url: string): boolean {
  return URL.canParse(url) && /^https?:\/\/[^/@?#]+\/?$/.test(url);
}

/** The mistake is thrown by itself: it is not hidden, and nobody else misses the event. */
function guarded(listener: Listener, event: Event): void {
  try {
    listener(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
