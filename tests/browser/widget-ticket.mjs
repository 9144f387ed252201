// `examples/patron-widget` when everybody goes while a patron waits: she is told so, and leaves her
// address instead, after refusals that keep what she wrote; by keyboard alone. Started by the system tests with the broker's URL, everybody's
// password and the folder for screenshots; says `done` at the end. Not after a kill: while a broker
// settles, who stood there just before still counts as there.

import assert from "node:assert/strict";

import { hear, still } from "./hearing.mjs";
import { Keys } from "./keys.mjs";
import { open } from "./page.mjs";
import { operator, until } from "./people.mjs";

const [broker, password, screenshots] = process.argv.slice(2);

const { page, mishaps, close } = await open("about:blank");
const heard = await hear(page);
const keys = new Keys(page);
const text = (what) => page.locator(".window").getByText(what).first().waitFor();
const maya = await operator(broker, password, "maya");
await page.goto(`${broker.replace("127.0.0.1", "localhost")}/library/`);
await page.locator(".bell").getByText("online").waitFor();
await keys.tabTo('button "Ask Birch online"');
await keys.press("Enter", 'textbox "Your question"');
// A question that the broker refuses is hers to shorten.
await page.keyboard.insertText("long ".repeat(2000));
await keys.tabTo('button "Ask"');
await keys.press("Enter");
await text("That is too long, or empty.");
await keys.at('textbox "Your question"');
assert.equal(await page.getByLabel("Your question").inputValue(), "long ".repeat(2000));
await keys.press("ControlOrMeta+a");
await keys.type("Is there a second volume?");
await keys.tabTo('button "Ask"');
await keys.press("Enter", 'textbox "Your message"');
await until(maya.store, (desk) => desk.rows.length === 1);
await text("Nobody is before you.");

// Maya goes, and nobody is left. The focus stays where the patron writes.
const stays = await still(page);
await maya.client.setPresence("online", []);
await text("Nobody is here any more to answer.");
await text("You keep your place for whoever comes.");
await stays();
await page.screenshot({ path: `${screenshots}/widget-live-nobody.png` });

// What is missing is said where it is missing; then the library has her address.
await keys.tabTo('button "Answer me by e-mail instead"', "Shift+Tab");
await keys.press("Enter", 'textbox "Your name"');
await keys.type("Sam");
await keys.tabTo('button "Answer me by e-mail"');
await keys.press("Enter", 'textbox "Your e-mail address"');
await text("Please tell your e-mail address.");

// The broker is stricter than the form: refused in words, and what she wrote is still there.
await keys.type(`${"s".repeat(1100)}@example.org`);
await keys.press("Enter");
await text("That is too long, or empty.");
await page.locator("#ticket-email").waitFor();
await keys.tabTo('button "Close"', "Shift+Tab");
await keys.press("Enter");
await page.locator(".line").waitFor({ state: "detached" });
await keys.tabTo('textbox "Your e-mail address"');
await keys.press("ControlOrMeta+a");
await keys.type("sam@example.org");
await keys.press("Enter");
await text("Your question became a ticket: the library answers by e-mail.");
await text("You asked for an answer by e-mail to sam@example.org.");

assert.deepEqual(heard, [
  "That is too long, or empty. Please change it, and try again.",
  "Nobody is before you. The longest wait now is under a minute.",
  "Nobody is here any more to answer. You can leave your e-mail address, or go on waiting.",
  "That is too long, or empty. Please change it, and try again.",
  "You asked for an answer by e-mail to sam@example.org.",
  "Your question became a ticket: the library answers by e-mail.",
]);
assert.deepEqual(
  mishaps.filter((it) => !/^WebSocket|ERR_|EventSource/.test(it)),
  [],
);
await close();
maya.client.close();
console.log("done");
