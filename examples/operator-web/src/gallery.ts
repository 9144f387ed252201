// Every state of the desk by itself, without a broker: `gallery.html#settings`. For the tests and
// for whoever changes how something looks.

import { render } from "lit";

import type { Does } from "./does.js";
import { STATES, VARIANTS } from "./states.js";
import { deskView } from "./view/desk.js";

const all: Readonly<Record<string, () => import("./state.js").App>> = { ...STATES, ...VARIANTS };
const root = document.querySelector("#desk") as HTMLElement;

/** Nothing is done here, whatever is pressed. */
const does = new Proxy({}, { get: () => () => {} }) as Does;

function show(): void {
  const make = all[decodeURIComponent(location.hash.slice(1))] ?? STATES.sign_in;
  render(deskView({ app: make(), does }), root);
}

document.documentElement.dataset.states = JSON.stringify(Object.keys(all));
addEventListener("hashchange", show);
show();
