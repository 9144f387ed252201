// A page's WebSocket with somebody at the wire: frames to the page may be held back, and the wire may
// be cut for a while.

/** Stands at the wire of a page, from its next connection on. */
export async function between(page) {
  let held;
  let isCut = false;
  const ends = new Set();
  const waiting = new Set();
  await page.routeWebSocket(/\/v1\/connect/, (socket) => {
    if (isCut) return void socket.close({ code: 1013 });
    const server = socket.connectToServer();
    const end = () => {
      ends.delete(end);
      void server.close();
      void socket.close({ code: 1013 });
    };
    ends.add(end);
    server.onMessage((frame) => (held ? held.push(() => socket.send(frame)) : socket.send(frame)));
    server.onClose((code, reason) => {
      ends.delete(end);
      void socket.close({ code: code ?? 1013, reason });
    });
    socket.onMessage((frame) => {
      server.send(frame);
      for (const it of waiting) it(JSON.parse(frame).type);
    });
  });
  return {
    hold: () => (held = []),
    release: () => {
      const frames = held ?? [];
      held = undefined;
      for (const send of frames) send();
    },
    /** Once the page has sent such a frame. */
    asked: (type) => new Promise((resolve) => waiting.add((it) => it === type && resolve())),
    cut: () => {
      isCut = true;
      for (const end of ends) end();
    },
    mend: () => (isCut = false),
  };
}
