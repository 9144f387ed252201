// When a browser page wakes: shown again after a sleep, or its network back.
//
// It only tells; what a client does then is in client.ts. Outside a page there is nothing to hear.

/** Calls back when the page is shown again or the network is back; returns how to stop that. */
export function whenWoken(wake: () => void): (() => void) | undefined {
  if (typeof document === "undefined") return undefined;
  const shown = () => {
    if (document.visibilityState === "visible") wake();
  };
  document.addEventListener("visibilitychange", shown);
  window.addEventListener("online", wake);
  return () => {
    document.removeEventListener("visibilitychange", shown);
    window.removeEventListener("online", wake);
  };
}
