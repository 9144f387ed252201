// The connection's state machine: what to do on each frame, call, loss and moment.
//
//            +-> renewing -+
//  (start) --+-------------+-> connecting -> greeting -> open
//                 ^                |            |         |
//                 +--- waiting <---+------------+---------+----> closed
//
// Not here: sockets, JSON, timers (`client.ts`), what calls and frames mean (`talk.ts`,
// `heard.ts`).

import type { Backoff } from "./backoff.js";
import { ClosedError, type CloseReason, HttpError } from "./errors.js";
import type { Event, Status } from "./event.js";
import { Heard } from "./heard.js";
import { Marks } from "./marks.js";
import { Outbox, type OutboxStorage } from "./outbox.js";
import { Pace } from "./pace.js";
import { Presence } from "./presence.js";
import { type Granted, type Limits, TEMPORARY, type ToBroker } from "./protocol.gen.js";
import { Streams } from "./streams.js";
import { Talk } from "./talk.js";

/** From the first packet to the upgraded socket, and from `hello` to `welcome`. */
const CONNECT_TIMEOUT_MS = 15_000;
const RENEWAL_TIMEOUT_MS = 60_000;
/** After a renewal that failed while the old token still lives. */
const RENEWAL_RETRY_MS = 10_000;
/** A connection that held so long was good: the next loss starts with a short delay. */
const STABLE_AFTER_MS = 30_000;
/** Silence beyond the broker's ping interval that means a dead connection. */
const SILENCE_GRACE_MS = 10_000;
/** The longest `retry_after_ms` that is believed. */
export const RETRY_AFTER_MAX_MS = 600_000;

/** The token expired and was not renewed. */
const TOKEN_EXPIRED = 4103;

/** How a connection, or the attempt at one, ended. */
export interface Loss {
  /** The close frame's code, or `bye`'s. */
  code?: number | undefined;
  message: string;
  /** The broker asks to stay away so long. */
  retryAfterMs?: number | undefined;
}

/** What the session has done: by `client.ts`, or by a test. */
export interface Hands {
  /** Opens a socket, then says `connected` or `lost`. */
  connect(): void;
  /** Asks the token source, then says `renewed`. */
  renew(): void;
  /** Closes and forgets the socket, or stops opening one. */
  disconnect(): void;
  send(frame: ToBroker): void;
  deliver(event: Event): void;
}

export interface SessionOptions {
  token: string;
  /** Whether there is a source of further tokens. */
  renews: boolean;
  app: string;
  client: string;
  random: () => number;
  uuid: () => string;
  backoff: Backoff;
  outbox: OutboxStorage | undefined;
  waitingMax: number;
  tellsDelivered: boolean;
}

type Phase =
  | { is: "renewing" | "connecting" | "greeting" | "waiting"; until: number }
  | { is: "open"; since: number }
  | { is: "closed" };

const closeCodeIsFinal = (code: number): boolean =>
  (code >= 4000 && code < 4100) || [1002, 1003, 1007, 1008, 1009].includes(code);

export class Session {
  readonly hands: Hands;
  readonly options: SessionOptions;
  readonly backoff: Backoff;
  readonly outbox: Outbox;
  readonly streams = new Streams();
  readonly presence = new Presence();
  readonly marks = new Marks();
  readonly talk: Talk;
  readonly heard: Heard;
  phase: Phase = { is: "closed" };
  status: Status = { is: "connecting" };
  limits: Limits | undefined;
  pace: Pace;
  /** The broker's clock at a moment of ours; set by each `welcome`. */
  clock: { told: number; at: number } | undefined;
  pingEveryMs = 0;
  /** The last sign of life on this connection. */
  heardAt: number;
  #token: string;
  /** When to get the next token; kept across connections. */
  #tokenStaleAt: number | undefined;
  #renewing = false;
  /** The app takes no more events for now. */
  #paused = false;

  constructor(options: SessionOptions, hands: Hands, now: number) {
    this.options = options;
    this.hands = hands;
    this.backoff = options.backoff;
    this.outbox = new Outbox(options.outbox);
    this.pace = new Pace({ requests_per_second: 1, requests_burst: 1 }, now);
    this.heardAt = now;
    this.#token = options.token;
    this.talk = new Talk(this);
    this.heard = new Heard(this, this.talk);
  }

  /** Begins. */
  start(now: number): void {
    this.#connect(now);
  }

  get isOpen(): boolean {
    return this.phase.is === "open";
  }

