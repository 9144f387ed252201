// `examples/operator-web` as an operator staffs a co-op with it, by keyboard alone, with a patron
// and a colleague of the SDK. Started by the system tests with the broker's URL, everybody's
// password and the folder for screenshots; says `done` at the end.

import assert from "node:assert/strict";

import { Client, signIn } from "@deskbell/client";
import { WebSocket } from "ws";

import { Keys } from "./keys.mjs";
import { open } from "./page.mjs";
import { operator, patron, saidIn, until } from "./people.mjs";
import { between } from "./wire.mjs";

const [broker, password, screenshots] = process.argv.slice(2);
const HOSTILE = `<img src=x onerror="alert(1)"> \u202Eabc ${"long".repeat(60)} مرحبا 👩‍🏫`;

/** Counts how the page calls, and lets time run ahead and the tab be out of sight. */
function countCalls() {
  globalThis.calls = { titles: [], tones: 0 };
  globalThis.Notification = class {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title) {
      globalThis.calls.titles.push(title);
    }
    close() {}
  };
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...when) {
    globalThis.calls.tones += 1;
    return start.apply(this, when);
  };
  const { now } = Date;
  Date.now = () => now() + (globalThis.timeAhead ?? 0);
  Object.defineProperty(document, "hidden", { get: () => globalThis.isOutOfSight === true });
}

/** Once she was called so many times: two tones each, and a notification that says who waits. */
const called = (times) =>
  page.waitForFunction((times) => {
    const { titles, tones } = globalThis.calls;
    const says = titles.every((it) => it === "Kim of Birch Public Library waits");
    return tones === 2 * times && titles.length === times && says;
  }, times);

const ines = await operator(broker, password, "ines");
const { page, mishaps, close } = await open("about:blank");
await page.setViewportSize({ width: 1280, height: 800 });
const wire = await between(page);
await page.addInitScript(countCalls);
await page.goto(`${broker.replace("127.0.0.1", "localhost")}/desk/`);
const keys = new Keys(page);
const shot = (name) => page.screenshot({ path: `${screenshots}/desk-live-${name}.png` });
const text = (what) => page.getByText(what).first().waitFor();

// Who are you: a wrong password is said where it was typed.
await keys.at('textbox "Name"');
await keys.type("maya");
await keys.press("Tab", 'textbox "Password"');
await keys.type("not this one");
await keys.press("Enter");
await text("name and password do not match");
await keys.at('textbox "Password"');
await keys.press("ControlOrMeta+a");
await keys.type(password);
await keys.press("Enter");

