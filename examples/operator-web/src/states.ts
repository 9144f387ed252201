// Every state of every page, with people and words as they might be. The gallery shows them, and
// the tests look at each: a state that the code has and this list has not fails to compile.

import type { Chat, Desk, protocol } from "@deskbell/client";

import { type App, type State, START } from "./state.js";

type Person = protocol.Person;
type ChatEvent = protocol.ChatEvent;

const NOW = Date.parse("2026-03-02T15:04:00Z");
const at = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1000).toISOString();
const operator = (id: string, name: string, library: string): Person => ({
  kind: "operator",
  id,
  name,
  library,
});

const MAYA = operator("maya", "Maya", "birch");
const INES = operator("ines", "Ines", "cedar");
const LOU = operator("lou", "Lou", "elm");
const SAM: Person = { kind: "patron", name: "Sam" };
const HOSTILE =
  `<img src=x onerror="alert(1)"> \u202Eabc\u202C ${"long".repeat(60)} مرحبا بالعالم 👩‍🏫🏳️‍🌈 ` +
  "\n\n\nZ̸̢͝a̷l̶g̵o";

const row = (chat: string, more: Partial<protocol.ListRow> = {}): protocol.ListRow => ({
  chat,
  since: at(95),
  home: "birch",
  home_name: "Birch Public Library",
  widget: "birch-home",
  tiers: ["department/birch-reference", "coop/tri-county"],
  question: "Can I renew a book that someone else has reserved?",
  name: "Sam",
  patron_here: true,
  previewing: 0,
  ...more,
});

const LIBRARY: protocol.LibraryView = {
  name: "Birch Public Library",
  widget_name: "Ask Birch",
  site: "https://birch.example.org",
  time_zone: "America/New_York",
  open: true,
  until: at(-7200),
};

const VIEW: protocol.ChatView = {
  phase: "active",
  home: "birch",
  widget: "birch-home",
  opened_at: at(300),
  tiers: ["coop/tri-county"],
  owner: MAYA,
  participants: [],
  transfer: null,
  patron_away_since: null,
  patron: { name: "Sam", contact: "s…@…" },
  library: LIBRARY,
  tags: ["renewal"],
};

const STORY: ChatEvent[] = [
  {
    type: "opened",
    widget: "birch-home",
    home: "birch",
    question: "Can I renew a book that someone else has reserved?",
    name: "Sam",
    page: "https://birch.example.org/catalog",
    lang: "en",
    answers: [{ question: "Your card's number", answer: "2004 1123" }],
    tiers: ["coop/tri-county"],
  },
  { type: "claimed", by: MAYA, transfer: false },
  { type: "posted", by: MAYA, text: "Good morning, Sam. Let me look at the holds on it." },
  { type: "noted", by: MAYA, text: "three holds, but Elm has a copy on the shelf" },
  { type: "posted", by: SAM, text: "Thank you! I only need it for two more days." },
  { type: "patron_away", until: at(-600) },
  { type: "patron_back" },
  { type: "idled", text: "We are still looking; thank you for waiting." },
];

const chat = (view: Partial<protocol.ChatView> = {}, more: Partial<Chat> = {}): Chat => ({
  view: { ...VIEW, ...view },
  audience: "staff",
  events: STORY.map((event, index) => ({
    seq: index + 1,
    eid: `e${index}`,
    at: at(290 - index * 20),
    event,
  })),
  typing: [],
  marks: [{ who: SAM, delivered: 4, read: 4 }],
  ...more,
});

const WELCOME = {
  re: 1,
  session: "s1",
  you: { role: "operator", person: MAYA, presence: presence("online") },
  ping_ms: 20_000,
  limits: { text_bytes: 8000 },
  durability: "disk",
  features: [],
  server_time: at(0),
  token_expires: at(-3600),
} as unknown as protocol.Welcome;

function presence(status: protocol.Status, monitoring = ["coop/tri-county"]) {
  return { status, monitoring, ticket_queues: [], at: at(60) };
}

const DESK: Desk = {
  status: { is: "open", welcome: WELCOME },
  presence: presence("online"),
  rows: [],
  mine: [],
  chats: new Map(),
  alarms: [],
};

const QUEUES: protocol.Queues = {
  re: 2,
  departments: [
    {
      target: "department/birch-reference",
      name: "Birch Reference Desk",
      monitored: false,
      others: [],
    },
  ],
  ticket_queues: [{ id: "birch-follow-up", name: "Birch Follow-up", monitored: true, others: [] }],
  coops: [
    {
      target: "coop/tri-county",
      name: "Tri-County Co-op",
      monitored: true,
      others: [
        { who: INES, status: "online" },
        { who: LOU, status: "away" },
      ],
    },
  ],
};

const app = (more: Partial<App> = {}, desk: Partial<Desk> = {}): App => ({
  ...START,
  desk: { ...DESK, ...desk },
  me: MAYA,
  queues: QUEUES,
  checked: NOW - 40_000,
  now: NOW,
  ...more,
});

const ROWS = [
  row("c2", { previewing: 1, previewers: [INES] }),
  row("c3", {
    home: "elm",
    home_name: "Elm Public Library",
    name: null,
    question: "Where do I find the 1920 census for our county?",
    since: at(40),
    patron_here: false,
  }),
  row("c4", { since: at(20), returned: { note: "I have to go: she needs the call number." } }),
  row("c5", { since: at(10), transfer_from: LOU, name: "Ada" }),
];