  #connect(now: number): void {
    const stale = this.#tokenStaleAt !== undefined && this.#tokenStaleAt <= now;
    if (stale && this.options.renews) {
      this.phase = { is: "renewing", until: now + RENEWAL_TIMEOUT_MS };
      this.#renew();
    } else {
      this.#openSocket(now);
    }
    this.#setStatus({ is: "connecting" });
  }

  #openSocket(now: number): void {
    this.phase = { is: "connecting", until: now + CONNECT_TIMEOUT_MS };
    this.hands.connect();
  }

  #renew(): void {
    if (this.#renewing) return;
    this.#renewing = true;
    this.hands.renew();
  }

  /** The socket is upgraded: greet. */
  connected(now: number): void {
    if (this.phase.is !== "connecting") return;
    this.phase = { is: "greeting", until: now + CONNECT_TIMEOUT_MS };
    this.heardAt = now;
    this.talk.greet(this.#token);
  }

  /** `welcome` came. */
  opened(now: number): void {
    this.phase = { is: "open", since: now };
  }

  /** The socket, or the attempt at one, is gone. */
  lost(now: number, loss: Loss): void {
    const { phase } = this;
    // Nothing was open: an echo of a connection that is forgotten already.
    if (phase.is === "waiting" || phase.is === "closed") return;
    const welcomed = phase.is === "open" ? phase.since : undefined;
    this.talk.disconnected(now);
    const final = this.#final(loss);
    if (final) return this.close(final);
    if (loss.code === TOKEN_EXPIRED) this.#tokenStaleAt = now;
    if (welcomed !== undefined && now >= welcomed + STABLE_AFTER_MS) this.backoff.reset();
    const atOnce = loss.code !== undefined && loss.code >= 4200 && loss.code < 4300;
    // A broker that sends everyone away before greeting them is not hurried.
    const jitter = atOnce && welcomed !== undefined ? this.backoff.atOnce() : this.backoff.next();
    const delayMs = Math.min(loss.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS) + jitter;
    this.phase = { is: "waiting", until: now + delayMs };
    this.#setStatus({ is: "waiting", delayMs, reason: loss.message });
  }

  #final({ code, message }: Loss): CloseReason | undefined {
    if (code === undefined) return undefined;
    const expired = code === TOKEN_EXPIRED && !this.options.renews;
    return expired || closeCodeIsFinal(code) ? { by: "broker", code, message } : undefined;
  }

  /** Drops a connection of our own accord. */
  drop(now: number, loss: Loss): void {
    this.hands.disconnect();
    this.lost(now, loss);
  }

  /** The token source answered. */
  renewed(now: number, outcome: Granted | Error): void {
    this.#renewing = false;
    const before = this.phase.is === "renewing";
    if (!(outcome instanceof Error)) {
      this.#token = outcome.token;
      this.tokenExpires(outcome.expires, now);
      if (before) this.#openSocket(now);
      else if (this.isOpen) this.talk.authenticate(now, outcome.token);
    } else if (!before) {
      // The old token still lives; if it ends first, the broker says so.
      this.#tokenStaleAt = now + RENEWAL_RETRY_MS;
    } else if (outcome instanceof HttpError && outcome.code && TEMPORARY[outcome.code] === false) {
      this.close({ by: "renewal", message: outcome.message });
    } else {
      this.lost(now, { message: `no new token: ${outcome.message}` });
    }
  }

  /** A renewal on the open connection was refused. */
  renewalRefused(now: number, temporary: boolean): void {
    this.#tokenStaleAt = temporary ? now + RENEWAL_RETRY_MS : undefined;
  }

  /** Plans the next renewal after four fifths of the token's remaining life. */
  tokenExpires(expires: string, now: number): void {
    const server = this.serverNow(now);
    const left = server === undefined ? 0 : Date.parse(expires) - server;
    this.#tokenStaleAt = now + Math.max(1_000, (left * 4) / 5);
  }

  /** The broker's time now, as well as it is known, ms since 1970. */
  serverNow(now: number): number | undefined {
    return this.clock && this.clock.told + Math.max(0, now - this.clock.at);
  }

  /** The app cannot take more: what comes waits at the broker, and is resumed from. */
  pause(now: number): void {
    if (this.#paused || this.phase.is === "closed") return;
    this.#paused = true;
    this.hands.disconnect();
    if (this.phase.is !== "waiting") this.lost(now, { message: "the app is busy" });
  }

  /** The app has taken what it had. */
  resume(now: number): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.wake(now);
  }

  /** The page is shown again, or the network is back: look at once. */
  wake(now: number): void {
    if (this.phase.is === "waiting" && !this.#paused) this.#connect(now);
    else this.tick(now);
  }

  /** Does what is due. */
  tick(now: number): void {
    const { phase } = this;
    if (phase.is === "open") return this.#tickOpen(now);
    if (phase.is === "closed" || phase.until > now) return;
    switch (phase.is) {
      case "renewing":
        this.#renewing = false;
        return this.lost(now, { message: "the token source did not answer in time" });
      case "connecting":
        return this.drop(now, { message: "connecting took too long" });
      case "greeting":
        return this.drop(now, { message: "the broker did not greet in time" });
      case "waiting":
        if (!this.#paused) this.#connect(now);
    }
  }

  #tickOpen(now: number): void {
    if (this.#silentAt <= now) return this.drop(now, { message: "the broker has gone silent" });
    if (this.options.renews && this.#tokenStaleAt !== undefined && this.#tokenStaleAt <= now) {
      this.#tokenStaleAt = undefined;
      this.#renew();
    }
    this.talk.retry(now);
    this.talk.flow(now);
  }

  get #silentAt(): number {
    return this.heardAt + this.pingEveryMs + SILENCE_GRACE_MS;
  }

  /** When `tick` is next due. */
  deadline(now: number): number | undefined {
    const { phase } = this;
    if (phase.is === "closed" || (phase.is === "waiting" && this.#paused)) return undefined;
    if (phase.is !== "open") return phase.until;
    const renewAt = this.options.renews ? this.#tokenStaleAt : undefined;
    const due = [this.#silentAt, renewAt, ...this.talk.deadlines(now)];
    return Math.min(...due.filter((at) => at !== undefined));
  }

  #setStatus(status: Status): void {
    this.status = status;
    this.hands.deliver({ type: "status", status });
  }

  /** Greeted. */
  setOpen(status: Status): void {
    this.#setStatus(status);
  }

  /** The app is done. */
  stop(): void {
    this.hands.disconnect();
    this.close({ by: "app" });
  }

  /** Ends everything: calls that wait, whatever they wait for, fail with the reason. */
  close(reason: CloseReason): void {
    if (this.phase.is === "closed" && this.status.is === "closed") return;
    this.phase = { is: "closed" };
    this.talk.closed(new ClosedError(reason));
    this.#setStatus({ is: "closed", reason });
  }
}
