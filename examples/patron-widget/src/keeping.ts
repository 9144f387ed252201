// What outlives a page: the patron's visit, what is not sent yet, and which app this is, so that of
// two tabs the later one has the chat. Where a browser keeps nothing for us, it lasts as long as
// the page.

import { type KeyValue, uuid7, webOutbox, webVisit } from "@deskbell/client";

export function keeping(widget: string) {
  const storage = lasting();
  const key = `deskbell-${widget}`;
  return {
    visit: webVisit(storage, `${key}-visit`),
    outbox: webOutbox(storage, `${key}-outbox`),
    /** The same in all tabs. */
    client(): string {
      const known = storage.getItem(`${key}-client`);
      if (known !== null) return known;
      const fresh = uuid7();
      storage.setItem(`${key}-client`, fresh);
      return fresh;
    },
  };
}

/** `localStorage`, if this page may use it: a browser that keeps nothing throws. */
function lasting(): KeyValue {
  try {
    localStorage.setItem("deskbell", "");
    localStorage.removeItem("deskbell");
    return localStorage;
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
  }
}