// *Settings*: the co-op on, and who else is there.
await page.getByRole("heading", { name: "Settings" }).waitFor();
await keys.tabTo('switch "Tri-County Co-op"');
await keys.press("Space", 'switch "Tri-County Co-op" [checked]');
await page.getByText("1 other here: Ines (cedar).").waitFor();
await keys.tabTo('button "Check Status"');
await keys.press("Enter");
await text("Checked just now");
await keys.tabTo('switch "Show desktop notifications until the chat is claimed"');
await keys.press("Space", /^switch "Show desktop notifications.*\[checked\]/);
await shot("settings");

// *Chats*: a patron rings while the tab is out of sight: she is called by a sound and by a
// notification, and again until somebody claims.
await keys.press("Alt+Shift+C", "main");
await page.evaluate(() => (globalThis.isOutOfSight = true));
const first = await patron(broker, "Which floor are the newspapers on?", "Kim");
await called(1);
await page.evaluate(() => (globalThis.timeAhead = 15_000));
await called(2);
await page.evaluate(() => (globalThis.isOutOfSight = false));
await until(ines.store, (desk) => desk.rows.length === 1);
await text("Which floor are the newspapers on?");
assert.match(await page.title(), /^1 patron waiting/);
await page.getByRole("img", { name: "Your library:" }).waitFor();
const second = await patron(broker, "Can I renew a book that someone else has reserved?", "Sam");
await until(ines.store, (desk) => desk.rows.length === 2);
await ines.client.subscribe(first.chat);
await text("Ines looking");
await text("Can I renew a book");
await keys.tabTo(/^button "(?!Claim).*Sam/);
await keys.press("Enter", 'heading "Sam');
await text("the patron does not know");
await shot("preview");
await keys.press("Escape", /^button "(?!Claim).*Sam/);

// The network is slow, and Ines claims the first: who won is said, and the next is offered.
wire.hold();
await ines.client.claim(first.chat);
const asked = wire.asked("chat.claim");
await keys.press("Alt+Shift+K");
await asked;
wire.release();
await text("Ines (cedar) was faster and answers this chat.");
await shot("lost-claim");
await keys.tabTo('button "Claim the next"');
await keys.press("Enter", 'textbox "Message"');
await until(second.store, (desk) => desk.chats.get(second.chat)?.view.phase === "active");

// A conversation: hostile words both ways are words.
await second.client.post(second.chat, HOSTILE);
await page.locator(".said.patron").getByText("<img src=x").waitFor();
assert.equal(await page.locator(".log img").count(), 0, "text is text");
await keys.type(HOSTILE);
await keys.press("Enter", 'textbox "Message"');
await until(
  second.store,
  (desk) => saidIn(desk, second.chat).filter((it) => it === HOSTILE).length === 2,
);
await keys.press("Alt+Shift+I");
await page.getByText("Internal note (the patron never sees it)").waitFor();
await keys.at('textbox "Internal note');
await keys.type("three holds, but Elm has a copy");
await keys.press("Enter");
await page.locator(".said.note").getByText("three holds").waitFor();
await keys.press("Alt+Shift+I");
await page.getByLabel("Message", { exact: true }).waitFor();
await keys.press("Alt+Shift+P");
await page.getByRole("complementary", { name: "Patron Information" }).waitFor();
await page.getByText("Birch Public Library:").waitFor();
await shot("conversation");
await keys.press("Alt+Shift+P");

// *Transfer* to Ines: both kinds of target, and who is there.
await keys.press("Alt+Shift+T");
await page.getByRole("dialog", { name: "Transfer this chat" }).waitFor();
await page.getByRole("radio", { name: "Ines (cedar)" }).waitFor();
await page.getByRole("radio", { name: "Tri-County Co-op" }).waitFor();
await keys.tabTo('radio "Tri-County Co-op"');
await keys.press("ArrowDown", 'radio "Ines (cedar)" [checked]');
await keys.tabTo('textbox "Note for whoever');
await keys.type("could you lend yours?");
await shot("transfer");
await keys.tabTo('button "Transfer"');
await keys.press("Enter");
await text("it is yours until somebody claims it");
await until(ines.store, (desk) => desk.rows.some((it) => it.chat === second.chat));
await ines.client.claim(second.chat);
await text("Ines answers after a transfer.");
await text("Ines (cedar) answers");

// She leaves; the chat goes on without her.
await keys.press("Alt+Shift+E");
await page.getByText("You are in no chat.").waitFor();
await keys.at("main");
const mine = (desk) => desk.mine.find((it) => it.chat === second.chat);
assert.equal(mine(ines.store.get())?.owner, true);

// Signed out elsewhere in mid-sentence: the password is asked for, and nothing typed is lost.
const third = await patron(broker, "Do you have a scanner?", "Ada");
await text("Do you have a scanner?");
await keys.press("Alt+Shift+K", 'textbox "Message"');
await keys.type("Yes, on the second");
const { token } = await signIn(broker, { user: "birch-admin", password });
const admin = new Client({ url: broker, token, webSocket: (...to) => new WebSocket(...to) });
await admin.signOutOther("maya");
admin.close();
await keys.at('textbox "Password of Maya (birch)"');
await shot("expired");
await keys.type(password);
await keys.press("Enter");
await page.getByRole("dialog").waitFor({ state: "detached" });
// She monitors as before. Signed out by an admin, her chat waits again: claimed anew, it has her words.
await text("the patron does not know");
await keys.press("Alt+Shift+K", 'textbox "Message": Yes, on the second');
await keys.press("End");
await keys.type(" floor.");
await keys.press("Enter");
await until(third.store, (desk) => saidIn(desk, third.chat).includes("Yes, on the second floor."));

// The end of the shift: what she owns is handed over with a note, and then she signs out.
await keys.press("Alt+Shift+O");
const to = page.getByRole("dialog", { name: "End the shift" }).getByLabel("To");
await to.getByText("Ines (cedar)").waitFor({ state: "attached" });
await keys.at('combobox "To"');
await keys.type("Ines");
await keys.press("Tab", 'textbox "Note for whoever takes it"');
await keys.type("she is on the stairs");
await shot("end-shift");
await keys.press("Enter");
await text("Offered to Ines.");
await until(ines.store, (desk) => desk.rows.some((it) => it.chat === third.chat));
await ines.client.claim(third.chat);
await text("You own no chat.");
await keys.tabTo('button "Sign out"');
await keys.press("Enter", 'textbox "Name"');

assert.deepEqual(
  mishaps,
  ["Failed to load resource: the server responded with a status of 401 (Unauthorized)"],
  "nothing but the wrong password",
);
await close();
for (const { client } of [ines, first, second, third]) client.close();
console.log("done");
