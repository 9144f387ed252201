// Deskbell for browsers and Node: a connection that comes back by itself, ordered writes that are
// never lost or doubled, and every event of a chat exactly once. `client-sdk/behavior.md` says what
// it does, point by point.

export { followAvailability } from "./availability.js";
export { Client, type Options, type WebSocketLike } from "./client.js";
export type { Clock } from "./clock.js";
export * from "./errors.js";
export type { Event, Listener, Status } from "./event.js";
export { patronSession, returnToChat, signIn, widgetInfo } from "./http.js";
export { uuid7 } from "./ids.js";
export { MyChats, type MyRow } from "./my-chats.js";
export type { OutboxStorage, StoredWrite, Write, Written } from "./outbox.js";
export type { Monitoring } from "./presence.js";
export type * as protocol from "./protocol.gen.js";
export { type KeyValue, type Visit, webOutbox, webVisit } from "./storage.js";
export { type Chat, type Desk, type DeskStore, type Store, deskStore } from "./store.js";
