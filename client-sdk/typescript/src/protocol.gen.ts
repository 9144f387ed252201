// Generated from the Rust types of `protocol/` by `make codegen`; do not edit.
// `?` marks what may be left out; whoever reads ignores types, codes and fields it does not know.

export const SUBPROTOCOL = "deskbell.v1.json";

export const WEBSOCKET_PATH = "/v1/connect";

/** Whether the same request may succeed later, by its error code. */
export const TEMPORARY: Readonly<Record<ErrorCode, boolean>> = {
  bad_frame: false,
  bad_request: false,
  unknown_type: false,
  unauthorized: false,
  token_expired: false,
  origin_required: false,
  origin_denied: false,
  wrong_role: false,
  not_found: false,
  not_owner: false,
  not_participant: false,
  not_monitoring: false,
  already_claimed: false,
  owner_must_stay: false,
  owns_chats: false,
  not_admin: false,
  no_transfer: false,
  target_not_allowed: false,
  target_offline: true,
  chat_ended: false,
  chat_full: false,
  being_answered: false,
  not_ratable: false,
  cmid_reused: false,
  bad_text: false,
  banned: false,
  too_many_chats: false,
  offline: true,
  rate_limited: true,
  busy: true,
  unavailable: true,
  internal: true,
  quarantined: false,
};

/**
 * One answer to a question asked before the chat.
 */
export type Answer = {
/**
 * As the widget asked it.
 */
question: string,
/**
 * As the patron answered it.
 */
answer: string, };

/**
 * Whether something is asked for.
 */
export type AskFor = "off" | "optional" | "required";

/**
 * Who reads a chat, and so what of it is shown.
 */
export type Audience = "patron" | "previewer" | "staff" | "home_staff";

/**
 * Whether somebody would answer a patron now.
 */
export type Availability = "online" | "away" | "offline";

/**
 * What a patron finds: also each event of the same path's `availability` stream.
 */
export type Available = {
/**
 * Whether somebody would answer.
 */
availability: Availability,
/**
 * What to say of it, if the library wrote something: why nobody is there, or that they are
 * away.
 */
text?: string | null, };

/**
 * A patron who may not ring, as her library's administrators see it.
 */
export type BanView = {
/**
 * The chat that was the reason: what the ban is lifted by.
 */
chat: ChatId,
/**
 * Until when.
 */
until: string,
/**
 * Who said so.
 */
by: Person,
/**
 * Why.
 */
reason?: string | null, };

/**
 * What happened.
 */
