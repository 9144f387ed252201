// The story of the demo (`examples/demo/demo.chat`) as people live it: Sam on her library's page, and
// two librarians of different libraries at the desk, each in a browser of their own; Ines of Cedar
// beside them by the SDK. In the middle the broker is killed. Up to *Leave Chat*. Started by the
// system tests with the broker's URL, everybody's password and the folder for screenshots; says
// `done` at the end.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { hear, still } from "./hearing.mjs";
import { open } from "./page.mjs";
import { operator, until } from "./people.mjs";

const [broker, password, screenshots] = process.argv.slice(2);
const at = broker.replace("127.0.0.1", "localhost");

/** A browser of somebody's own, and what its live regions say. */
async function browser(path, width) {
  const own = await open("about:blank");
  await own.page.setViewportSize({ width, height: 800 });
  const heard = await hear(own.page);
  await own.page.goto(`${at}${path}`);
  return { ...own, heard };
}

/** Signs in at the desk. */
async function desk(user) {
  const own = await browser("/desk/", 1200);
  await own.page.getByLabel("Name").fill(user);
  await own.page.getByLabel("Password").fill(password);
  await own.page.keyboard.press("Enter");
  await own.page.getByRole("heading", { name: "Settings" }).waitFor();
  return own;
}

const says = async ({ page }, text) => {
  await page.getByLabel(/^(Your message|Message)$/).fill(text);
  await page.keyboard.press("Enter");
};
const sees = async (own, text) => {
  await own.page.locator(".said", { hasText: text }).first().waitFor();
  const times = await own.page.locator(".said", { hasText: text }).count();
  assert.equal(times, 1, `"${text}" once`);
};
const happens = (own, text) => own.page.locator(".happened", { hasText: text }).first().waitFor();

const maya = await desk("maya");
const ines = await operator(broker, password, "ines");
const lou = await desk("lou");
await maya.page.getByRole("switch", { name: "Tri-County Co-op" }).check();
await maya.page.getByText("1 other here: Ines (cedar).").waitFor();
// Lou monitors nothing: she is there for her colleagues.
await lou.page.getByRole("radio", { name: "Online" }).check();
for (const own of [maya, lou]) await own.page.getByRole("button", { name: "Chats" }).click();

// Sam rings.
const sam = await browser("/library/", 1000);
await sam.page.getByRole("button", { name: "Ask Birch online" }).click();
const asked = "Can I renew a book that someone else has reserved?";
await sam.page.getByLabel("Your question").fill(asked);
await sam.page.getByRole("button", { name: "Ask", exact: true }).click();
await sees(sam, asked);
await until(ines.store, (it) => it.rows.length === 1);
await maya.page.locator(".row", { hasText: asked }).waitFor();
await sam.page.screenshot({ path: `${screenshots}/story-1-sam-waits.png` });

// Maya claims; for Ines it is gone.
await maya.page.getByRole("button", { name: "Claim the chat" }).click();
await happens(sam, "Maya answers you.");
await until(ines.store, (it) => it.rows.length === 0);
await says(maya, "Good morning, Sam. Let me look at the holds on it.");
await sees(sam, "Good morning, Sam.");
await maya.page.getByRole("radio", { name: "Internal note" }).check();
await maya.page.getByLabel("Internal note (the patron").fill("Elm has a copy on the shelf");
await maya.page.keyboard.press("Enter");
await sees(maya, "Elm has a copy on the shelf");
await maya.page.getByRole("radio", { name: "Message to the patron" }).check();

// The broker is killed; what Sam writes meanwhile is kept.
console.log("kill it");
for (const own of [sam, maya, lou])
  await own.page
    .getByText(/Reconnecting|is lost/)
    .first()
    .waitFor();
await says(sam, "Thank you! I only need it for two more days.");
await sam.page.getByText("sending…").waitFor();
await sam.page.screenshot({ path: `${screenshots}/story-2-sam-without-broker.png` });
await maya.page.screenshot({ path: `${screenshots}/story-2-maya-without-broker.png` });
console.log("start it");
await sees(maya, "Thank you! I only need it for two more days.");
await sam.page.getByText("sending…").waitFor({ state: "detached" });
for (const own of [sam, maya, lou]) {
  await own.page.locator("p.line, .notice").waitFor({ state: "detached" });
}

// Maya transfers to Lou, who finds the note and claims.
await maya.page.getByRole("button", { name: "Transfer" }).click();
await maya.page.getByRole("radio", { name: "Lou (elm)" }).check();
await maya.page.getByLabel("Note for whoever takes it").fill("could you lend yours?");
await maya.page.screenshot({ path: `${screenshots}/story-3-transfer.png` });
await maya.page.getByRole("dialog").getByRole("button", { name: "Transfer" }).click();
await lou.page.locator(".row", { hasText: "Maya (birch) offers it to you" }).click();
await happens(lou, "could you lend yours?");
await lou.page.screenshot({ path: `${screenshots}/story-4-lou-looks.png` });
await maya.page.getByLabel("Message", { exact: true }).focus();
const samStays = await still(sam.page);
const mayaStays = await still(maya.page);
await lou.page.locator(".foot").getByRole("button", { name: "Claim" }).click();
await happens(sam, "Lou answers you.");
await happens(maya, "Lou answers after a transfer.");
await says(lou, "We have a second copy here at Elm. Shall I send it over today?");
await sees(sam, "We have a second copy here at Elm.");
await sees(maya, "We have a second copy here at Elm.");
await samStays();
await mayaStays();

// *Leave Chat*: it goes on without Maya.
await maya.page.getByRole("button", { name: "Leave Chat" }).click();
await happens(sam, "Maya left the chat.");
await maya.page.getByText("You are in no chat.").waitFor();
await says(sam, "Yes please, that is perfect!");
await sees(lou, "Yes please, that is perfect!");
await sam.page.screenshot({ path: `${screenshots}/story-5-sam.png` });
await lou.page.screenshot({ path: `${screenshots}/story-5-lou.png` });

const written = readFileSync(new URL("story.heard.txt", import.meta.url), "utf8");
const heard = Object.entries({ Sam: sam, Maya: maya, Lou: lou })
  .map(([name, own]) => [`${name} hears`, ...own.heard.map((it) => `  ${it}`), ""].join("\n"))
  .join("\n");
assert.equal(heard.trim(), written.trim());
for (const { mishaps, close } of [sam, maya, lou]) {
  // A browser says itself that a connection is lost; nothing else may go wrong.
  assert.deepEqual(
    mishaps.filter((it) => !/^WebSocket|ERR_|EventSource/.test(it)),
    [],
  );
  await close();
}
ines.client.close();
console.log("done");
