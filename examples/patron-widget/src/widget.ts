// What is done when the patron asks for it: ring, write, end, return. The one place that asks the
// broker; holds the one value that is shown.

import {
  Client,
  type Desk,
  type DeskStore,
  deskStore,
  followAvailability,
  HttpError,
  patronSession,
  type protocol,
  RefusedError,
  returnToChat,
  type Visit,
  widgetInfo,
} from "@deskbell/client";

import { systemClock } from "@deskbell/voice";

import type { Does } from "./does.js";
import { keeping } from "./keeping.js";
import { type Asked, chatOf, check, goesOn, START, type State } from "./state.js";
import { OthersTyping, OwnTyping } from "./typing.js";
import { refusal, transcript, UNREACHABLE } from "./words.js";

/** A token that is good for less than this is replaced first, ms. */
const TOO_SHORT_MS = 60_000;

export class Widget implements Does {
  #state: State = START;
  readonly #url: string;
  readonly #widget: string;
  readonly #changed: (before: State, after: State) => void;
  readonly #kept: ReturnType<typeof keeping>;
  #stop: (() => void)[] = [];
  #client: Client | undefined;
  #store: DeskStore | undefined;
  #unsubscribe: (() => void) | undefined;
  #resuming = false;
  readonly #own = new OwnTyping((on) => {
    const { chat } = this.#state;
    if (chat !== undefined) this.#client?.typing(chat, on);
  }, systemClock);
  readonly #others = new OthersTyping((writes) => this.#set({ writes }), systemClock);
  /** The ended chat that the next one goes on from. */
  #continues: protocol.ChatId | undefined;

  constructor(url: string, widget: string, changed: (before: State, after: State) => void) {
    this.#url = url;
    this.#widget = widget;
    this.#changed = changed;
    this.#kept = keeping(widget);
  }

  get state(): State {
    return this.#state;
  }

  /** Begins, and goes on with a chat of an earlier page. */
  start(time: number): void {
    this.#set({ time });
    this.#stop.push(
      followAvailability(this.#url, this.#widget, (now) => {
        this.#set({ now });
        if (!now) return;
        if (!this.#state.info) void this.#load();
        this.#comeBack();
      }),
    );
    void this.#load();
    this.#comeBack();
  }

  /** Lets go of everything; the visit goes on on the next page. */
  stop(): void {
    for (const stop of this.#stop.splice(0)) stop();
    this.#hangUp();
  }

  tick(time: number): void {
    this.#set({ time });
  }

  #set(change: Partial<State>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    this.#changed(before, this.#state);
  }

  async #load(): Promise<void> {
    try {
      const info = await widgetInfo(this.#url, this.#widget);
      this.#set({ info, now: info.now });
    } catch (error) {
      // Asked again as soon as the broker answers; but a widget that may not stand here never will.
      if (error instanceof HttpError && isForGood(error.status)) {
        this.#set({ broken: error.message });
        console.error(`deskbell: ${error.message}`);
      }
    }
  }

  // --- the visit

  #hangUp(): void {
    this.#own.stop();
    this.#others.stop();
    this.#unsubscribe?.();
    this.#client?.close();
    this.#client = undefined;
    this.#store = undefined;
  }

  /** Goes on with a visit of an earlier page, unless it does already. */
  #comeBack(): void {
    const visit = this.#client || this.#resuming ? undefined : this.#kept.visit.load();
    if (visit) void this.#resume(visit);
  }

  async #resume(visit: Visit): Promise<void> {
    this.#resuming = true;
    try {
      const late = Date.parse(visit.granted.expires) - Date.now() < TOO_SHORT_MS;
      const current = late ? await this.#renewed(visit) : visit;
      const client = this.#connect(current);
      if (current.chat === undefined) {
        // Rung on an earlier page and not answered: the outbox rings again.
        if (client.unanswered.length === 0) return this.#forget();
        this.#set({ ringing: true });
        return;
      }
      this.#set({ chat: current.chat });
      await client.subscribe(current.chat);
    } catch (error) {
      if (isOver(error)) this.#forget();
      // Asked again as soon as the broker answers.
      else if (!isConnection(error)) throw error;
    } finally {
      this.#resuming = false;
    }
  }

  async #renewed(visit: Visit): Promise<Visit> {
    const { chat, granted } = visit;
    const secret = granted.secret;
    if (chat === undefined || !secret) {
      return { granted: await patronSession(this.#url, this.#widget) };
    }
    const next = { chat, granted: { secret, ...(await returnToChat(this.#url, chat, secret)) } };
    this.#kept.visit.save(next);
    return next;
  }

  #connect(visit: Visit): Client {
    this.#hangUp();
    const client = new Client({
      url: this.#url,
      token: visit.granted.token,
      renew: async () => (await this.#renewed(this.#kept.visit.load() ?? visit)).granted,
      client: this.#kept.client(),
      app: "patron-widget/0.1",
      outbox: this.#kept.outbox,
    });
    this.#kept.visit.save(visit);
    this.#client = client;
    this.#store = deskStore(client);
    this.#unsubscribe = this.#store.subscribe((desk) => this.#seen(desk));
    client.listen((event) => {
      // Words of an earlier page that the broker refuses have nobody else to tell it to.
      if (event.type === "write.refused") this.#refuse(refusal(event.refused.code));
      if (event.type === "chat.typing" && event.on) this.#others.heard();
    });
    return client;
  }

  #seen(desk: Desk): void {
    const { ringing } = this.#state;
    const rung = [...desk.chats.keys()].find((it) => it !== this.#continues);
    const found = ringing ? rung : undefined;
    const visit = found === undefined ? undefined : this.#kept.visit.load();
    if (visit && found !== undefined) this.#kept.visit.save({ ...visit, chat: found });
    this.#set({
      desk,
      sending: this.#sending(),
      ...(found !== undefined && { chat: found, ringing: false, draft: "" }),
    });
  }

  #sending(): string[] {
    const all = this.#client?.unanswered ?? [];
    return all.flatMap(({ write }) => (write.type === "chat.post" ? [write.text] : []));
  }

  /** The visit is over: the next question begins anew. */
  #forget(): void {
    this.#hangUp();
    this.#kept.visit.save(undefined);
    this.#kept.outbox.save([]);
    this.#continues = undefined;
    const { info, now, open, asked, time } = this.#state;
    this.#set({ ...START, info, now, open, asked: { ...asked, question: "" }, time });
  }

  useHere(): void {
    const visit = this.#kept.visit.load();
    if (visit) void this.#resume(visit);
    else this.#forget();
  }

  // --- the window

  open(): void {
    this.#set({ open: true, focus: goesOn(this.#state) ? "message" : "question" });
  }

  minimize(): void {
    this.#set({ open: false, focus: "bell" });
  }

  /** The focus is where it was to go, or the person took it elsewhere. */
  focused(): void {
    if (this.#state.focus !== undefined) this.#set({ focus: undefined });
  }

  /** The patron sees the chat: it is read. */
  shown(): void {
    const { chat, seen } = this.#state;
    const last = chatOf(this.#state)?.events.at(-1)?.seq ?? 0;
    if (chat === undefined || last <= seen) return;
    this.#set({ seen: last });
    this.#store?.shown(chat);
  }

  tell(change: Partial<Asked>): void {
    const problems = { ...this.#state.problems };
    for (const field of Object.keys(change)) delete problems[field];
    this.#set({ asked: { ...this.#state.asked, ...change }, problems });
  }

  dismissRefusal(): void {
    this.#set({ refused: undefined });
  }

  #refuse(refused: string): void {
    this.#set({ refused });
  }

  // --- the chat

  ring(): void {
    const { info, asked } = this.#state;
    if (!info) return this.#refuse(UNREACHABLE);
    const problems = check(info, asked);
    const first = Object.keys(problems)[0];
    if (first !== undefined) return this.#set({ problems, focus: first });
    this.#set({ ringing: true, refused: undefined, problems: {}, focus: "message" });
    void this.#ring(info, asked);
  }

  async #ring(info: protocol.WidgetInfo, asked: Asked): Promise<void> {
    try {
      const goesOn = this.#client !== undefined && this.#client.status.is !== "closed";
      const client =
        goesOn && this.#client
          ? this.#client
          : this.#connect({ granted: await patronSession(this.#url, this.#widget) });
      const answers = (info.ask.questions ?? []).flatMap(({ text }, index) => {
        const answer = asked.answers[index]?.trim() ?? "";
        return answer === "" ? [] : [{ question: text, answer }];
      });
      await client.open({
        question: asked.question,
        page: location.origin + location.pathname,
        lang: navigator.language,
        ...(asked.name.trim() !== "" && { name: asked.name.trim() }),
        ...(asked.contact.trim() !== "" && { contact: asked.contact.trim() }),
        ...(answers.length > 0 && { answers }),
        ...(this.#continues !== undefined && { continues: this.#continues }),
      });
    } catch (error) {
      // A ring that is in the outbox goes on by itself.
      if (error instanceof Error && CONNECTION.has(error.name)) return;
      this.#set({ ringing: false, focus: "question" });
      if (!(error instanceof RefusedError || error instanceof HttpError)) throw error;
      this.#refuse(refusal(error.code));
    }
  }

  write(draft: string): void {
    this.#set({ draft });
    this.#own.wrote(draft);
  }

  send(): void {
    const { chat, draft } = this.#state;
    if (chat === undefined || draft.trim() === "") return;
    void this.#asked((client) => client.post(chat, draft)).then((sent) => {
      // Refused, it is hers again, unless she has begun something else.
      const again = !sent && this.#state.draft === "" ? { draft } : {};
      this.#set({ sending: this.#sending(), ...again });
    });
    this.#own.stop();
    this.#set({ draft: "", sending: this.#sending() });
  }

  ask(asks: State["asks"]): void {
    const focus = asks === undefined ? "message" : asks === "ticket" ? "ticket-name" : "title";
    this.#set({ asks, problems: {}, focus });
  }

  end(): void {
    const { chat } = this.#state;
    if (chat === undefined) return;
    void this.#asked((client) => client.end(chat)).then((done) => this.#answered(done));
  }

  leaveTicket(name: string, email: string): void {
    const { chat } = this.#state;
    const problems: Record<string, string> = {};
    if (name === "") problems["ticket-name"] = "Please tell your name.";
    if (!/^\S+@\S+$/.test(email)) problems["ticket-email"] = "Please tell your e-mail address.";
    const first = Object.keys(problems)[0];
    if (first !== undefined || chat === undefined) return this.#set({ problems, focus: first });
    void this.#asked((client) => client.askForTicket(chat, name, email)).then((done) =>
      this.#answered(done),
    );
  }

  /** What was refused stays to be asked again. */
  #answered(done: boolean): void {
    if (done) this.#set({ asks: undefined });
  }

  rate(rating: number, comment: string): void {
    const { chat } = this.#state;
    if (chat === undefined) return;
    const said = comment === "" ? undefined : comment;
    void this.#asked((client) => client.rate(chat, rating, said));
  }

  save(): void {
    const text = new Blob([transcript(this.#state)], { type: "text/plain;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(text);
    link.download = "chat.txt";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  askAgain(): void {
    this.#continues = this.#state.chat;
    const asked = { ...this.#state.asked, question: "" };
    this.#set({ chat: undefined, asked, seen: 0, focus: "question" });
  }

  done(): void {
    this.#forget();
    this.minimize();
  }

  /** Asks the broker; why it refused is said. Tells whether it was done. */
  async #asked(what: (client: Client) => Promise<unknown>): Promise<boolean> {
    const client = this.#client;
    if (!client) return false;
    try {
      await what(client);
      return true;
    } catch (error) {
      if (error instanceof RefusedError) this.#refuse(refusal(error.code));
      else if (!isConnection(error)) throw error;
      return false;
    }
  }
}

/** A lost or ended connection, which is said by its own line, or a broker that cannot just now. */
const isConnection = (error: unknown): boolean =>
  (error instanceof HttpError && !isForGood(error.status)) ||
  (error instanceof RefusedError && error.refused.temporary) ||
  (error instanceof Error && CONNECTION.has(error.name));

/** Whether the same request would be refused again. */
const isForGood = (status: number): boolean => status >= 400 && status < 500 && status !== 429;

const CONNECTION = new Set(["DisconnectedError", "ClosedError"]);

/** The chat cannot be returned to any more. */
const isOver = (error: unknown): boolean =>
  (error instanceof HttpError && isForGood(error.status)) ||
  (error instanceof RefusedError && !error.refused.temporary);