/** The desk with this chat shown, as one of hers. */
const shown = (one: Chat, more: Partial<App> = {}): App => {
  const owner = one.view.owner === MAYA;
  const mine = [
    { chat: "c1", owner, unread: 0, unansweredSince: at(30), ended: one.view.phase === "ended" },
    { chat: "c9", owner: false, unread: 3, unansweredSince: undefined, ended: false },
  ];
  const chats = new Map([
    ["c1", one],
    ["c9", chat({ patron: { name: "Kim" }, owner: INES, participants: [MAYA] })],
  ]);
  return app({ tab: "chats", open: "c1", ...more }, { rows: ROWS, mine, chats });
};

/** The desk with this chat shown, as one of nobody or somebody else. */
const looked = (one: Chat): App =>
  app({ tab: "chats", open: "c2" }, { rows: ROWS, chats: new Map([["c2", one]]) });

const TARGETS: protocol.Targets = {
  re: 3,
  chat: "c1",
  departments: QUEUES.departments,
  coops: QUEUES.coops,
  operators: [
    { who: LOU, status: "online" },
    { who: INES, status: "away" },
  ],
};

const closed = (code: number, message: string): Partial<Desk> => ({
  status: { is: "closed", reason: { by: "broker", code, message } },
});

export const STATES = {
  sign_in: () => ({ ...START, now: NOW }),
  connecting: () => ({ ...START, now: NOW, desk: { ...DESK, status: { is: "connecting" } } }),
  settings: () => app(),
  chats: () => app({ tab: "chats" }, { rows: ROWS }),
  preview: () =>
    looked(chat({ phase: "waiting", owner: null }, { events: chat().events.slice(0, 1) })),
  offered: () =>
    looked(
      chat({
        owner: LOU,
        transfer: { to: "operator/maya", to_name: "Maya", until: at(-100) },
      }),
    ),
  conversation: () => shown(chat({}, { typing: [SAM] }), { info: true }),
  participant: () => shown(chat({ owner: LOU, participants: [MAYA] })),
  returned: () => shown(chat({ phase: "waiting", owner: null, participants: [MAYA] })),
  ended: () => shown(chat({ phase: "ended", ended: "patron" })),
  "line reconnecting": () =>
    app({}, { status: { is: "waiting", delayMs: 2000, reason: "the connection was lost" } }),
  "line elsewhere": () => app({}, closed(4003, "a newer connection of the same app took over")),
  "line over": () => app({}, closed(4002, "ten malformed frames in a minute")),
  "notice lost_claim": () =>
    app(
      { tab: "chats", notice: { is: "lost_claim", by: INES, next: ROWS[1] } },
      { rows: ROWS.slice(1) },
    ),
  "notice refused": () =>
    app({ notice: { is: "refused", message: "that many messages at once are not taken." } }),
  "dialog expired": () =>
    shown(chat(), {
      dialog: { is: "expired", why: "the token expired" },
      drafts: new Map([["c1", { text: "We have a second", mode: "patron" }]]),
    }),
  "dialog transfer": () =>
    shown(chat(), { dialog: { is: "transfer", chat: "c1", targets: TARGETS } }),
  "dialog end": () => shown(chat(), { dialog: { is: "end", chat: "c1" } }),
  "dialog decline": () =>
    shown(chat(), { dialog: { is: "decline", chat: "c1" }, problem: "say why." }),
  "dialog dismiss": () => app({ dialog: { is: "dismiss", chat: "c2" } }),
  "dialog end_shift": () =>
    shown(chat(), { dialog: { is: "end_shift", targets: new Map([["c1", TARGETS]]) } }),
  "dialog keys": () => app({ dialog: { is: "keys" } }),
} satisfies Record<State, () => App>;

/** The same pages with what breaks pages: refusals, nothing, a great deal, and hostile words. */
export const VARIANTS: Readonly<Record<string, () => App>> = {
  "sign_in refused": () => ({ ...START, problem: "name and password do not match." }),
  "settings alone": () =>
    app(
      { queues: { ...QUEUES, departments: [], coops: [], ask: [INES] }, checking: true },
      { presence: presence("draining", []), alarms: [alarm()] },
    ),
  "chats empty": () => app({ tab: "chats" }, { presence: presence("offline", []) }),
  "conversation note": () =>
    shown(chat(), { drafts: new Map([["c1", { text: "ask Elm", mode: "staff" }]]) }),
  "conversation offered": () =>
    shown(chat({ transfer: { to_name: "Lou", until: at(-100) }, patron_away_since: at(200) })),
  "conversation too long": () =>
    shown(chat(), { drafts: new Map([["c1", { text: "x".repeat(8010), mode: "patron" }]]) }),
  "dialog transfer asking": () => shown(chat(), { dialog: { is: "transfer", chat: "c1" } }),
  "dialog end_shift free": () => app({ dialog: { is: "end_shift", targets: new Map() } }),
  hostile: () => {
    const one = chat({ patron: { name: HOSTILE, contact: HOSTILE }, tags: [HOSTILE] });
    const events = [SAM, MAYA].map((by, index) => ({
      seq: index + 1,
      eid: `h${index}`,
      at: at(10),
      event: { type: "posted", by, text: HOSTILE } as const,
    }));
    const page = shown({ ...one, events }, { info: true });
    const rows = [row("h", { name: HOSTILE, question: HOSTILE, home_name: HOSTILE })];
    return { ...page, desk: { ...(page.desk as Desk), rows } };
  },
};

function alarm() {
  const target = "coop/tri-county";
  return { type: "gap.alarm", target, name: "Tri-County Co-op", why: "left", at: at(5) } as const;
}
