// `examples/patron-widget` on a library's page, by keyboard alone, with a librarian of the SDK behind
// the desk: from offline to the rating, over reloads, pages, tabs, a lost connection and a kill of
// the broker. Started by the system tests with the broker's URL, everybody's password and the folder
// for screenshots; says `done` at the end.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { listed, passed, serve } from "./gallery-server.mjs";
import { hear, still } from "./hearing.mjs";
import { Keys } from "./keys.mjs";
import { open } from "./page.mjs";
import { operator, saidIn, until } from "./people.mjs";
import { between } from "./wire.mjs";

const [broker, password, screenshots] = process.argv.slice(2);
const HOSTILE = `<img src=x onerror="alert(1)"> \u202Eabc ${"long".repeat(60)} مرحبا 👩‍🏫`;
const library = `${broker.replace("127.0.0.1", "localhost")}/library/`;

const { page, mishaps, close } = await open("about:blank");
await page.setViewportSize({ width: 1000, height: 760 });
const heard = await hear(page);
const shown = await passed(page);
const wire = await between(page);
const keys = new Keys(page);
const shot = (name) => page.screenshot({ path: `${screenshots}/widget-live-${name}.png` });
const text = (what) => page.locator(".window").getByText(what).first().waitFor();
const bell = page.locator(".bell");

// Nobody is there: said so on the button, with the library's other ways of contact within.
await page.goto(library);
await bell.getByText("offline").waitFor();
await keys.tabTo('button "Ask Birch offline"');
await keys.press("Enter", 'heading "Ask Birch"');
await text("We are offline.");
await page.getByRole("link", { name: "ask@birch.example" }).waitFor();
await shot("offline");

// Somebody comes, and the window changes by itself, without taking the focus.
const stays = await still(page);
const maya = await operator(broker, password, "maya");
await page.getByLabel("Your question").waitFor();
await stays();
await keys.press("Escape", 'button "Ask Birch online"');
await keys.press("Enter", 'textbox "Your question"');

// A question is needed; it is said where it is missing.
await keys.tabTo('button "Ask"');
await keys.press("Enter", 'textbox "Your question"');
await text("Please write your question.");
await keys.type("Can I renew a book that someone else has reserved?");
await keys.tabTo('button "Ask"');
await keys.press("Enter", 'textbox "Your message"');
await text("Nobody is before you.");
await shot("waiting");
const { chat } = (await until(maya.store, (desk) => desk.rows.length === 1)).rows[0];

// She reloads, and goes to another page: the place in the queue is hers.
await page.reload();
await bell.getByText("your chat").waitFor();
await page.goto(`${library}catalog.html`);
await bell.getByText("your chat").waitFor();
await keys.tabTo('button "Ask Birch your chat"');
await keys.press("Enter", 'textbox "Your message"');
await text("Nobody is before you.");

// Answered, by words that are only words; the focus stays where she types.
const quiet = await still(page);
await maya.client.claim(chat);
await text("Maya answers you.");
maya.client.typing(chat, true);
await text("Maya is writing…");
await maya.client.post(chat, HOSTILE);
await text("<img src=x");
await page.getByText("is writing…").waitFor({ state: "detached" });
assert.equal(await page.locator(".window img").count(), 0, "text is text");
await quiet();
await keys.type(HOSTILE);
await keys.press("Enter", 'textbox "Your message"');
await until(maya.store, (desk) => saidIn(desk, chat).filter((it) => it === HOSTILE).length === 2);
await text("sent");
await maya.store.shown(chat);
await text("read");
await shot("hostile");

// Minimized, what is new is counted, on the button and in the page's title.
await keys.press("Escape", 'button "Ask Birch your chat"');
await maya.client.post(chat, "Are you still there?");
await bell.getByText("1 new message").waitFor();
assert.equal(await page.title(), "(1) Catalog · Birch Public Library");
await keys.press("Enter", 'textbox "Your message"');
await text("Are you still there?");
assert.equal(await page.title(), "Catalog · Birch Public Library");

