// What is done when somebody asks for it: every button and key ends here, and here only the broker
// is asked. Holds the one value that is shown.

import { type Desk, type protocol, RefusedError } from "@deskbell/client";

import type { Does, HandOver } from "./does.js";
import { Session, whyNot } from "./session.js";
import {
  type App,
  type Calling,
  type Dialog,
  type Draft,
  type Tab,
  START,
  draft,
  events,
  expiry,
  isMe,
  page,
  withDraft,
} from "./state.js";

type ChatId = protocol.ChatId;
type Target = protocol.Target;

/** Events asked for at once. */
const EARLIER = 100;
const CALLING = "deskbell-calling";

export class DeskApp implements Does {
  #app: App = START;
  #session: Session | undefined;
  readonly #url: string;
  readonly #changed: (before: App, after: App) => void;

  constructor(url: string, changed: (before: App, after: App) => void) {
    this.#url = url;
    this.#changed = changed;
  }

  get app(): App {
    return this.#app;
  }

  /** Begins: with who was signed in before a reload, or at the sign-in. */
  start(now: number): void {
    const calling = JSON.parse(localStorage.getItem(CALLING) ?? "null") as Calling | null;
    this.#set({ now, ...(calling && { calling }) });
    this.#session = Session.resume(this.#url, this.#seen);
  }

  /** Time passes. */
  tick(now: number): void {
    this.#set({ now });
  }