export type ChatEvent = { "type": "hidden" } | { "type": "opened",
/**
 * The widget it came through.
 */
widget: WidgetId,
/**
 * The patron's own library.
 */
home: InstitutionId,
/**
 * The patron's first words.
 */
question: string,
/**
 * The patron's name, if given.
 */
name?: string | null,
/**
 * How to reach the patron; masked (`m…@…`) for staff of other libraries.
 */
contact?: string | null,
/**
 * Answers to the widget's questions.
 */
answers?: Array<Answer>,
/**
 * The page the widget stood on, without query and fragment.
 */
page?: string | null,
/**
 * The patron's language (BCP 47), if known.
 */
lang?: string | null,
/**
 * The ended chat of the same patron that this one goes on from.
 */
continues?: ChatId | null,
/**
 * Where it rings first.
 */
tiers: Array<Target>, } | { "type": "rung",
/**
 * The places added.
 */
tiers: Array<Target>, } | { "type": "claimed",
/**
 * The new owner.
 */
by: Person,
/**
 * Whether a transfer was taken up, rather than the patron's ring.
 */
transfer: boolean, } | { "type": "posted",
/**
 * Its author.
 */
by: Person,
/**
 * Plain Unicode with line breaks; nothing in it is markup.
 */
text: string,
/**
 * Its language (BCP 47), if told.
 */
lang?: string | null, } | { "type": "noted",
/**
 * Its author.
 */
by: Person,
/**
 * Plain Unicode with line breaks.
 */
text: string, } | { "type": "transfer_offered",
/**
 * The owner.
 */
by: Person,
/**
 * Where it is offered; never told to the patron, who sees the offer only if the owner
 * chose so.
 */
to?: Target | null,
/**
 * The target's name in the directory.
 */
to_name: string,
/**
 * For the target's eyes; never told to the patron.
 */
note?: string | null,
/**
 * Whether the owner has to go: if nobody takes it, the chat waits again.
 */
hand_over?: boolean,
/**
 * When the offer lapses.
 */
until: string, } | { "type": "transfer_canceled",
/**
 * The owner.
 */
by: Person, } | { "type": "transfer_declined",
/**
 * Who said it.
 */
by: Person,
/**
 * Why.
 */
reason: string, } | { "type": "transfer_lapsed",
/**
 * Why.
 */
reason: LapseReason, } | { "type": "left",
/**
 * Who left.
 */
by: Person, } | { "type": "patron_away",
/**
 * When the chat ends if the patron does not return.
 */
until: string, } | { "type": "patron_back" } | { "type": "operator_away",
/**
 * Whose.
 */
who: Person,
/**
 * When the chat goes on without her.
 */
until: string, } | { "type": "operator_back",
/**
 * Who.
 */
who: Person, } | { "type": "owner_lost",
/**
 * Who owned it; now a participant.
 */
who: Person, } | { "type": "participant_lost",
/**
 * Who.
 */
who: Person, } | { "type": "returned",
/**
 * Who owned it.
 */
who: Person,
/**
 * Why; never told to the patron.
 */
why?: ReturnReason | null,
/**
 * What she left for who claims it; never told to the patron.
 */
note?: string | null, } | { "type": "ticket_offered",
/**
 * Why.
 */
why: OfferReason, } | { "type": "ticket_requested",
/**
 * Her name.
 */
name: string,
/**
 * Where to answer; masked (`m…@…`) for staff of other libraries.
 */
email: string,
/**
 * The home library's queue for it, if one is set; never told to the patron.
 */
queue?: TicketQueueId | null, } | { "type": "dismissed",
/**
 * Who.
 */
by: Person,
/**
 * Why.
 */
note?: string | null, } | { "type": "idled",
/**
 * What she was told: show it as a notice.
 */
text: string, } | { "type": "patron_changed",
/**
 * By whom.
 */
by: Person,
/**
 * Her name.
 */
name?: string | null,
/**
 * How to reach her; masked (`m…@…`) for staff of other libraries.
 */
contact?: string | null, } | { "type": "contact_revealed",
/**
 * Who.
 */
by: Person, } | { "type": "tagged",
/**
 * Who said so.
 */
by: Person,
/**
 * All of them, from now on.
 */
tags: Array<string>, } | { "type": "rated",
/**
 * One to five, five the best.
 */
rating: number,
/**
 * In her words.
 */
comment?: string | null, } | { "type": "ended",
/**
 * Why.
 */
cause: EndCause,
/**
 * Who ended it.
 */
by: Person, } | { "type": "erased",
/**
 * Their places.
 */
seqs: Array<number>, };

export type ChatId = string;

/**
 * A chat as it stands at one place of its stream.
 */
export type ChatView = {
/**
 * How far it has come.
 */
phase: Phase,
/**
 * The patron's own library.
 */
home: InstitutionId,
/**
 * The widget it came through.
 */
widget: WidgetId,
/**
 * When the patron rang: its place in every queue.
 */
opened_at: string,
/**
 * Where it rings, or rang, in order.
 */
tiers: Array<Target>,
/**
 * Who owns it now.
 */
owner?: Person | null,
/**
 * Operators in it who do not own it.
 */
participants?: Array<Person>,
/**
 * The pending transfer.
 */
transfer?: TransferView | null,
/**
 * Since when the patron is away.
 */
patron_away_since?: string | null,
/**
 * Who the patron is, as far as this reader may know.
 */
patron: PatronView,
/**
 * What staff know of the patron's own library; absent for patrons.
 */
library?: LibraryView | null,
/**
 * What the chat is about; absent for patrons.
 */
tags?: Array<string>,
/**
 * The ended chat that this one goes on from.
 */
continues?: ChatId | null,
/**
 * Why it ended, once it has.
 */
ended?: EndCause | null, };

export type ClientId = string;

export type CloseCode = number;

/**
 * Why a reader no longer follows a chat.
 */
export type ClosedReason = "claimed" | "withdrawn" | "left" | "ended";

export type Cmid = string;

/**
 * A colleague at a queue.
 */
export type Colleague = {
/**
 * Who.
 */
who: Person,
/**
 * Her status.
 */
status: Status, };

export type CoopId = string;

/**
 * What a person may do in a co-op.
 */