// The connection is lost, twenty messages long: one sentence, each message once.
wire.cut();
await text("Reconnecting…");
for (let n = 1; n <= 20; n += 1) await maya.client.post(chat, `Line ${n}.`);
wire.mend();
await text("Line 20.");
await page.locator(".line").waitFor({ state: "detached" });
assert.equal(
  await page
    .locator(".said")
    .filter({ hasText: /Line \d+\./ })
    .count(),
  20,
);

// The broker is killed; what she writes meanwhile arrives once.
console.log("kill it");
await text("Reconnecting…");
await keys.type("I only need it for two more days.");
await keys.press("Enter", 'textbox "Your message"');
await text("sending…");
await shot("reconnecting");
console.log("start it");
await until(maya.store, (desk) => saidIn(desk, chat).includes("I only need it for two more days."));
await page.getByText("sending…").waitFor({ state: "detached" });
const mine = page.locator(".said.own").filter({ hasText: "two more days" });
assert.equal(await mine.count(), 1);

// Another tab has the chat from now on, until she wants it back here.
const tab = await page.context().newPage();
await tab.goto(library);
await text("This chat is open in another tab.");
await tab.close();
await keys.tabTo('button "Use it here"', "Shift+Tab");
await keys.press("Enter");
await page.locator(".line").waitFor({ state: "detached" });
await maya.client.post(chat, "It is renewed.");
await text("It is renewed.");

// Ended: why, a copy to keep, and what she thinks of it.
await maya.client.end(chat);
await text("The librarian ended the chat.");
await keys.tabTo('radio "1, poor"');
await keys.press("ArrowUp", 'radio "5, very good" [checked]');
await keys.tabTo('textbox "In your words');
await keys.type("Fast and friendly");
await keys.press("Enter");
await text("Thank you for telling us.");
await text("You rated the chat 5 of 5.");
await keys.tabTo('button "Save"');
const saving = page.waitForEvent("download");
await keys.press("Enter");
const kept = readFileSync(await (await saving).path(), "utf8");
assert.match(kept, /^Birch Public Library, Ask Birch\r\n/);
assert.match(kept, /You: Can I renew a book/);
assert.match(kept, /Maya answers you\./);
assert.ok(kept.includes(`Maya: ${HOSTILE}`) && kept.includes("Maya: Line 20."));
await shot("over");

// Asked again, the next chat goes on from this one; given up, it is over.
await keys.tabTo('button "Ask again"');
await keys.press("Enter", 'textbox "Your question"');
await keys.type("And the second volume?");
await keys.tabTo('button "Ask"');
await keys.press("Enter", 'textbox "Your message"');
const next = await until(maya.store, (desk) => desk.rows.length === 1);
await keys.tabTo('button "End chat"');
await keys.press("Enter", 'heading "Ask Birch"');
await text("Give up your place in the queue?");
await keys.tabTo('button "End chat"');
await keys.press("Enter");
await until(maya.store, (desk) => desk.rows.length === 0);
assert.notEqual(next.rows[0].chat, chat);
await text("You ended the chat.");
await keys.tabTo('button "Done"');
await keys.press("Enter", 'button "Ask Birch online"');

const written = readFileSync(new URL("widget.heard.txt", import.meta.url), "utf8");
const wanted = written.replaceAll("HOSTILE", HOSTILE.trim()).trim().split("\n");
assert.deepEqual(heard, wanted);
// Everything that was shown is in the list that the gallery is looked at by.
const { at, stop } = await serve(
  fileURLToPath(new URL("../../examples/patron-widget/dist-gallery", import.meta.url)),
);
await page.goto(at);
const known = await listed(page);
await stop();
assert.ok(shown.size > 10, [...shown].join(", "));
assert.deepEqual([...shown].filter((it) => !known.includes(it)), []);
// A browser says itself that a connection is lost; nothing else may go wrong.
assert.deepEqual(
  mishaps.filter((it) => !/^WebSocket|ERR_|EventSource/.test(it)),
  [],
);
await close();
maya.client.close();
console.log("done");
