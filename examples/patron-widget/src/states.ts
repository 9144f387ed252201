// Every state of the widget, with people and words as they might be. The gallery shows them, and
// the tests look at each: a state that the code has and this list has not fails to compile.

import type { Chat, Desk, protocol } from "@deskbell/client";

import { type Name, START, type State } from "./state.js";
import { refusal, type Told } from "./words.js";

const NOW = Date.parse("2026-03-02T15:04:00Z");
const at = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1000).toISOString();
const MAYA: protocol.Person = { kind: "operator", name: "Maya", library: "birch" };
const LOU: protocol.Person = { kind: "operator", name: "Lou", library: "elm" };
const SAM: protocol.Person = { kind: "patron", name: null };
const HOSTILE =
  `<img src=x onerror="alert(1)"> \u202Eabc\u202C ${"long".repeat(60)} مرحبا بالعالم 👩‍🏫🏳️‍🌈 ` +
  "\n\n\nZ̸̢͝a̷l̶g̵o https://example.org/" +
  "x".repeat(200);

const INFO: protocol.WidgetInfo = {
  widget: "birch-home",
  name: "Ask Birch",
  library: "Birch Public Library",
  now: { availability: "online" },
  texts: {
    greeting: "Welcome! What would you like to know?",
    coop: "They work at another library of our co-op.",
    privacy: "We keep chats for 30 days: https://birch.example.org/privacy",
  },
  ask: {
    name: "optional",
    contact: "required",
    questions: [{ text: "Your card's number", required: false }],
  },
  rating: true,
};

const STORY: protocol.ChatEvent[] = [
  {
    type: "opened",
    widget: "birch-home",
    home: "birch",
    question: "Can I renew a book that someone else has reserved?",
    tiers: ["coop/tri-county"],
  },
  { type: "claimed", by: MAYA, transfer: false },
  { type: "posted", by: MAYA, text: "Good morning, Sam. Let me look at the holds on it." },
  { type: "posted", by: SAM, text: "Thank you! I only need it for two more days." },
  { type: "transfer_offered", by: MAYA, to_name: "Lou", until: at(-60) },
  { type: "claimed", by: LOU, transfer: true },
  { type: "left", by: MAYA },
  { type: "idled", text: "We are still looking; thank you for waiting." },
];

/** Every line that is no message: one that the code has and this list has not fails to compile. */
const NOTICES: { [Type in Told]: Extract<protocol.ChatEvent, { type: Type }> } = {
  claimed: { type: "claimed", by: LOU, transfer: true },
  transfer_offered: { type: "transfer_offered", by: MAYA, to_name: "Lou", until: at(-60) },
  left: { type: "left", by: MAYA },
  owner_lost: { type: "owner_lost", who: LOU },
  returned: { type: "returned", who: LOU },
  ticket_offered: { type: "ticket_offered", why: "nobody" },
  ticket_requested: { type: "ticket_requested", name: "Sam", email: "sam@example.org" },
  idled: { type: "idled", text: "We are still looking; thank you for waiting." },
  rated: { type: "rated", rating: 5 },
  erased: { type: "erased", seqs: [3] },
  ended: { type: "ended", cause: "operator", by: LOU },
};

const sequenced = (all: protocol.ChatEvent[]): protocol.Sequenced[] =>
  all.map((event, index) => ({ seq: index + 1, eid: `e${index}`, at: at(290 - index), event }));

const chat = (
  view: Partial<protocol.ChatView>,
  events: protocol.ChatEvent[],
  more: Partial<Chat> = {},
): Chat => ({
  view: {
    phase: "active",
    home: "birch",
    widget: "birch-home",
    opened_at: at(300),
    tiers: ["coop/tri-county"],
    owner: LOU,
    patron: {},
    ...view,
  },
  audience: "patron",
  events: sequenced(events),
  typing: [],
  marks: [{ who: LOU, delivered: 10, read: 10 }],
  ...more,
});

const WELCOME = { limits: { text_bytes: 8000 } } as protocol.Welcome;
const OPEN = { is: "open", welcome: WELCOME } as Desk["status"];

const state = (more: Partial<State> = {}): State => ({
  ...START,
  info: INFO,
  now: INFO.now,
  time: NOW,
  ...more,
});

const MANY = 300;
const long = (): protocol.ChatEvent[] =>
  Array.from({ length: MANY }, (_, index) => ({
    type: "posted",
    by: index % 2 === 0 ? SAM : LOU,
    text: `Line ${index + 1} of a long conversation about one book.`,
  }));

/** The window with this chat in it. */
const within = (one: Chat, more: Partial<State> = {}, status = OPEN): State =>
  state({
    open: true,
    chat: "c1",
    desk: {
      status,
      presence: undefined,
      rows: [],
      mine: [],
      alarms: [],
      chats: new Map([["c1", one]]),
    },
    seen: MANY,
    writes: true,
    ...more,
  });