  #set(change: Partial<App>): void {
    const before = this.#app;
    this.#app = { ...before, ...change };
    this.#changed(before, this.#app);
  }

  readonly #seen = (desk: Desk): void => {
    const { app } = this;
    const { status } = desk;
    const opened = status.is === "open" && app.desk?.status.is !== "open";
    const you = status.is === "open" ? status.welcome.you : undefined;
    const me = you?.role === "operator" ? you.person : app.me;
    const presence = desk.presence ?? (you?.role === "operator" ? you.presence : undefined);
    const open = this.#stillOpen(desk);
    this.#set({ desk: { ...desk, presence }, me, open });
    if (opened) {
      this.checkStatus();
      if (app.open !== undefined && !desk.chats.has(app.open)) this.#follow(app.open);
    }
    const why = expiry(this.#app);
    if (why !== undefined && this.#app.dialog?.is !== "expired") {
      if (this.#app.me) this.#set({ dialog: { is: "expired", why }, problem: undefined });
      else this.#out();
    }
  };

  /** A chat that was closed to her while it was shown is shown no more. */
  #stillOpen(desk: Desk): ChatId | undefined {
    const { open, desk: before } = this.#app;
    // A new connection knows of no chat until it has asked.
    if (desk.status.is !== "open") return open;
    const gone = open !== undefined && before?.chats.has(open) && !desk.chats.has(open);
    return gone ? undefined : open;
  }

  #out(): void {
    this.#session?.close();
    this.#session = undefined;
    Session.forget();
    this.#set({ ...START, now: this.#app.now, calling: this.#app.calling });
  }

  // --- coming and going

  signIn(user: string, password: string): void {
    void this.#begin(user, password);
  }

  signInAgain(password: string): void {
    void this.#begin(Session.user, password);
  }

  async #begin(user: string, password: string): Promise<void> {
    // A button that is switched off would lose the focus: a second press does nothing instead.
    if (this.#app.busy) return;
    const before = this.#app.desk?.presence;
    this.#set({ busy: true, problem: undefined });
    try {
      // One before is over, or nobody would be asked for a password: it tells nothing any more.
      const session = await Session.begin(this.#url, user, password, this.#seen);
      this.#session?.close();
      this.#session = session;
      this.#set({ busy: false, dialog: undefined });
      // Who signs in again goes on as she was.
      if (before) {
        await session.client.monitor({
          status: before.status,
          targets: before.monitoring,
          ticketQueues: before.ticket_queues ?? [],
        });
      }
    } catch (error) {
      this.#set({ busy: false, problem: whyNot(error) });
    }
  }

  useHere(): void {
    this.#session?.close();
    this.#session = Session.resume(this.#url, this.#seen);
  }

  signOut(anyway: boolean): void {
    void this.#asked(async (session) => {
      await session.client.signOut(anyway);
      this.#out();
    });
  }

  goTo(tab: Tab): void {
    this.#set({ tab, focus: "page" });
    if (tab === "settings") this.checkStatus();
  }

  // --- settings

  setStatus(status: protocol.Status): void {
    this.#tell({ status });
  }

  monitor(target: Target, on: boolean): void {
    const { monitoring = [], status } = this.#app.desk?.presence ?? {};
    const others = monitoring.filter((it) => it !== target);
    const targets = on ? [...others, target] : others;
    // Who turns a queue on means to be called.
    const wanted = on && (status === "offline" || status === "draining") ? "online" : status;
    this.#tell({ targets, ...(wanted && { status: wanted }) });
  }

  monitorTickets(queue: protocol.TicketQueueId, on: boolean): void {
    const others = (this.#app.desk?.presence?.ticket_queues ?? []).filter((it) => it !== queue);
    this.#tell({ ticketQueues: on ? [...others, queue] : others });
  }

  #tell(change: {
    status?: protocol.Status;
    targets?: Target[];
    ticketQueues?: protocol.TicketQueueId[];
  }): void {
    const { status = "offline", monitoring = [] } = this.#app.desk?.presence ?? {};
    void this.#asked(async ({ client }) => {
      await client.monitor({ status, targets: [...monitoring], ...change });
      this.checkStatus();
    });
  }

  checkStatus(): void {
    this.#set({ checking: true });
    void this.#asked(async ({ client }) => {
      const queues = await client.queues();
      this.#set({ queues, checked: this.#app.now });
    }).finally(() => this.#set({ checking: false }));
  }

  setCalling(change: Partial<Calling>): void {
    const calling = { ...this.#app.calling, ...change };
    localStorage.setItem(CALLING, JSON.stringify(calling));
    this.#set({ calling });
    if (!change.notifications) return;
    void Notification.requestPermission().then((answer) => {
      if (answer === "granted") return;
      this.setCalling({ notifications: false });
      const message = "The browser does not let this page notify you: allow it in its settings.";
      this.#set({ notice: { is: "refused", message } });
    });
  }

  // --- chats

  show(chat: ChatId): void {
    const { open } = this.#app;
    if (open !== undefined && open !== chat) this.#unfollow(open);
    this.#set({ open: chat, tab: "chats", focus: "chat" });
    if (!this.#app.desk?.chats.has(chat)) this.#follow(chat);
  }

  #follow(chat: ChatId): void {
    void this.#asked(({ client }) => client.subscribe(chat)).then((followed) => {
      if (!followed && this.#app.open === chat) this.#set({ open: undefined });
    });
  }

  /** What was only looked at is followed no more. */
  #unfollow(chat: ChatId): void {
    if (this.#isMine(chat) || !this.#app.desk?.chats.has(chat)) return;
    void this.#asked(({ client }) => client.unsubscribe(chat));
  }

  #isMine(chat: ChatId): boolean {
    return this.#app.desk?.mine.some((it) => it.chat === chat) ?? false;
  }

  closeChat(): void {
    const { open } = this.#app;
    if (open === undefined) return;
    this.#set({ open: undefined, focus: { row: open } });
    this.#unfollow(open);
  }

  putAway(chat: ChatId): void {
    if (this.#app.open === chat) this.#set({ open: undefined, focus: "page" });
    this.#session?.store.putAway(chat);
  }

  earlier(chat: ChatId): void {
    void this.#asked(async ({ client }) => {
      const first = events(this.#app, chat)[0]?.seq ?? 1;
      const { events: found } = await client.history(chat, first, EARLIER);
      const before = this.#app.earlier.get(chat) ?? [];
      this.#set({ earlier: new Map(this.#app.earlier).set(chat, [...found, ...before]) });
    });
  }

  claim(chat: ChatId): void {
    const { open } = this.#app;
    if (open !== undefined && open !== chat) this.#unfollow(open);
    this.#set({ notice: undefined });
    void this.#asked(async ({ client }) => {
      await client.claim(chat);
      this.#set({ open: chat, tab: "chats", focus: "text" });
    });
  }

  write(chat: ChatId, change: Partial<Draft>): void {
    const before = draft(this.#app, chat);
    this.#set(withDraft(this.#app, chat, change));
    const { text, mode } = draft(this.#app, chat);
    if (mode === "patron" && (text === "") !== (before.text === "")) {
      this.#session?.client.typing(chat, text !== "");
    }
  }

  send(chat: ChatId): void {
    const { text, mode } = draft(this.#app, chat);
    if (text.trim() === "") return;
    this.#set(withDraft(this.#app, chat, { text: "" }));
    void this.#asked(async ({ client }) => {
      if (mode === "staff") await client.note(chat, text);
      else await client.post(chat, text);
    }).then((sent) => {
      // Refused, it is hers again, unless she has begun something else.
      if (sent || draft(this.#app, chat).text !== "") return;
      this.#set(withDraft(this.#app, chat, { text }));
    });
  }

  toggleInfo(): void {
    this.#set({ info: !this.#app.info });
  }

  // --- dialogs

  ask(dialog: Dialog): void {
    this.#set({ dialog, problem: undefined });
  }

  askTransfer(chat: ChatId): void {
    this.ask({ is: "transfer", chat });
    void this.#asked(async ({ client }) => {
      const targets = await client.transferTargets(chat);
      const { dialog } = this.#app;
      if (dialog?.is === "transfer" && dialog.chat === chat) {
        this.#set({ dialog: { ...dialog, targets } });
      }
    });
  }

  askEndShift(): void {
    this.ask({ is: "end_shift", targets: new Map() });
    const owned = (this.#app.desk?.mine ?? []).filter((it) => it.owner && !it.ended);
    if (owned.length > 0) this.setStatus("draining");
    for (const { chat } of owned) {
      void this.#asked(async ({ client }) => {
        const found = await client.transferTargets(chat);
        const { dialog } = this.#app;
        if (dialog?.is !== "end_shift") return;
        const targets = new Map(dialog.targets).set(chat, found);
        this.#set({ dialog: { is: "end_shift", targets } });
      });
    }
  }

  dismissDialog(): void {
    this.#set({ dialog: undefined, problem: undefined });
  }

  dismissNotice(): void {
    this.#set({ notice: undefined });
  }

  // --- what may be done with a chat

  transfer(chat: ChatId, to: Target, note: string, tellPatron: boolean): void {
    this.#answer(async ({ client }) => {
      await client.transfer(chat, to, note === "" ? undefined : note, tellPatron);
    });
  }

  endShift(handOvers: HandOver[]): void {
    void this.#asked(async ({ client }) => {
      const all = handOvers.map(({ chat, to, note }) =>
        client.handOver(chat, to, note === "" ? undefined : note),
      );
      await Promise.all(all);
    });
  }

  decline(chat: ChatId, reason: string): void {
    this.#answer(({ client }) => client.declineTransfer(chat, reason));
  }

  end(chat: ChatId): void {
    this.#answer(({ client }) => client.end(chat));
  }

  dismiss(chat: ChatId, note: string): void {
    this.#answer(({ client }) => client.dismiss(chat, note));
  }

  cancelTransfer(chat: ChatId): void {
    void this.#asked(({ client }) => client.cancelTransfer(chat));
  }

  leave(chat: ChatId): void {
    void this.#asked(async ({ client }) => {
      await client.leave(chat);
      if (this.#app.open === chat) this.#set({ open: undefined, focus: "page" });
    });
  }

  setPatron(chat: ChatId, name: string, contact: string): void {
    // Shown masked, an empty contact means that it stays.
    const view = this.#app.desk?.chats.get(chat)?.view;
    const masked = view?.patron.contact?.includes("…") ?? false;
    const who = masked && contact === "" ? { name } : { name, contact };
    void this.#asked(({ client }) => client.setPatron(chat, who));
  }

  reveal(chat: ChatId): void {
    void this.#asked(({ client }) => client.reveal(chat));
  }

  tag(chat: ChatId, tags: string[]): void {
    void this.#asked(({ client }) => client.tag(chat, tags));
  }

  /** The focus is where it was to go, or the person took it elsewhere. */
  focused(): void {
    if (this.#app.focus !== undefined) this.#set({ focus: undefined });
  }

  /** The person sees the open chat: it is read. */
  shown(): void {
    const { open, desk } = this.#app;
    const row = desk?.mine.find((it) => it.chat === open);
    if (open !== undefined && row && row.unread > 0 && page(this.#app) !== "settings") {
      this.#session?.store.shown(open);
    }
  }

  /** As `#asked`, for what a dialog asked for: it goes once that is done. */
  #answer(what: (session: Session) => Promise<unknown>): void {
    void this.#asked(what).then((done) => done && this.dismissDialog());
  }

  /** Asks the broker; why it refused is said where it was asked. Tells whether it was done. */
  async #asked(what: (session: Session) => Promise<unknown>): Promise<boolean> {
    const session = this.#session;
    if (!session) return false;
    try {
      await what(session);
      return true;
    } catch (error) {
      // What a lost or ended connection left open is said by its own line.
      if (error instanceof RefusedError) this.#refused(error);
      else if (!(error instanceof Error) || !CONNECTION.has(error.name)) throw error;
      return false;
    }
  }

  #refused({ refused }: RefusedError): void {
    if (refused.code === "already_claimed") {
      const { by, next } = refused;
      this.#set({
        notice: { is: "lost_claim", by: by ?? undefined, next: next ?? undefined },
        open: this.#app.open !== undefined && isMe(this.#app, by) ? this.#app.open : undefined,
      });
    } else if (this.#app.dialog) {
      this.#set({ problem: `${refused.message}.` });
    } else {
      this.#set({ notice: { is: "refused", message: `${refused.message}.` } });
    }
  }
}

const CONNECTION = new Set(["DisconnectedError", "ClosedError"]);
