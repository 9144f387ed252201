// What the window can ask for; `widget.ts` does it.

import type { Asked, State } from "./state.js";

export interface Does {
  open(): void;
  minimize(): void;
  tell(change: Partial<Asked>): void;
  ring(): void;
  write(text: string): void;
  send(): void;
  ask(what: State["asks"]): void;
  leaveTicket(name: string, email: string): void;
  end(): void;
  rate(rating: number, comment: string): void;
  save(): void;
  askAgain(): void;
  done(): void;
  useHere(): void;
  dismissRefusal(): void;
}

export interface Seen {
  readonly state: State;
  readonly does: Does;
}