const now = (availability: protocol.Availability, text?: string): Partial<State> => ({
  now: { availability, ...(text !== undefined && { text }) },
});

const wait = (more: object = {}): Chat["wait"] => ({
  type: "wait",
  chat: "c1",
  ahead: 2,
  longest_now: at(200),
  estimate_minutes: 4,
  ...more,
});

const talking = (): Chat => chat({}, STORY, { typing: [LOU] });
const waits = (events = STORY.slice(0, 1)): Chat =>
  chat({ phase: "waiting", owner: null }, events, { wait: wait() } as Partial<Chat>);
const over = (cause: protocol.EndCause, more: protocol.ChatEvent[] = []): Chat =>
  chat({ phase: "ended", ended: cause }, [...STORY, { type: "ended", cause, by: LOU }, ...more]);
/** Every way to end. */
const CAUSES: Readonly<Record<protocol.EndCause, () => State>> = {
  operator: () => within(over("operator")),
  patron: () => within(over("patron")),
  missed: () => within(missed()),
  patron_gone: () => within(over("patron_gone")),
  dismissed: () => within(over("dismissed")),
  ticket: () => within(over("ticket")),
};
const missed = (): Chat =>
  chat({ phase: "ended", ended: "missed", owner: null }, [
    ...STORY.slice(0, 1),
    { type: "ended", cause: "missed", by: { kind: "system" } },
  ]);
const closed = (code: number): Desk["status"] => ({
  is: "closed",
  reason: { by: "broker", code, message: "it is over" },
});

export const STATES = {
  "button loading": () => START,
  "button online": () => state(),
  "button away": () => state(now("away")),
  "button offline": () => state(now("offline")),
  "button unreachable": () => state({ now: undefined }),
  "button broken": () => ({ ...START, broken: "there is no such widget" }),
  "button chatting": () => within(talking(), { open: false }),
  "button unread": () => within(talking(), { open: false, seen: 1 }),
  "pane form": () => state({ open: true }),
  "pane offline": () =>
    state({
      open: true,
      ...now("offline", "Nobody is here. Write to ask@birch.example.org or call 555 0199."),
    }),
  "pane ringing": () =>
    state({ open: true, ringing: true, asked: { ...START.asked, question: "Are you open?" } }),
  "pane waiting": () => within(waits()),
  "pane ticket": () =>
    within(waits(), { asks: "ticket", problems: { "ticket-email": "Please tell your e-mail." } }),
  "pane talking": () => within(talking(), { sending: ["Yes please, that is perfect!"] }),
  "pane end": () => within(talking(), { asks: "end" }),
  "pane over": () => within(over("operator")),
  "pane rated": () => within(over("patron", [{ type: "rated", rating: 5 }])),
  "line reconnecting": () =>
    within(talking(), {}, { is: "waiting", delayMs: 2000, reason: "the connection was lost" }),
  "line elsewhere": () => within(talking(), {}, closed(4003)),
  "line lost": () => within(talking(), {}, closed(4103)),
  "line refused": () => within(talking(), { refused: refusal("chat_full") }),
} satisfies Record<Name, () => State>;

/** The same with what breaks pages: refusals, nothing, a great deal, and hostile words. */
export const VARIANTS: Readonly<Record<string, () => State>> = {
  "pane form refused": () =>
    state({
      open: true,
      ...now("away"),
      problems: { question: "Please write your question.", contact: "Please tell it." },
      refused: refusal("banned"),
    }),
  "pane form plain": () =>
    state({
      open: true,
      now: undefined,
      info: { ...INFO, texts: {}, ask: { name: "off", contact: "off" } },
    }),
  "pane waiting offered": () =>
    within(waits([...STORY.slice(0, 1), { type: "ticket_offered", why: "waited" }])),
  "pane waiting nobody": () =>
    within(waits([...STORY.slice(0, 1), NOTICES.ticket_offered]), now("offline")),
  "pane ticket missed": () => within(missed(), { asks: "ticket" }),
  "pane talking notices": () => within(chat({}, Object.values(NOTICES))),
  "pane talking long": () => within(chat({}, long())),
  ...Object.fromEntries(
    Object.entries(CAUSES).map(([cause, make]) => [`pane over ${cause}`, make]),
  ),
  "pane talking too long": () => within(talking(), { draft: "x".repeat(8010) }),
  hostile: () =>
    within(
      chat({}, [
        { type: "posted", by: SAM, text: HOSTILE },
        { type: "posted", by: { ...LOU, name: HOSTILE } as protocol.Person, text: HOSTILE },
        { type: "idled", text: HOSTILE },
      ]),
      { info: { ...INFO, name: HOSTILE, library: HOSTILE }, sending: [HOSTILE], draft: HOSTILE },
    ),
};