export type CoopLevel = "regular" | "institution_admin" | "coop_admin";

export type Eid = string;

/**
 * Why a chat is over.
 */
export type EndCause = "operator" | "patron" | "missed" | "patron_gone" | "dismissed" | "ticket";

/**
 * Why a request is refused. A *temporary* refusal may succeed later, unchanged; any other
 * will not, until something else changes.
 */
export type ErrorCode = "bad_frame" | "bad_request" | "unknown_type" | "unauthorized" | "token_expired" | "origin_required" | "origin_denied" | "wrong_role" | "not_found" | "not_owner" | "not_participant" | "not_monitoring" | "already_claimed" | "owner_must_stay" | "owns_chats" | "not_admin" | "no_transfer" | "target_not_allowed" | "target_offline" | "chat_ended" | "chat_full" | "being_answered" | "not_ratable" | "cmid_reused" | "bad_text" | "banned" | "too_many_chats" | "offline" | "rate_limited" | "busy" | "unavailable" | "internal" | "quarantined";

/**
 * Who would be rung, in which order, and why each other would not: the reply to `explain`.
 */
export type Explained = {
/**
 * The request's id.
 */
re: number,
/**
 * The widget.
 */
widget: WidgetId,
/**
 * The moment that hours are judged at. Who monitors is judged now: nobody knows it otherwise.
 */
at: string,
/**
 * What a patron would find.
 */
availability: Availability,
/**
 * Every option in the widget's order; the first that rings rings first, the others after the
 * roll-up wait.
 */
options: Array<OptionView>, };

/**
 * Why nobody stands at a queue.
 */
export type GapReason = "left" | "sign_off" | "contribution_ended";

/**
 * The answer to each: a token for `hello`.
 */
export type Granted = {
/**
 * For `hello`; never in a URL.
 */
token: string,
/**
 * Whom it names.
 */
session: SessionId,
/**
 * When it ends.
 */
expires: string,
/**
 * Patrons only: proves the right to return to a chat once the token has expired.
 */
secret?: string | null, };

/**
 * The body of every answer that is not a success.
 */
export type HttpError = {
/**
 * Stable, for programs.
 */
code: ErrorCode,
/**
 * What is wrong and what to do, for people.
 */
message: string, };

export type InstitutionId = string;

/**
 * Why a transfer came to nothing by itself.
 */
export type LapseReason = "time" | "target_gone";

/**
 * The patron's own library, for who answers its patrons.
 */
export type LibraryView = {
/**
 * As people call it.
 */
name: string,
/**
 * The widget that the patron uses, as people call it.
 */
widget_name: string,
/**
 * Its own pages.
 */
site?: string | null,
/**
 * Its IANA time zone: what its clocks show is the reader's to compute.
 */
time_zone: string,
/**
 * Whether its doors are open now.
 */
open: boolean,
/**
 * When that changes next, if it does within a month.
 */
until?: string | null, };

/**
 * Every limit of a connection, with its unit last in the name.
 */
export type Limits = {
/**
 * Longest frame a client may send.
 */
frame_bytes: number,
/**
 * Longest message, note or first question.
 */
text_bytes: number,
/**
 * Longest of all other texts: a name, a contact, a reason, an answer.
 */
field_bytes: number,
/**
 * Requests without a reply yet; the broker reads no further until some are answered.
 */
requests_in_flight: number,
/**
 * Sustained requests per second.
 */
requests_per_second: number,
/**
 * Requests that may come at once on top.
 */
requests_burst: number,
/**
 * Chats that one operator's connection may follow.
 */
operator_chats: number,
/**
 * Live chats of one patron session.
 */
patron_chats: number,
/**
 * Time from connecting to a valid `hello`.
 */
hello_ms: number,
/**
 * Time to answer a `ping`.
 */
pong_ms: number,
/**
 * Unsent output at which a reader counts as too slow.
 */
outbox_bytes: number,
/**
 * Age of the oldest unsent output at which a reader counts as too slow.
 */
outbox_ms: number, };

/**
 * One chat in an operator's *Patron Chats*: the same bytes for everyone who may see it.
 */
