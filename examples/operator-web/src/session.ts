// One sign-in: the client, the desk that follows it, and where both are kept in this tab. A reload
// goes on with the same token; unanswered writes outlive a reload and a new sign-in.

import { Client, type Desk, deskStore, HttpError, signIn, webOutbox } from "@deskbell/client";

type Store = ReturnType<typeof deskStore>;

const TOKEN = "deskbell-token";
const OUTBOX = "deskbell-outbox";
const USER = "deskbell-user";

export class Session {
  readonly client: Client;
  readonly store: Store;
  readonly #stop: () => void;

  private constructor(url: string, token: string, seen: (desk: Desk) => void) {
    const outbox = webOutbox(sessionStorage, OUTBOX);
    this.client = new Client({ url, token, app: "operator-web/0.1", outbox });
    this.store = deskStore(this.client);
    this.#stop = this.store.subscribe(seen);
    // Closed before it was answered, it is said by the state of the connection.
    this.client.subscribeList().catch(() => {});
  }

  /** Signs in; `HttpError` says why not. */
  static async begin(url: string, user: string, password: string, seen: (desk: Desk) => void) {
    const { token } = await signIn(url, { user, password });
    // What another person left unsent here is not hers to send.
    if (sessionStorage.getItem(USER) !== user) sessionStorage.removeItem(OUTBOX);
    sessionStorage.setItem(USER, user);
    sessionStorage.setItem(TOKEN, token);
    return new Session(url, token, seen);
  }

  /** Goes on after a reload, if somebody was signed in. */
  static resume(url: string, seen: (desk: Desk) => void): Session | undefined {
    const token = sessionStorage.getItem(TOKEN);
    return token === null ? undefined : new Session(url, token, seen);
  }

  static get user(): string {
    return sessionStorage.getItem(USER) ?? "";
  }

  /** Lets go of the connection; the sign-in itself may go on. */
  close(): void {
    this.#stop();
    this.client.close();
  }

  /** The person is gone. */
  static forget(): void {
    for (const key of [TOKEN, OUTBOX, USER]) sessionStorage.removeItem(key);
  }
}

/** Why a sign-in was refused, in words. */
export function whyNot(error: unknown): string {
  if (error instanceof HttpError && error.status !== 0) return `${error.message}.`;
  return "The broker cannot be reached: try again in a moment.";
}
