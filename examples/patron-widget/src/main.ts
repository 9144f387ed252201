// `<deskbell-chat>`: the element that a page holds, and the outermost layer of the widget:
// rendering, focus, title and speech. One script tag loads it and puts it at the end of the page:
//
//   <script async src="https://desk.example.org/widget.js" data-widget="birch-home"></script>

import { render } from "lit";

import { announcer, Voice } from "@deskbell/voice";

import { said } from "./said.js";
import { goesOn, type State, unread } from "./state.js";
import { STYLE } from "./style.js";
import { widgetView } from "./view/widget.js";
import { Widget } from "./widget.js";

const script = document.currentScript as HTMLScriptElement | null;
const home = script ? new URL(script.src).origin : location.origin;

/** How often the times that are shown are looked at, ms. */
const TICK_MS = 10_000;

class DeskbellChat extends HTMLElement {
  #widget: Widget | undefined;
  #voice: Voice | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #title: string | undefined;

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const place = document.createElement("div");
    root.replaceChildren(place);
    this.#voice = new Voice(announcer(root).say);
    const widget = new Widget(
      this.getAttribute("broker") ?? home,
      this.getAttribute("widget") ?? "",
      (before, after) => this.#changed(root, place, before, after),
    );
    this.#widget = widget;
    // What the patron does next is not overtaken by what she did before.
    for (const kind of ["keydown", "pointerdown"] as const) {
      root.addEventListener(kind, () => widget.focused(), { capture: true });
    }
    document.addEventListener("visibilitychange", this.#look);
    this.#timer = setInterval(() => {
      if (goesOn(widget.state)) widget.tick(Date.now());
    }, TICK_MS);
    widget.start(Date.now());
  }

  disconnectedCallback(): void {
    document.removeEventListener("visibilitychange", this.#look);
    clearInterval(this.#timer);
    this.#voice?.close();
    this.#widget?.stop();
    this.#tell(0);
  }

  readonly #look = (): void => {
    if (this.#widget?.state.open && document.visibilityState === "visible") this.#widget.shown();
  };

  #changed(root: ShadowRoot, place: HTMLElement, before: State, after: State): void {
    const widget = this.#widget as Widget;
    const had = root.activeElement;
    const log = root.querySelector("[data-scroll]");
    const atEnd = !log || log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    render(widgetView({ state: after, does: widget }), place);
    if (atEnd) {
      const now = root.querySelector("[data-scroll]");
      now?.scrollTo({ top: now.scrollHeight });
    }
    this.#speak(before, after);
    this.#moveFocus(root, had, after);
    // What came of this meanwhile is newer.
    this.#tell(unread(widget.state));
    this.#look();
  }

  #speak(before: State, after: State): void {
    for (const it of said(before, after)) {
      if (it.is === "message") this.#voice?.message(it.author, it.text);
      else if (it.is === "waiting") this.#voice?.waiting(it.text);
      else if (it.is === "answered") this.#voice?.answered();
      else this.#voice?.notice(it.text);
    }
  }

  /** The focus goes where what the patron did leads, and never to what merely arrived; but for one
   *  that stood on something that is gone. */
  #moveFocus(root: ShadowRoot, had: Element | null, { focus, open, ringing }: State): void {
    const wished = focus === undefined ? null : root.querySelector<HTMLElement>(place(focus));
    if (wished) {
      wished.focus();
      this.#widget?.focused();
    } else if (
      open &&
      ((had && !had.isConnected) || (focus !== undefined && !root.activeElement))
    ) {
      root.querySelector<HTMLElement>("#title")?.focus();
      // While it rings, the place to write is still to come.
      if (!ringing) this.#widget?.focused();
    }
  }

  /** What is new stands in the page's title, too, until it is seen. */
  #tell(news: number): void {
    if (news > 0) {
      this.#title ??= document.title;
      document.title = `(${news}) ${this.#title}`;
    } else if (this.#title !== undefined) {
      document.title = this.#title;
      this.#title = undefined;
    }
  }
}

const place = (focus: string): string => (focus === "bell" ? ".bell" : `#${CSS.escape(focus)}`);

if (!customElements.get("deskbell-chat")) customElements.define("deskbell-chat", DeskbellChat);

const wanted = script?.dataset.widget;
if (wanted !== undefined) {
  const put = () => {
    if (document.querySelector("deskbell-chat")) return;
    const element = document.createElement("deskbell-chat");
    element.setAttribute("widget", wanted);
    document.body.append(element);
  };
  if (document.body) put();
  else addEventListener("DOMContentLoaded", put);
}