export type ListRow = {
/**
 * The chat.
 */
chat: ChatId,
/**
 * When the patron rang; rows stand in this order, oldest first.
 */
since: string,
/**
 * The patron's own library; equal to the reader's, it is marked as home.
 */
home: InstitutionId,
/**
 * Its name.
 */
home_name: string,
/**
 * The widget it came through.
 */
widget: WidgetId,
/**
 * Where it rings.
 */
tiers: Array<Target>,
/**
 * The patron's first words, at most 200 characters of them.
 */
question: string,
/**
 * Set when it stands here because an owner offers it, not because a patron waits.
 */
transfer_from?: Person | null,
/**
 * Whether the patron is connected.
 */
patron_here: boolean,
/**
 * The patron's name, if known.
 */
name?: string | null,
/**
 * Set while it waits again, after somebody owned it.
 */
returned?: ReturnedView | null,
/**
 * How many operators preview it right now; on several devices each is still one.
 */
previewing: number,
/**
 * Who they are, at most five of them.
 */
previewers?: Array<Person>, };

/**
 * A live chat that an operator is in.
 */
export type MyChat = {
/**
 * The chat.
 */
chat: ChatId,
/**
 * Whether she owns it; else she is a participant.
 */
owner: boolean, };

/**
 * Why a patron is offered a ticket.
 */
export type OfferReason = "waited" | "nobody";

/**
 * What would become of one option of a widget.
 */
export type OptionView = {
/**
 * Which.
 */
option: Target,
/**
 * As people call it.
 */
name: string,
/**
 * Why it does not ring; absent if it does.
 */
skipped?: SkipReason | null, };

/**
 * `POST /v1/patron-sessions`
 */
export type PatronSession = {
/**
 * The widget on the page.
 */
widget: WidgetId, } | {
/**
 * The chat to return to.
 */
chat: ChatId,
/**
 * From the first answer.
 */
secret: string, };

/**
 * Who a chat's patron is.
 */
export type PatronView = {
/**
 * Her name, if known.
 */
name?: string | null,
/**
 * How to reach her, if known; masked (`m…@…`) for staff of other libraries.
 */
contact?: string | null, };

/**
 * Someone who acts in a chat.
 */
export type Person = { "kind": "patron",
/**
 * As given before the chat, if it was.
 */
name?: string | null, } | { "kind": "operator",
/**
 * Login name; never told to patrons.
 */
id?: UserId | null,
/**
 * The name that patrons and colleagues see.
 */
name: string,
/**
 * The operator's library; unknown once the directory no longer has her.
 */
library?: InstitutionId | null, } | { "kind": "system" };

/**
 * How far a chat has come.
 */
export type Phase = "waiting" | "active" | "ended";

/**
 * A place in a stream that a client has seen: where a resume starts.
 */
export type Position = {
/**
 * The last place seen.
 */
seq: number,
/**
 * The identity of the event there.
 */
eid: Eid, };

/**
 * What a person has told about herself, the same on all her devices.
 */
export type PresenceView = {
/**
 * Her status.
 */
status: Status,
/**
 * The departments and co-ops she monitors, in the directory's order.
 */
monitoring: Array<Target>,
/**
 * The ticket queues she monitors.
 */
ticket_queues?: Array<TicketQueueId>,
/**
 * When she last changed any of it.
 */
at: string, };

/**
 * A department or co-op that an operator may monitor, and who does.
 */
export type QueueView = {
/**
 * Which.
 */
target: Target,
/**
 * As people call it.
 */
name: string,
/**
 * Whether the reader monitors it.
 */
monitored: boolean,
/**
 * Who else stands there right now; none included.
 */
others: Array<Colleague>, };

/**
 * What an operator may monitor: the reply to `desk.queues`.
 */
export type Queues = {
/**
 * The request's id.
 */
re: number,
/**
 * *Local Monitoring*: departments of her library.
 */
departments: Array<QueueView>,
/**
 * *Local Monitoring*: ticket queues of her library.
 */
ticket_queues: Array<TicketQueueView>,
/**
 * *Co-Op Monitoring*.
 */
coops: Array<QueueView>,
/**
 * If she has no co-op: whom to ask for one.
 */
ask?: Array<Person>, };

/**
 * A refusal.
 */
