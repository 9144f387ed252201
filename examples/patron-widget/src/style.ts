// How the widget looks, light and dark. A sheet that is constructed, so that a page's policy need
// not allow styles in markup; within the shadow root, so that neither changes the other.

const css = String.raw;

export const STYLE = css`
  :host {
    all: initial;
    color-scheme: light dark;
    --paper: light-dark(#ffffff, #16191d);
    --raised: light-dark(#f5f3ee, #1f242a);
    --ink: light-dark(#1d2126, #e9eaec);
    --soft: light-dark(#545b64, #a9b0b9);
    --edge: light-dark(#cfcbc2, #383e47);
    --edge-strong: light-dark(#767d86, #7d8590);
    --accent: light-dark(#155b63, #6ec5cf);
    --on-accent: light-dark(#ffffff, #0d1315);
    --own: light-dark(#e4eff0, #1d3437);
    --good: light-dark(#1b6b35, #7fd397);
    --bad: light-dark(#a3261f, #ff9d94);
    --warn: light-dark(#fdeecb, #3d3014);
    --focus: light-dark(#0b57d0, #a8c7fa);
    position: fixed;
    inset-block-end: 1rem;
    inset-inline-end: 1rem;
    z-index: 2147483000;
    font:
      16px/1.5 system-ui,
      sans-serif;
    color: var(--ink);
  }
  *,
  *::before {
    box-sizing: border-box;
  }
  h2,
  p,
  ol {
    margin: 0;
    padding: 0;
  }
  ol {
    display: flex;
    flex-direction: column;
    gap: 0.5rem;
    list-style: none;
  }
  a {
    color: var(--accent);
  }
  :focus-visible {
    outline: 3px solid var(--focus);
    outline-offset: 2px;
  }
  button,
  input,
  textarea {
    min-height: 2.75rem;
    padding: 0.375rem 0.75rem;
    border: 1px solid var(--edge-strong);
    border-radius: 0.5rem;
    background: var(--paper);
    color: inherit;
    font: inherit;
  }
  input:not([type="radio"]),
  textarea {
    width: 100%;
  }
  textarea {
    resize: vertical;
  }
  [aria-invalid="true"] {
    border: 2px solid var(--bad);
  }
  button {
    cursor: pointer;
  }
  button.main {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  button:disabled {
    opacity: 0.75;
    cursor: default;
  }
  label,
  legend {
    font-weight: 600;
  }
  small,
  .small,
  .happened,
  .typing {
    color: var(--soft);
    font-size: 0.875rem;
    font-weight: 400;
  }
  .bell {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.5rem;
    align-items: center;
    max-width: calc(100vw - 2rem);
    padding: 0.625rem 1rem;
    border-radius: 2rem;
    box-shadow: 0 2px 12px rgb(0 0 0 / 25%);
    overflow-wrap: anywhere;
  }
  .dot {
    width: 0.75rem;
    height: 0.75rem;
    border: 2px solid var(--soft);
    border-radius: 50%;
  }
  .dot.online,
  .dot.chatting,
  .dot.unread {
    border-color: var(--good);
    background: var(--good);
  }
  .dot.away {
    border-color: var(--good);
  }
  .dot.offline,
  .dot.unreachable {
    border-color: var(--bad);
    border-radius: 0;
  }
  .window {
    display: flex;
    flex-direction: column;
    width: min(24rem, calc(100vw - 2rem));
    height: min(38rem, calc(100dvh - 2rem));
    overflow: hidden auto;
    border: 1px solid var(--edge-strong);
    border-radius: 0.75rem;
    background: var(--paper);
    box-shadow: 0 4px 24px rgb(0 0 0 / 30%);
    overflow-wrap: anywhere;
  }
  .window > header {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0 0.5rem;
    align-items: center;
    padding: 0.5rem 0.5rem 0.5rem 1rem;
    border-bottom: 1px solid var(--edge);
    background: var(--raised);
  }
  h2 {
    font-size: 1.125rem;
    line-height: 1.25;
  }
  header p {
    grid-row: 2;
    color: var(--soft);
    font-size: 0.875rem;
  }
  .minimize {
    grid-row: 1 / span 2;
    grid-column: 2;
    border-color: transparent;
    background: transparent;
  }
  .body {
    display: grid;
    gap: 0.75rem;
    padding: 1rem;
  }
  .body.after {
    border-top: 1px solid var(--edge);
  }
  .body form,
  .field {
    display: grid;
    gap: 0.25rem;
  }
  .line,
  .wait {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: center;
    padding: 0.5rem 1rem;
    background: var(--warn);
  }
  .wait {
    background: var(--raised);
  }
  .body .line {
    border-radius: 0.5rem;
  }
  .problem {
    color: var(--bad);
    font-weight: 600;
  }
  .scroll {
    flex: 1 0 8rem;
    padding: 0.75rem;
    overflow-y: auto;
  }
  .scroll:focus-visible {
    outline-offset: -3px;
  }
  .said {
    max-width: 88%;
    padding: 0.375rem 0.75rem;
    border-radius: 0.5rem;
    background: var(--raised);
  }
  .said.own,
  .own:not(li) {
    align-self: flex-end;
    background: var(--own);
  }
  .own:not(li) {
    padding: 0.375rem 0.75rem;
    border-radius: 0.5rem;
  }
  .by {
    font-size: 0.875rem;
  }
  .text {
    display: block;
  }
  .written {
    white-space: pre-wrap;
  }
  .happened {
    align-self: center;
    max-width: 90%;
    text-align: center;
  }
  .typing {
    min-height: 1.5rem;
  }
  .composer {
    display: grid;
    gap: 0.25rem;
    padding: 0.75rem;
    border-top: 1px solid var(--edge);
  }
  .answers {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }
  fieldset {
    display: flex;
    flex-wrap: wrap;
    gap: 0 1rem;
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  .choice {
    display: flex;
    gap: 0.375rem;
    align-items: center;
    min-height: 2rem;
    font-weight: 400;
  }
  [type="radio"] {
    flex: none;
    width: 1.25rem;
    height: 1.25rem;
    min-height: 0;
    margin: 0;
    accent-color: var(--accent);
  }
  /* Where the system chooses all colors, shapes and edges tell what backgrounds would. */
  @media (forced-colors: active) {
    .said {
      border: 1px solid CanvasText;
    }
    .dot.online,
    .dot.chatting,
    .dot.unread {
      background: CanvasText;
      forced-color-adjust: none;
    }
    button.main {
      border-width: 3px;
    }
  }
  @media (max-width: 30rem), (max-height: 24rem) {
    .window {
      position: fixed;
      inset: 0;
      width: 100%;
      height: 100%;
      border: 0;
      border-radius: 0;
    }
  }
  @media (max-height: 24rem) {
    .scroll {
      flex-shrink: 0;
      overflow: visible;
    }
  }
`;
