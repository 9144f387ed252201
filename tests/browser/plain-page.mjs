// `examples/plain-page` as a patron meets it, by keyboard alone, with an operator of the SDK behind
// the desk. Started by the system tests with the broker's URL, an operator's password and the folder
// for screenshots; says `done` at the end.

import assert from "node:assert/strict";

import { Client, deskStore, signIn } from "@deskbell/client";
import { WebSocket } from "ws";

import { open } from "./page.mjs";

const [broker, password, screenshots] = process.argv.slice(2);
const HOSTILE = `<img src=x onerror="alert(1)"> \u202Eabc ${"long".repeat(60)} مرحبا 👩‍🏫`;

const { token } = await signIn(broker, { user: "maya", password });
const maya = new Client({ url: broker, token, webSocket: (...to) => new WebSocket(...to) });
const desk = deskStore(maya);
await maya.subscribeList();
await maya.setPresence("online", ["coop/tri-county"]);

const at = `${broker.replace("127.0.0.1", "localhost")}/plain-page`;
const { page, mishaps, close } = await open(at);
const log = page.getByRole("log", { name: "Conversation" });
const status = page.getByRole("status");

// By keyboard: to the question, and to the button.
await page.keyboard.press("Tab");
assert.equal(await page.getByLabel("Your question").evaluate((it) => it.matches(":focus")), true);
await page.keyboard.type("Where can I renew my card?");
await page.keyboard.press("Tab");
await page.keyboard.press("Enter");
await log.getByText("Where can I renew my card?").waitFor();
await status.getByText("Please wait: nobody is before you.").waitFor();

const { chat } = desk.get().rows[0] ?? assert.fail("no row");
await maya.claim(chat);
await status.getByText("Maya answers you.").waitFor();
await maya.post(chat, HOSTILE);
await log.getByText("<img src=x").waitFor();
assert.equal(await page.locator("#log img").count(), 0, "text is text");

// The message box has the focus: she types at once.
assert.equal(await page.getByLabel("Your message").evaluate((it) => it.matches(":focus")), true);
const answered = new Promise((resolve) => {
  maya.listen((event) => {
    const it = event.type === "chat.event" && event.event;
    if (it && it.type === "posted" && it.by.kind === "patron") resolve(it.text);
  });
});
await page.keyboard.type(HOSTILE);
await page.keyboard.press("Enter");
assert.equal(await answered, HOSTILE);
await page.setViewportSize({ width: 320, height: 640 });
const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
await page.screenshot({ path: `${screenshots}/plain-page.png`, fullPage: true });

await maya.end(chat);
await status.getByText("The chat is over.").waitFor();
assert.equal(await page.getByLabel("Your message").isVisible(), false);
assert.deepEqual(mishaps, []);
await close();
maya.close();
console.log("done");
