// Two people at a real broker, over real sockets, through a kill of it. Started by the system tests
// with the broker's URL and an operator's password; asks on standard output for the kill, and says
// `done` at the end. What they hear is compared with what was said, place by place.

import assert from "node:assert/strict";

import { WebSocket } from "ws";

import {
  Client,
  deskStore,
  type Event,
  patronSession,
  returnToChat,
  signIn,
  type WebSocketLike,
} from "../src/index.js";

const [url = "", password = ""] = process.argv.slice(2);
const ORIGIN = "https://www.birch.example";

const socketOf = (origin?: string) => (address: string, subprotocol: string) =>
  new WebSocket(address, subprotocol, { ...(origin && { origin }) }) as unknown as WebSocketLike;

/** The first event like this, from now on. */
function heard(client: Client, like: (event: Event) => boolean): Promise<Event> {
  return new Promise((resolve) => {
    const stop = client.listen((event) => {
      if (!like(event)) return;
      stop();
      resolve(event);
    });
  });
}

/** What was said in a chat, each place once and in order. */
class Transcript {
  readonly said: string[] = [];
  #last = 0;

  constructor(client: Client) {
    client.listen((event) => {
      if (event.type === "chat.snapshot") this.#last = event.seq;
      if (event.type !== "chat.event") return;
      assert.equal(event.seq, this.#last + 1, "no place is missing or doubled");
      this.#last = event.seq;
      if (event.event.type === "posted") this.said.push(event.event.text);
    });
  }
}

const signedIn = await signIn(url, { user: "maya", password });
const maya = new Client({ url, token: signedIn.token, webSocket: socketOf() });
const desk = deskStore(maya);
await maya.subscribeList();
await maya.setPresence("online", ["coop/tri-county"]);
const ringing = heard(maya, (event) => event.type === "list.row");

const granted = await patronSession(url, "birch-home", ORIGIN);
const sam = new Client({ url, token: granted.token, webSocket: socketOf(ORIGIN) });
const [hers, his] = [new Transcript(maya), new Transcript(sam)];
const { chat } = await sam.open({ question: "Where can I renew my card?" });
await ringing;
assert.deepEqual(desk.get().rows.map((row) => row.chat), [chat]);
await maya.claim(chat);
await maya.post(chat, "At any desk");
await sam.post(chat, "Thank you");
await Promise.all([maya.sync(), sam.sync()]);
assert.equal(desk.get().chats.get(chat)?.view.phase, "active");
assert.deepEqual(desk.get().mine.map(({ owner, unread }) => ({ owner, unread })), [
  { owner: true, unread: 1 },
]);

// Both write while the broker is dead: it is stored once, in order, when it is back.
const gone = [maya, sam].map((it) =>
  heard(it, (event) => event.type === "status" && event.status.is === "waiting"),
);
console.log("kill it");
await Promise.all(gone);
const writes = [
  maya.post(chat, "Bring the old one"),
  maya.post(chat, "And a photograph"),
  sam.post(chat, "When do you close?"),
];
console.log("start it");
await Promise.all(writes);
await Promise.all([maya.sync(), sam.sync()]);
for (const { said } of [hers, his]) {
  const ours = said.filter((it) => it !== "When do you close?");
  assert.deepEqual(ours, ["At any desk", "Thank you", "Bring the old one", "And a photograph"]);
  assert.equal(said.length, 5);
}
assert.deepEqual(hers.said, his.said, "both read the same");

// Another page, with nothing but the chat and the secret.
sam.close();
const back = await returnToChat(url, chat, granted.secret ?? "", ORIGIN);
const again = new Client({ url, token: back.token, webSocket: socketOf(ORIGIN) });
const whole = heard(again, (event) => event.type === "chat.snapshot");
await again.subscribe(chat);
const snapshot = await whole;
assert.ok(snapshot.type === "chat.snapshot");
const texts = snapshot.events.flatMap((it) => (it.event.type === "posted" ? [it.event.text] : []));
assert.deepEqual(texts, his.said);
await maya.end(chat);
again.close();
maya.close();
console.log("done");
