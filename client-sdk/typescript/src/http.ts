// The HTTP requests that get a token, and what a widget's button shows.

import { HttpError } from "./errors.js";
import type {
  ChatId,
  Granted,
  PatronSession,
  SignIn,
  WidgetId,
  WidgetInfo,
} from "./protocol.gen.js";

/** The longest a request may take, ms. */
const PATIENCE_MS = 30_000;

/** Signs an operator in. */
export const signIn = (url: string, body: SignIn): Promise<Granted> =>
  post(url, "/v1/sign-in", body);

/** Begins a patron's visit through a widget. Outside browsers, `origin` is the page's. */
export const patronSession = (url: string, widget: WidgetId, origin?: string): Promise<Granted> =>
  post(url, "/v1/patron-sessions", { widget } satisfies PatronSession, origin);

/** A new token for the visit that opened `chat`, by the secret that came with its first token. */
export const returnToChat = (
  url: string,
  chat: ChatId,
  secret: string,
  origin?: string,
): Promise<Granted> =>
  post(url, "/v1/patron-sessions", { chat, secret } satisfies PatronSession, origin);

/** What a widget's button and window show. Availability in it changes: follow it. */
export const widgetInfo = (url: string, widget: WidgetId): Promise<WidgetInfo> =>
  request(url, `/v1/widgets/${encodeURIComponent(widget)}`, {});

function post<T>(url: string, path: string, body: unknown, origin?: string): Promise<T> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  // Browsers set it themselves, and let nobody else.
  if (origin !== undefined) headers.origin = origin;
  return request(url, path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function request<T>(url: string, path: string, init: RequestInit): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let answer: Response;
  try {
    answer = await fetch(new URL(path, url), { ...init, signal });
  } catch (error) {
    throw new HttpError(0, undefined, `the broker cannot be reached: ${String(error)}`);
  }
  const said: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return said as T;
  const { code, message } = (said ?? {}) as Partial<HttpError>;
  throw new HttpError(answer.status, code, message ?? `the broker answered ${answer.status}`);
}
