// Every state of a page, one after the other, without a broker: light and dark, wide, at 320 px and
// at 400 % zoom. Each must be free of what axe finds, keep to its width, show its text, and be
// silent on the console. Started by the system tests with the folder of a built gallery, a name, and
// the folder for screenshots; says `done` at the end.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";

import { open } from "./page.mjs";

const [folder, name, screenshots] = process.argv.slice(2);

// The broker's own policy (`broker/src/edge/pages.rs`).
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// 400 % of a window of 1280 by 1024 is one of 320 by 256 (WCAG 2.2, 1.4.10).
const SIZES = { wide: [1280, 800], narrow: [320, 640], zoomed: [320, 256] };

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** In the dark only colors differ. */
const RULES = { light: { runOnly: TAGS }, dark: { runOnly: ["color-contrast"] } };

const server = createServer((asked, answer) => {
  const path = normalize(decodeURIComponent(new URL(asked.url, "http://localhost").pathname));
  const type = TYPES[extname(path)] ?? (extname(path) === ".svg" ? "image/svg+xml" : "text/plain");
  try {
    const body = readFileSync(join(folder, path));
    answer.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(body);
  } catch {
    answer.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const at = `http://127.0.0.1:${server.address().port}/gallery.html`;

const { page, mishaps, close } = await open(at);
const states = JSON.parse(await page.evaluate(() => document.documentElement.dataset.states));
assert.ok(states.length > 5, `only ${states.length} states`);
const failures = [];

for (const scheme of ["light", "dark"]) {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
  for (const state of states) {
    await show(state);
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      const wrong = await page.evaluate(overflow);
      for (const it of wrong) failures.push(`${state}, ${scheme}, ${size}: ${it}`);
      const file = `${name}-${state}-${scheme}-${size}`.replaceAll(/[^a-z0-9_-]+/g, "-");
      await page.screenshot({ path: join(screenshots, `${file}.png`) });
    }
    await page.setViewportSize({ width: SIZES.wide[0], height: SIZES.wide[1] });
    await page.evaluate(AXE);
    const found = await page.evaluate(
      (rules) => globalThis.axe.run(document, rules),
      RULES[scheme],
    );
    for (const { id, help, nodes } of found.violations) {
      const where = nodes.map((it) => it.target.join(" ")).join("; ");
      failures.push(`${state}, ${scheme}: ${id}, ${help}: ${where}`);
    }
  }
}

/** A fresh page each, so that no state stands on the one before. */
async function show(state) {
  await page.goto("about:blank");
  await page.goto(`${at}#${encodeURIComponent(state)}`);
  await page.waitForFunction(() => document.documentElement.dataset.states !== undefined);
}

/** What is wider than the page, and what may have the focus and is cut off at a side. */
function overflow() {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const found = wide > 0 ? [`${wide} px wider than the screen`] : [];
  const roots = [document];
  for (const root of roots) {
    for (const it of root.querySelectorAll("*")) {
      if (it.shadowRoot) roots.push(it.shadowRoot);
      if (!it.matches("button, input, select, textarea, a[href], summary")) continue;
      if (!it.checkVisibility({ visibilityProperty: true }) || it.matches(".skip")) continue;
      const { left, right, width } = it.getBoundingClientRect();
      if (width > 0 && (left < -1 || right > innerWidth + 1)) {
        found.push(`cut off at a side: ${it.outerHTML.slice(0, 80)}`);
      }
    }
  }
  return found;
}

assert.deepEqual(failures, []);
assert.deepEqual(mishaps, []);
await close();
await new Promise((resolve) => server.close(resolve));
console.log("done");