export type Refused = {
/**
 * The request's id; `null` if the frame had none.
 */
re: number | null,
/**
 * Stable, for programs.
 */
code: ErrorCode,
/**
 * What is wrong and what to do, for people.
 */
message: string,
/**
 * Whether the same request may succeed later.
 */
temporary: boolean,
/**
 * How long to wait before trying again, if known.
 */
retry_after_ms?: number | null,
/**
 * With `already_claimed`: who won.
 */
by?: Person | null,
/**
 * With `already_claimed`: the longest waiting chat that the loser may claim instead.
 */
next?: ListRow | null,
/**
 * With `owns_chats`: which.
 */
chats?: Array<ChatId>, };

/**
 * Why an owner could not go on.
 */
export type ReturnReason = "hand_over" | "signed_out" | "no_right";

/**
 * That a chat waits again.
 */
export type ReturnedView = {
/**
 * What the former owner left for who claims it, at most 200 characters of it.
 */
note?: string | null, };

/**
 * One event at its place in a chat's stream.
 */
export type Sequenced = {
/**
 * Place in the chat, from 1, without gaps.
 */
seq: number,
/**
 * Identity of the stored event; with `seq` it is a position to resume from.
 */
eid: Eid,
/**
 * When the broker decided it (RFC 3339). Order is `seq`, never `at`.
 */
at: string,
/**
 * What happened.
 */
event: ChatEvent, };

export type SessionId = string;

/**
 * `POST /v1/password`: sets a password by a single-use link, whose secret stood behind its `#`.
 */
export type SetPassword = {
/**
 * From the link.
 */
secret: string,
/**
 * At least 10 characters.
 */
password: string, };

/**
 * `POST /v1/sign-in`
 */
export type SignIn = {
/**
 * Login name.
 */
user: UserId,
/**
 * In clear; the connection is TLS.
 */
password: string, };

/**
 * Why an option of a widget does not ring.
 */
export type SkipReason = "nobody" | "not_member" | "not_covered" | "unknown";

/**
 * A chat's state, its last events and where they stand.
 */
export type Snapshot = {
/**
 * The chat.
 */
chat: ChatId,
/**
 * The place of its last event.
 */
seq: number,
/**
 * Its identity.
 */
eid: Eid,
/**
 * Why the reader gets the whole rather than the next event.
 */
reason: SnapshotReason,
/**
 * As whom the reader reads it.
 */
audience: Audience,
/**
 * The chat at `seq`.
 */
state: ChatView,
/**
 * The last events, at most 50; older ones by `chat.history`.
 */
events: Array<Sequenced>, };

/**
 * Why a reader gets a snapshot.
 */
export type SnapshotReason = "subscribed" | "audience" | "diverged" | "too_old";

/**
 * How an operator stands towards patrons and colleagues.
 */
export type Status = "online" | "away" | "draining" | "internal" | "offline";

export type Target = string;

/**
 * Where a chat may be transferred to, as far as its patron's library takes part: the reply to
 * `chat.targets`.
 */
export type Targets = {
/**
 * The request's id.
 */
re: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Departments of the patron's library. A transfer takes somebody who stands there.
 */
departments: Array<QueueView>,
/**
 * Co-ops that it is a member of, the one that the chat rang at too.
 */
coops: Array<QueueView>,
/**
 * Colleagues of that library and of those co-ops who are there; only one who is `online` may
 * be sent a chat.
 */
operators: Array<Colleague>, };

export type TicketQueueId = string;

/**
 * A ticket queue that an operator works on, and who monitors it.
 */
export type TicketQueueView = {
/**
 * Which.
 */
id: TicketQueueId,
/**
 * As people call it.
 */
name: string,
/**
 * Whether the reader monitors it.
 */
monitored: boolean,
/**
 * Who else does right now; none included.
 */
others: Array<Colleague>, };

/**
 * One frame from a client.
 */
