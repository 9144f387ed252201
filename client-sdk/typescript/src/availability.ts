// Whether somebody would answer, as it changes: server-sent events (WHATWG HTML 9.2), for a button
// whose page has no connection of its own yet.

import { Backoff } from "./backoff.js";
import { type Clock, systemClock } from "./clock.js";
import type { Available, WidgetId } from "./protocol.gen.js";

/** As much of an `EventSource` as is needed; the browser's own is one. */
export interface EventSourceLike {
  addEventListener(type: string, run: (event: MessageEvent) => void): void;
  /** 2: it does not try again by itself. */
  readonly readyState: number;
  close(): void;
}

const CLOSED = 2;

/** Tells what a patron would find, now and after each change, and `undefined` while the broker
 *  cannot be asked; it comes back by itself. What it returns ends that. */
export function followAvailability(
  url: string,
  widget: WidgetId,
  run: (now: Available | undefined) => void,
  open: (url: string) => EventSourceLike = (it) => new EventSource(it),
  clock: Clock = systemClock,
): () => void {
  const path = `/v1/widgets/${encodeURIComponent(widget)}/availability`;
  const backoff = new Backoff(Math.random);
  let source: EventSourceLike | undefined;
  let cancel: (() => void) | undefined;
  const connect = () => {
    cancel = undefined;
    const now = open(new URL(path, url).href);
    source = now;
    now.addEventListener("availability", ({ data }: MessageEvent) => {
      backoff.reset();
      run(JSON.parse(String(data)) as Available);
    });
    now.addEventListener("error", () => {
      if (source !== now) return;
      run(undefined);
      // Refused, the browser gives up; the broker may only be busy.
      if (now.readyState === CLOSED) cancel ??= clock.after(backoff.next(), connect);
    });
  };
  connect();
  return () => {
    cancel?.();
    source?.close();
    source = undefined;
  };
}
