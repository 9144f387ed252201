// Operators and patrons who are no browsers: the SDK in Node, for whoever a page meets.

import { Client, deskStore, patronSession, signIn } from "@deskbell/client";
import { WebSocket } from "ws";

const ORIGIN = "http://localhost:8080";

/** An operator who stands at the co-op, or elsewhere. */
export async function operator(broker, password, user, targets = ["coop/tri-county"]) {
  const { token } = await signIn(broker, { user, password });
  const webSocket = (...to) => new WebSocket(...to);
  const client = new Client({ url: broker, token, webSocket });
  const store = deskStore(client);
  await client.subscribeList();
  await client.setPresence("online", targets);
  return { client, store };
}

/** A patron of Birch who rings. */
export async function patron(broker, question, name) {
  const { token } = await patronSession(broker, "birch-home", ORIGIN);
  const webSocket = (url, protocol) => new WebSocket(url, protocol, { origin: ORIGIN });
  const client = new Client({ url: broker, token, webSocket });
  const store = deskStore(client);
  const { chat } = await client.open({ question, name });
  return { client, store, chat };
}

/** Once `holds` of what a store shows. */
export const until = (store, holds) =>
  new Promise((resolve) => {
    let stop;
    stop = store.subscribe((desk) => {
      if (!holds(desk)) return;
      queueMicrotask(() => stop?.());
      resolve(desk);
    });
  });

/** Messages and notes of a chat, as a store has them. */
export const saidIn = (desk, chat) =>
  (desk.chats.get(chat)?.events ?? []).flatMap(({ event }) =>
    event.type === "posted" || event.type === "noted" ? [event.text] : [],
  );