export type ToBroker = { "type": "hello",
/**
 * Answered by `welcome`.
 */
id: number,
/**
 * From sign-in, or from a patron session.
 */
token: string,
/**
 * The app's own id, one per tab or device.
 */
client: ClientId,
/**
 * Name and version of the app, for the operator of the broker.
 */
app?: string | null, } | { "type": "auth",
/**
 * Answered by `ok`.
 */
id: number,
/**
 * The new token.
 */
token: string, } | { "type": "pong" } | { "type": "sync",
/**
 * Answered by `ok`.
 */
id: number, } | { "type": "presence.set",
/**
 * Answered by `presence`, with what now holds.
 */
id: number,
/**
 * The new status.
 */
status: Status,
/**
 * All departments and co-ops to monitor from now on.
 */
monitoring: Array<Target>,
/**
 * All ticket queues to monitor from now on; `null`: as before.
 */
ticket_queues?: Array<TicketQueueId> | null,
/**
 * When the person changed it; `null`: now.
 */
at?: string | null, } | { "type": "list.subscribe",
/**
 * Answered by `ok`, after `list.snapshot`.
 */
id: number, } | { "type": "list.unsubscribe",
/**
 * Answered by `ok`.
 */
id: number, } | { "type": "desk.queues",
/**
 * Answered by `queues`.
 */
id: number, } | { "type": "access.grant",
/**
 * Answered by `ok`.
 */
id: number,
/**
 * The co-op.
 */
coop: CoopId,
/**
 * Who.
 */
user: UserId,
/**
 * What she may do there.
 */
level: CoopLevel, } | { "type": "access.revoke",
/**
 * Answered by `ok`.
 */
id: number,
/**
 * The co-op.
 */
coop: CoopId,
/**
 * Who.
 */
user: UserId, } | { "type": "explain",
/**
 * Answered by `explained`.
 */
id: number,
/**
 * The widget.
 */
widget: WidgetId,
/**
 * When; `null`: now.
 */
at?: string | null, } | { "type": "forecast",
/**
 * Answered by `forecast`.
 */
id: number,
/**
 * The co-op.
 */
coop: CoopId,
/**
 * The IANA time zone whose clock the hours follow; `null`: that of one's library.
 */
zone?: string | null, } | { "type": "sign_out",
/**
 * Answered by `ok`, then `bye`; or by `owns_chats`.
 */
id: number,
/**
 * Whether owned chats may wait again.
 */
anyway?: boolean, } | { "type": "operator.sign_out",
/**
 * Answered by `ok`.
 */
id: number,
/**
 * Who.
 */
user: UserId, } | { "type": "ban.set",
/**
 * Answered by `ok`.
 */
id: number,
/**
 * The chat with her.
 */
chat: ChatId,
/**
 * For how long, from now: 1 to 8,760; `null`: 24.
 */
hours?: number | null,
/**
 * Why, for staff.
 */
reason?: string | null, } | { "type": "ban.lift",
/**
 * Answered by `ok`.
 */
id: number,
/**
 * The chat that the ban was spoken in.
 */
chat: ChatId, } | { "type": "ban.list",
/**
 * Answered by `bans`.
 */
id: number, } | { "type": "chat.open",
/**
 * Answered by `ok`, after `chat.snapshot`.
 */
id: number,
/**
 * Makes a retry safe: the chat's own id follows from it.
 */
cmid: Cmid,
/**
 * The patron's first words.
 */
question: string,
/**
 * The patron's name, if she gives one.
 */
name?: string | null,
/**
 * How to reach her, if she tells.
 */
contact?: string | null,
/**
 * Answers to the widget's questions.
 */
answers?: Array<Answer>,
/**
 * The page the widget stands on; query and fragment are cut off.
 */
page?: string | null,
/**
 * Her language (BCP 47).
 */
lang?: string | null,
/**
 * An ended chat of the same patron that this one goes on from.
 */
continues?: ChatId | null, } | { "type": "chat.subscribe",
/**
 * Answered by `ok`, after `chat.snapshot` or the first `chat.replay`.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * The last place seen, to get only what is missing.
 */
from?: Position | null, } | { "type": "chat.unsubscribe",
/**
 * Answered by `ok`.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId, } | { "type": "chat.history",
/**
 * Answered by `history`.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Only events before this place.
 */
before: number,
/**
 * At most this many (1 to 200).
 */
max: number, } | { "type": "chat.claim",
/**
 * Answered by `ok`, after `chat.snapshot`; or by `already_claimed` with the winner.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid, } | { "type": "chat.post",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid,
/**
 * Plain Unicode with line breaks.
 */
text: string,
/**
 * Its language (BCP 47).
 */
lang?: string | null, } | { "type": "chat.note",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid,
/**
 * Plain Unicode with line breaks.
 */
text: string, } | { "type": "chat.targets",
/**
 * Answered by `targets`.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId, } | { "type": "chat.transfer",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid,
/**
 * To whom.
 */
to: Target,
/**
 * For the target's eyes.
 */
note?: string | null,
/**
 * Whether the patron is told of the offer.
 */
tell_patron: boolean,
/**
 * Whether the owner has to go: if nobody takes it, the chat waits again.
 */
hand_over?: boolean, } | { "type": "chat.transfer_cancel",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid, } | { "type": "chat.transfer_decline",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid,
/**
 * Why; told to the owner.
 */
reason: string, } | { "type": "chat.leave",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid, } | { "type": "chat.end",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid, } | { "type": "chat.dismiss",
/**
 * Answered by `ok`.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid,
/**
 * Why, for staff.
 */
note?: string | null, } | { "type": "chat.ticket",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid,
/**
 * Her name.
 */
name: string,
/**
 * Where to answer.
 */
email: string, } | { "type": "chat.patron",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid,
/**
 * Her name.
 */
name?: string | null,
/**
 * How to reach her.
 */
contact?: string | null, } | { "type": "chat.reveal",
/**
 * Answered by `ok`, after `chat.snapshot` with the contact.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid, } | { "type": "chat.tag",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid,
/**
 * All of them, from now on.
 */
tags: Array<string>, } | { "type": "chat.rate",
/**
 * Answered by `ok`, after the event.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Makes a retry safe.
 */
cmid: Cmid,
/**
 * One to five, five the best.
 */
rating: number,
/**
 * In her words.
 */
comment?: string | null, } | { "type": "chat.mark",
/**
 * Answered by `ok`.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * The place of the last event that arrived; `null`: as before.
 */
delivered?: number | null,
/**
 * The place of the last event that was read, which has arrived too; `null`: as before.
 */
read?: number | null, } | { "type": "chat.typing",
/**
 * Answered by `ok`.
 */
id: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Whether one writes right now.
 */
on: boolean, };

