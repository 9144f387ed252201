// The one live region of a page: what is appended to it is spoken (ARIA `status`, polite). Never
// seen. The texts are taken out again by their number, so that it stays small.

const KEPT = 20;

// By rules of a sheet of its own: a strict policy allows no styles in markup.
const UNSEEN = `.deskbell-voice {
  position: absolute;
  width: 1px;
  height: 1px;
  margin: -1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: pre-wrap;
}`;

export function announcer(root: Document | ShadowRoot): {
  element: HTMLElement;
  say: (text: string) => void;
} {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(UNSEEN);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  const element = document.createElement("div");
  element.className = "deskbell-voice";
  element.setAttribute("role", "status");
  element.setAttribute("aria-live", "polite");
  // Each text by itself: not all of them again with each new one.
  element.setAttribute("aria-atomic", "false");
  (root instanceof Document ? root.body : root).append(element);
  const say = (text: string) => {
    const line = document.createElement("p");
    line.textContent = text;
    element.append(line);
    while (element.childElementCount > KEPT) element.firstElementChild?.remove();
  };
  return { element, say };
}
