// A built gallery on a port of its own, under the broker's own policy, and the states that it lists.
// Not here: what is looked for in them (`gallery.mjs`).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

// The broker's own (`broker/src/edge/pages.rs`).
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** Serves a folder until it is stopped. */
export async function serve(folder) {
  const server = createServer((asked, answer) => {
    const path = normalize(decodeURIComponent(new URL(asked.url, "http://localhost").pathname));
    const type = TYPES[extname(path)] ?? "text/plain";
    try {
      const body = readFileSync(join(folder, path));
      answer.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(body);
    } catch (error) {
      // A page that asks for what is not there says so on its console, and the test reads that.
      if (error.code !== "ENOENT") throw error;
      answer.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    at: `http://127.0.0.1:${server.address().port}/gallery.html`,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** The names of all states, as the open page of a gallery lists them. */
export async function listed(page) {
  const states = JSON.parse(await page.evaluate(() => document.documentElement.dataset.states));
  assert.ok(states.length > 5, `only ${states.length} states`);
  return states;
}

/** The states that a live page passes through, over reloads; grows as they are shown. */
export async function passed(page) {
  const names = new Set();
  await page.exposeFunction("deskbellShows", (shown) => {
    for (const name of JSON.parse(shown)) names.add(name);
  });
  await page.addInitScript(() => {
    const { attachShadow } = Element.prototype;
    Element.prototype.attachShadow = function (how) {
      const root = attachShadow.call(this, how);
      let last;
      new MutationObserver(() => {
        const shown = root.querySelector("[data-states]")?.dataset.states;
        if (shown === undefined || shown === last) return;
        last = shown;
        globalThis.deskbellShows(shown);
      }).observe(root, { subtree: true, childList: true, attributeFilter: ["data-states"] });
      return root;
    };
  });
  return names;
}
