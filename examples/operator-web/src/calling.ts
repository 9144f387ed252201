// How an operator is called when a patron waits: by sound and by desktop notification, again and
// again until somebody claims; and by the title of the tab. `plan` decides, `Caller` does it.

import type { App } from "./state.js";
import { unread, waiting } from "./state.js";
import { count } from "./words.js";

/** Between two calls for the same chats, ms. */
const AGAIN_MS = 15_000;

export interface Called {
  /** Whom she was called for at the last call. */
  chats: ReadonlySet<string>;
  at: number;
}

export const NOT_CALLED: Called = { chats: new Set(), at: -Infinity };

/** Whether to call now, and what to remember. */
export function plan(before: Called, app: App, now: number): { call: boolean; after: Called } {
  const rows = waiting(app);
  if (rows.length === 0) return { call: false, after: NOT_CALLED };
  const chats = new Set(rows.map((it) => it.chat));
  const someoneNew = rows.some((it) => !before.chats.has(it.chat));
  if (!someoneNew && now - before.at < AGAIN_MS)
    return { call: false, after: { ...before, chats } };
  return { call: true, after: { chats, at: now } };
}

/** What stands in the tab, seen also from another one. */
export function title(app: App): string {
  const rings = waiting(app).length;
  const news = unread(app);
  const parts = [
    rings > 0 ? `${count(rings, "patron")} waiting` : "",
    news > 0 ? `${news} unread` : "",
    "Deskbell",
  ];
  return parts.filter((it) => it !== "").join(" · ");
}

export class Caller {
  #called = NOT_CALLED;
  #audio: AudioContext | undefined;
  #notification: Notification | undefined;
  readonly #show: (chat: string) => void;

  /** `show` is what a click on a notification asks for. */
  constructor(show: (chat: string) => void) {
    this.#show = show;
  }

  /** Browsers let a page sound only after the person did something on it: called when she does. */
  ready(): void {
    this.#audio ??= new AudioContext();
    void this.#audio.resume();
  }

  /** Looks whether to call: after each change, and every second. */
  look(app: App, now: number): void {
    document.title = title(app);
    const { call, after } = plan(this.#called, app, now);
    this.#called = after;
    if (after.chats.size === 0) {
      this.#notification?.close();
      this.#notification = undefined;
    }
    if (!call) return;
    if (app.calling.sound) this.#ring();
    if (app.calling.notifications && document.hidden) this.#notify(app);
  }

  /** Two soft tones, as of a desk bell. */
  #ring(): void {
    const audio = this.#audio;
    if (!audio || audio.state !== "running") return;
    for (const [at, pitch] of [
      [0, 1318],
      [0.18, 1046],
    ] as const) {
      const tone = audio.createOscillator();
      const loudness = audio.createGain();
      const start = audio.currentTime + at;
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.2, start);
      loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.6);
      tone.connect(loudness).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.6);
    }
  }

  #notify(app: App): void {
    const first = waiting(app)[0];
    if (!first || !("Notification" in globalThis) || Notification.permission !== "granted") return;
    this.#notification?.close();
    const others = waiting(app).length - 1;
    const body = `${first.question}${others > 0 ? `\n…and ${others} more` : ""}`;
    const title = `${first.name || "A patron"} of ${first.home_name} waits`;
    const notification = new Notification(title, { body, requireInteraction: true });
    notification.onclick = () => {
      globalThis.focus();
      this.#show(first.chat);
    };
    this.#notification = notification;
  }
}
