// What outlives a page: unanswered writes, and a patron's visit.

import type { OutboxStorage, StoredWrite } from "./outbox.js";
import type { ChatId, Granted } from "./protocol.gen.js";

/** The part of the browser's storages that is used here. */
export type KeyValue = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Keeps something as JSON. What cannot be read is as good as not there. */
function kept<T>(storage: KeyValue, key: string): { load(): T | undefined; save(it?: T): void } {
  return {
    load() {
      try {
        return JSON.parse(storage.getItem(key) ?? "null") ?? undefined;
      } catch {
        return undefined;
      }
    },
    save(it) {
      if (it === undefined) storage.removeItem(key);
      else storage.setItem(key, JSON.stringify(it));
    },
  };
}

/** An outbox that survives a reload: `new Client({ outbox: webOutbox(sessionStorage, "…") })`. */
export function webOutbox(storage: KeyValue, key: string): OutboxStorage {
  const writes = kept<StoredWrite[]>(storage, key);
  return {
    load: () => writes.load() ?? [],
    save: (all) => writes.save(all.length > 0 ? all : undefined),
  };
}

/** A patron's visit: her token, the secret by which she returns, and her chat, if she rang. */
export interface Visit {
  granted: Granted;
  chat?: ChatId;
}

/** Where a visit is kept between pages. The secret in it is the patron's: keep it to her device. */
export const webVisit = (storage: KeyValue, key: string) => kept<Visit>(storage, key);
