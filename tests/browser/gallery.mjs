// Every state of a page, one after the other, without a broker: light and dark, wide, at 320 px and
// at 400 % zoom. Each must be free of what axe finds, keep to its width, show its text, and be
// silent on the console. Started by the system tests with the folder of a built gallery, a name, and
// the folder for screenshots; says `done` at the end.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { listed, serve } from "./gallery-server.mjs";
import { open } from "./page.mjs";

const [folder, name, screenshots] = process.argv.slice(2);

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// 400 % of a window of 1280 by 1024 is one of 320 by 256 (WCAG 2.2, 1.4.10).
const SIZES = { wide: [1280, 800], narrow: [320, 640], zoomed: [320, 256] };

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** In the dark only colors differ. */
const RULES = { light: { runOnly: TAGS }, dark: { runOnly: ["color-contrast"] } };

const { at, stop } = await serve(folder);
const { page, mishaps, close } = await open(at);
const states = await listed(page);
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
      for (const it of await page.evaluate(unreachable)) {
        failures.push(`${state}, ${scheme}, ${size}: ${it}`);
      }
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

/** What may have the focus and then cannot be seen, wherever its page and boxes are scrolled to. */
function unreachable() {
  const found = [];
  const roots = [document];
  const modal = [];
  for (const root of roots) {
    for (const it of root.querySelectorAll("*")) {
      if (it.shadowRoot) roots.push(it.shadowRoot);
      if (it.matches("dialog:modal")) modal.push(it);
    }
  }
  for (const root of roots) {
    for (const it of root.querySelectorAll("button, input, select, textarea, a[href], summary")) {
      const behind = modal.length > 0 && !modal.at(-1).contains(it);
      if (behind || it.disabled || it.matches(".skip") || it.closest("[inert]")) continue;
      if (!it.checkVisibility({ visibilityProperty: true })) continue;
      it.scrollIntoView({ block: "nearest" });
      // A link over several lines is seen by any of them.
      const seen = [...it.getClientRects()].some(({ left, right, top, bottom, width }) => {
        if (width === 0) return false;
        const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
        const there = it.getRootNode().elementFromPoint((left + right) / 2, y);
        return it === there || it.contains(there) || (there?.closest("label")?.control === it);
      });
      if (!seen) found.push(`covered or out of reach: ${it.outerHTML.slice(0, 80)}`);
    }
  }
  return found;
}

assert.deepEqual(failures, []);
assert.deepEqual(mishaps, []);
await close();
await stop();
console.log("done");