/**
 * One frame from the broker.
 */
export type ToClient = { "type": "welcome" } & Welcome | { "type": "ok",
/**
 * The request's id.
 */
re: number,
/**
 * The chat that a write changed.
 */
chat?: ChatId | null,
/**
 * The place of the write's last event.
 */
seq?: number | null,
/**
 * Its identity.
 */
eid?: Eid | null, } | { "type": "error" } & Refused | { "type": "history",
/**
 * The request's id.
 */
re: number,
/**
 * The chat.
 */
chat: ChatId,
/**
 * Oldest first.
 */
events: Array<Sequenced>,
/**
 * Whether older ones exist.
 */
more: boolean, } | { "type": "presence",
/**
 * The request's id, if this is a reply.
 */
re?: number | null,
/**
 * What holds now.
 */
presence: PresenceView, } | { "type": "chat.event",
/**
 * The chat.
 */
chat: ChatId,
/**
 * Place in the chat, from 1, without gaps.
 */
seq: number,
/**
 * Identity of the stored event.
 */
eid: Eid,
/**
 * When the broker decided it.
 */
at: string,
/**
 * What happened.
 */
event: ChatEvent, } | { "type": "chat.replay",
/**
 * The chat.
 */
chat: ChatId,
/**
 * What follows the place resumed from, or the page before.
 */
events: Array<Sequenced>,
/**
 * Whether another page follows before live events do.
 */
more: boolean, } | { "type": "chat.snapshot" } & Snapshot | { "type": "chat.closed",
/**
 * The chat.
 */
chat: ChatId,
/**
 * Why.
 */
reason: ClosedReason,
/**
 * Who took it, if that is why.
 */
by?: Person | null,
/**
 * How the chat ended, if that is why.
 */
cause?: EndCause | null, } | { "type": "chat.typing",
/**
 * The chat.
 */
chat: ChatId,
/**
 * Who.
 */
who: Person,
/**
 * Whether she writes right now.
 */
on: boolean, } | { "type": "chat.mark",
/**
 * The chat.
 */
chat: ChatId,
/**
 * Who.
 */
who: Person,
/**
 * The place of the last event that arrived.
 */
delivered: number,
/**
 * The place of the last event that was read; 0: none.
 */
read: number, } | { "type": "wait",
/**
 * The chat.
 */
chat: ChatId,
/**
 * Earlier waiting chats that share a tier with this one.
 */
ahead: number,
/**
 * Since when the longest waiting of those (or this one) waits.
 */
longest_now: string,
/**
 * How long, in full minutes, half of those waited at most who were claimed here within
 * the last hour. Absent unless those were twenty at least.
 */
estimate_minutes?: number | null, } | { "type": "list.snapshot",
/**
 * The rows.
 */
rows: Array<ListRow>, } | { "type": "list.row",
/**
 * The row as it is now.
 */
row: ListRow, } | { "type": "list.gone",
/**
 * The chat it was of.
 */
chat: ChatId,
/**
 * Who took the chat, if that is why it went.
 */
claimed_by?: Person | null, } | { "type": "list.mine",
/**
 * All of them: replaces what the client knew.
 */
chats: Array<MyChat>, } | { "type": "queues" } & Queues | { "type": "explained" } & Explained | { "type": "forecast",
/**
 * The request's id.
 */
re: number,
/**
 * The co-op.
 */
coop: CoopId,
/**
 * The time zone whose clock the hours follow.
 */
zone: string,
/**
 * The beginning of each hour in which some member is covered and nobody contributes.
 */
hours: Array<string>, } | { "type": "targets" } & Targets | { "type": "bans",
/**
 * The request's id.
 */
re: number,
/**
 * Those that stand, the first to end first.
 */
bans: Array<BanView>, } | { "type": "gap.alarm",
/**
 * Which.
 */
target: Target,
/**
 * As people call it.
 */
name: string,
/**
 * Why.
 */
why: GapReason,
/**
 * When it begins, or began.
 */
at: string, } | { "type": "gap.over",
/**
 * Which.
 */
target: Target, } | { "type": "ping" } | { "type": "bye",
/**
 * The close code that follows.
 */
code: CloseCode,
/**
 * Why, in a sentence.
 */
message: string,
/**
 * How long to wait before connecting again, if the broker asks for it.
 */
retry_after_ms?: number | null, };

