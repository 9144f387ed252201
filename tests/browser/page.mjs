// A page in Debian's own Chromium, and what every test of a page wants of it.

import { chromium } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Opens a browser. A page that throws, or says something on its console that is an error, fails
 *  the test that reads `mishaps`. */
export async function open(url) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 480, height: 640 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const mishaps = [];
  page.on("pageerror", (error) => mishaps.push(String(error)));
  page.on("console", (said) => said.type() === "error" && mishaps.push(said.text()));
  page.on("dialog", (dialog) => {
    mishaps.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, mishaps, close: () => browser.close() };
}
