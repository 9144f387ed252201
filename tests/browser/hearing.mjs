// What a page says to who does not see it: everything that is put into a live region (`status`,
// `alert`, `log`, or `aria-live`), in its order, also within shadow roots. And where the focus goes
// by itself.

import assert from "node:assert/strict";

/** Listens to a page from its first script on, over reloads; what it heard grows as it is said. */
export async function hear(page) {
  const heard = [];
  await page.exposeFunction("deskbellHeard", (text) => heard.push(text));
  await page.addInitScript(listen);
  return heard;
}

/** Begins to watch the focus of a page; what it returns asserts that it has stayed where it is. */
export async function still(page) {
  await page.evaluate(() => (globalThis.deskbellFocus = []));
  return async () => {
    const moves = await page.evaluate(() => globalThis.deskbellFocus);
    assert.deepEqual(moves, [], "the focus moves only with the person");
  };
}

function listen() {
  const LIVE = "[role=status], [role=alert], [role=log], [aria-live]:not([aria-live=off])";
  const isLive = (node) => {
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    const live = element?.closest(LIVE);
    return live && live.getAttribute("aria-live") !== "off";
  };
  const say = (node) => {
    const text = node.textContent.trim();
    if (text !== "") globalThis.deskbellHeard(text);
  };
  const watch = (root) =>
    new MutationObserver((changes) => {
      for (const { type, target, addedNodes } of changes) {
        if (type === "characterData" && isLive(target)) say(target);
        for (const node of addedNodes) {
          // What brings a live region along is not said; what comes into one is.
          if (isLive(target)) say(node);
        }
      }
    }).observe(root, { subtree: true, childList: true, characterData: true });
  watch(document);
  const { attachShadow } = Element.prototype;
  Element.prototype.attachShadow = function (how) {
    const root = attachShadow.call(this, how);
    watch(root);
    root.addEventListener("focusin", moved);
    return root;
  };
  const moved = (event) => globalThis.deskbellFocus?.push(event.target.outerHTML.slice(0, 80));
  document.addEventListener("focusin", moved);
}
