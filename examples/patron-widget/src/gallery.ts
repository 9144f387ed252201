// Every state of the widget by itself, without a broker: `gallery.html#pane%20form`. For the tests
// and for whoever changes how something looks.

import { render } from "lit";

import type { Does } from "./does.js";
import type { State } from "./state.js";
import { STATES, VARIANTS } from "./states.js";
import { STYLE } from "./style.js";
import { widgetView } from "./view/widget.js";

const all: Readonly<Record<string, () => State>> = { ...STATES, ...VARIANTS };
const host = document.querySelector("#widget") as HTMLElement;
const root = host.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
root.adoptedStyleSheets = [sheet];

/** Nothing is done here, whatever is pressed. */
const does = new Proxy({}, { get: () => () => {} }) as Does;

function show(): void {
  const make = all[decodeURIComponent(location.hash.slice(1))] ?? STATES["pane form"];
  render(widgetView({ state: make(), does }), root);
}

document.documentElement.dataset.states = JSON.stringify(Object.keys(all));
addEventListener("hashchange", show);
show();