/**
 * A transfer on offer.
 */
export type TransferView = {
/**
 * Where it is offered; never told to the patron.
 */
to?: Target | null,
/**
 * The target's name in the directory.
 */
to_name: string,
/**
 * When the offer lapses.
 */
until: string, };

export type UserId = string;

/**
 * The reply to `hello`.
 */
export type Welcome = {
/**
 * The request's id.
 */
re: number,
/**
 * The session that the token names.
 */
session: SessionId,
/**
 * Who the broker takes this connection for.
 */
you: You,
/**
 * How often the broker pings.
 */
ping_ms: number,
/**
 * What is enforced on this connection.
 */
limits: Limits,
/**
 * What an `ok` means: `memory`, `disk`, `redis-async` or `redis-disk`.
 */
durability: string,
/**
 * What this broker can beyond the first version of the protocol.
 */
features: Array<string>,
/**
 * The broker's time.
 */
server_time: string,
/**
 * When the token expires: renew it before, with `auth`.
 */
token_expires: string, };

/**
 * What patrons are asked before they ring.
 */
export type WidgetAsk = {
/**
 * For their name.
 */
name: AskFor,
/**
 * How to reach them.
 */
contact: AskFor,
/**
 * The library's own questions; answers repeat the question's text.
 */
questions?: Array<WidgetQuestion>, };

export type WidgetId = string;

/**
 * `GET /v1/widgets/{widget}`: all that a button and its window show.
 */
export type WidgetInfo = {
/**
 * The widget.
 */
widget: WidgetId,
/**
 * As people call it.
 */
name: string,
/**
 * The library's name.
 */
library: string,
/**
 * What a patron finds now.
 */
now: Available,
/**
 * What patrons read in it.
 */
texts: WidgetTexts,
/**
 * What patrons are asked before they ring.
 */
ask: WidgetAsk,
/**
 * Whether they are asked to rate a chat that ended.
 */
rating: boolean, };

/**
 * A question of the library's own.
 */
export type WidgetQuestion = {
/**
 * As patrons read it.
 */
text: string,
/**
 * Whether a ring without an answer is refused.
 */
required: boolean, };

/**
 * What patrons read in a widget.
 */
export type WidgetTexts = {
/**
 * Before they ring.
 */
greeting?: string | null,
/**
 * When a librarian of another library answers.
 */
coop?: string | null,
/**
 * What becomes of what they write, and that another library may answer.
 */
privacy?: string | null, };

/**
 * Whom a connection belongs to.
 */
export type You = { "role": "patron",
/**
 * The widget.
 */
widget: WidgetId, } | { "role": "operator",
/**
 * Herself, as colleagues see her.
 */
person: Person,
/**
 * What she last told, on whatever device.
 */
presence: PresenceView, };
