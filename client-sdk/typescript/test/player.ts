// The SDK as a player of scripts: JSON lines on standard input tell it what to do, and it says on
// standard output what was answered and what happened, in the SDK's order.
// `examples/scripted-bot` starts it and judges.

import { createInterface } from "node:readline";

import { WebSocket } from "ws";

import {
  Client,
  HttpError,
  patronSession,
  RefusedError,
  returnToChat,
  signIn,
  type Write,
} from "../src/index.js";
import type { CoopLevel, Granted, Position, Status, ToBroker } from "../src/protocol.gen.js";

type Door =
  | { with: "sign_in"; user: string; password: string }
  | { with: "visit"; widget: string; origin: string }
  | { with: "return"; chat: string; secret: string; origin: string };

type Ask =
  | { ask: "sync" | "subscribe_list" }
  | { ask: "subscribe"; chat: string; from: Position | null }
  | { ask: "unsubscribe" | "typing" | "lift_ban"; chat: string }
  | { ask: "set_presence"; status: Status; targets: string[] }
  | { ask: "read"; chat: string; seq: number }
  | { ask: "ban"; chat: string; hours: number | null; reason: string | null }
  | { ask: "sign_out"; anyway: boolean }
  | { ask: "sign_out_other"; user: string }
  | { ask: "grant_access"; coop: string; user: string; level: CoopLevel }
  | { ask: "revoke_access"; coop: string; user: string };

interface Connecting {
  url: string;
  token: string;
  origin: string | null;
  client: string;
  app: string;
}

type Call = { call: number } & (
  | { do: "grant"; url: string; door: Door }
  | { do: "connect"; device: number; how: Connecting }
  | { do: "submit"; device: number; frame: Extract<ToBroker, { cmid: string }> }
  | { do: "ask"; device: number; what: Ask }
  | { do: "close"; device: number }
);

const clients = new Map<number, Client>();
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

function grant(url: string, door: Door): Promise<Granted> {
  switch (door.with) {
    case "sign_in":
      return signIn(url, { user: door.user, password: door.password });
    case "visit":
      return patronSession(url, door.widget, door.origin);
    case "return":
      return returnToChat(url, door.chat, door.secret, door.origin);
  }
}

function connect(device: number, { origin, ...how }: Connecting): void {
  const options = origin === null ? {} : { origin };
  const webSocket = (url: string, protocol: string) => new WebSocket(url, protocol, options);
  const client = new Client({ ...how, webSocket });
  // What has happened by now is told, too.
  say({ device, event: { type: "status", status: client.status } });
  client.listen((event) => say({ device, event }));
  clients.set(device, client);
}

function ask(client: Client, what: Ask): Promise<unknown> | void {
  switch (what.ask) {
    case "sync":
      return client.sync();
    case "subscribe_list":
      return client.subscribeList();
    case "subscribe":
      return client.subscribe(what.chat, what.from ?? undefined);
    case "unsubscribe":
      return client.unsubscribe(what.chat);
    case "typing":
      return client.typing(what.chat, true);
    case "lift_ban":
      return client.liftBan(what.chat);
    case "set_presence":
      return client.setPresence(what.status, what.targets);
    case "read":
      return client.read(what.chat, what.seq);
    case "ban":
      return client.ban(what.chat, what.hours ?? undefined, what.reason ?? undefined);
    case "sign_out":
      return client.signOut(what.anyway);
    case "sign_out_other":
      return client.signOutOther(what.user);
    case "grant_access":
      return client.grantAccess(what.coop, what.user, what.level);
    case "revoke_access":
      return client.revokeAccess(what.coop, what.user);
  }
}

async function done(call: Call): Promise<unknown> {
  if (call.do === "grant") return grant(call.url, call.door);
  if (call.do === "connect") return connect(call.device, call.how);
  const client = clients.get(call.device);
  if (!client) throw new Error(`there is no device ${call.device}`);
  switch (call.do) {
    case "submit": {
      const { id: _, cmid, ...write } = call.frame;
      return client.submit(write as Write, cmid);
    }
    case "ask":
      await ask(client, call.what);
      return null;
    case "close":
      client.close();
      return null;
  }
}

function why(error: unknown): object {
  if (error instanceof RefusedError) return { why: "refused", refused: error.refused };
  if (error instanceof HttpError && error.code !== undefined) {
    return { why: "http", status: error.status, code: error.code, message: error.message };
  }
  return { why: "other", message: String(error) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line) as Call;
  done(call).then(
    (ok) => say({ answer: call.call, ok: ok ?? null }),
    (error: unknown) => say({ answer: call.call, failed: why(error) }),
  );
}
for (const client of clients.values()) client.close();
