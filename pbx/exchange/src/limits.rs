//! Every bound of the exchange, and what happens at each.

use std::time::Duration;

/// Bindings of all extensions together. At the bound a new REGISTER is answered 503.
pub const BINDINGS_MAX: usize = 50_000;
/// Addresses of a host that the configuration names; further ones are left out.
pub const HOST_ADDRESSES_MAX: usize = 16;
/// Characters of why a host was not found.
pub const WHY_CHARS_MAX: usize = 200;
/// Phones of one extension that are rung at once; further bindings are skipped, which the call's path says.
pub const FORKS_MAX: usize = 16;
/// Transfers of one call. At the bound a REFER is refused with 483, and the talk goes on.
pub const TRANSFERS_MAX: u8 = 10;
/// Hand-offs of one call to flows and back. At the bound a further one is refused, and the talk goes on.
pub const HAND_OFFS_MAX: u8 = 20;
/// How long after a hand-off no key of the call is written down: who comes back may still be typing.
pub const DIGITS_HUSHED: Duration = Duration::from_secs(3);
/// The second key of the code for the recording comes within this time, or is a key as any other.
pub const CODE_WITHIN: Duration = Duration::from_secs(3);
/// How long after that code keys of the phone may be repeats of it, sent in another way.
pub const CODE_HUSHED: Duration = Duration::from_secs(1);
/// Steps of a call's path that are kept: the first and the latest. Those between are counted only.
pub const PATH_MAX: usize = 100;
/// Messages and decisions of one call's ladder; further ones are counted only.
pub const LADDER_ENTRIES_MAX: usize = 400;
/// Bytes of messages in one call's ladder; a message that does not fit is counted only. So the phones of a few calls do not take the
/// room of all.
pub const LADDER_CALL_BYTES_MAX: usize = 512 * 1024;
/// Keys pressed in the talks of one call that are written down one by one; at its end it is said how many more there were.
pub const KEYS_WRITTEN_MAX: u32 = 500;
/// Answers to surveys that are kept of one call; further ones are counted only, and at its end it is said how many.
pub const ANSWERS_MAX: u32 = 200;
/// Bytes of messages in all ladders together; beyond that those of finished calls go, the oldest first. Those of calls that
/// are not over stay.
pub const LADDER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of messages in the ladders of calls that are not over, together: beyond that entries are counted only.
pub const LADDER_LIVE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Finished calls whose ladder is kept at all.
pub const LADDERS_MAX: usize = 2_000;
/// CDRs waiting for the store. At the bound the oldest is given up, with an alarm.
pub const OUTBOX_MAX: usize = 10_000;
/// Facts about queues and agents waiting for the store. At the bound the oldest is given up, with an alarm.
pub const FACTS_WAITING_MAX: usize = 20_000;
/// Facts that are offered to the store again at once: a small part of its queue.
pub const FACTS_AT_ONCE: usize = 1_000;
/// REGISTERs waiting for the store. At the bound further ones are answered at once.
pub const REGISTERS_WAITING_MAX: usize = 5_000;
/// Answers to users that wait for the store. At the bound a user is answered at once, and told that it is not on disk.
pub const REPLIES_WAITING_MAX: usize = 1_000;
/// Sources whose wrong answers are counted. At the bound the oldest is forgotten.
pub const GUARD_ENTRIES_MAX: usize = 20_000;
/// Wrong answers of one address for one user within [`GUARD_WINDOW`] after which it is met with silence; of one port, where
/// phones are registered from that address.
pub const GUARD_PER_USER: u32 = 10;
/// Wrong answers of one address for all users within [`GUARD_WINDOW`] after which it is met with silence; for one user from all
/// ports, where phones are registered from that address.
pub const GUARD_PER_SOURCE: u32 = 60;
/// Challenges a second to one source that no phone is registered from; further requests of it are not answered. Enough
/// for an office behind one address that comes back after a power cut.
pub const GUARD_ANSWERS_PER_SECOND: u32 = 200;
/// Addresses of which it is written down within [`GUARD_WINDOW`] that silence begins for them, each once. What is more is
/// counted, and the count written down when that time is over.
pub const GUARD_WRITTEN_MAX: usize = 20;
/// Time over which wrong answers are counted.
pub const GUARD_WINDOW: Duration = Duration::from_secs(60);
/// How long the silence lasts.
pub const GUARD_SILENCE: Duration = Duration::from_secs(120);
/// How long a nonce may be used.
pub const NONCE_LIFE: Duration = Duration::from_secs(60);
/// How long an ended call waits for the last word of the media engine before its CDR is written without it, and its flow
/// for the end of what is being recorded before it cleans up.
pub const LAST_WORD: Duration = Duration::from_secs(3);
/// How long an ended call stays on the board, and how often it is looked whether its flow has cleaned up by then.
pub const ENDED_SHOWN: Duration = Duration::from_secs(5);
/// Silence of all phones of a call after which it is ended.
pub const MEDIA_LOST_AFTER: Duration = Duration::from_secs(60);
/// OPTIONS in a row unanswered after which a phone counts as lost.
pub const MISSED_MAX: u32 = 3;
/// How long a port pair that could not be opened is left alone.
pub const PORT_QUARANTINE: Duration = Duration::from_secs(60);
/// Characters of a name or number that are kept of what a phone sends.
pub const NAME_CHARS_MAX: usize = 64;
/// Characters of the reason why a recording is held.
pub const REASON_CHARS_MAX: usize = 200;
/// Characters of what a user was refused, and why, that are written down.
pub const REFUSAL_CHARS_MAX: usize = 300;
/// Refusals of one user that are written down within a minute. At the bound it is said once that there were more.
pub const REFUSALS_PER_MINUTE: usize = 60;
/// Messages in all mailboxes together. At the bound the oldest that was heard goes, then the oldest.
pub const MESSAGES_MAX: usize = 20_000;
/// How often messages are looked through for those that are too old.
pub const MESSAGES_PURGED: Duration = Duration::from_secs(3_600);
/// Between what was left long ago and the last day are more than this many milliseconds: the clock may stand wrong.
pub const CLOCK_GAP_MS: i64 = 7 * CLOCK_FRESH_MS;
/// So many milliseconds before now is the last day.
pub const CLOCK_FRESH_MS: i64 = 86_400_000;
/// So long no message is thrown away for its age when the clock may stand wrong.
pub const CLOCK_DOUBT: Duration = Duration::from_secs(86_400);
/// Messages thrown away at once: far fewer than the records that the store takes at once.
pub const MESSAGES_GONE_MAX: usize = 500;
/// When there are more, the next go after this.
pub const MESSAGES_GO_ON: Duration = Duration::from_secs(1);
/// Subscriptions to mailboxes, of all extensions together. At the bound a new SUBSCRIBE is answered 503.
pub const SUBSCRIPTIONS_MAX: usize = 50_000;
/// Subscriptions of one extension to its box. At the bound the one that ends first makes room.
pub const SUBSCRIPTIONS_PER_EXTENSION: usize = 16;
/// Lamps of all extensions together. At the bound a new SUBSCRIBE is answered 503.
pub const LAMPS_MAX: usize = 50_000;
/// Lamps that the phones of one extension have, together. At the bound one makes room that stands where no phone of
/// the extension is any more; where there is none, a new one is answered 403, and those there are stay.
pub const LAMPS_PER_EXTENSION: usize = 64;
/// Bytes that a subscription keeps of what its phone sent. A SUBSCRIBE with more is answered 400.
pub const SUBSCRIPTION_BYTES_MAX: usize = 2_048;
/// Shortest subscription granted; less is answered 423.
pub const SUBSCRIPTION_SHORTEST: Duration = Duration::from_secs(60);
/// Longest subscription granted, whatever is asked for.
pub const SUBSCRIPTION_LONGEST: Duration = Duration::from_secs(86_400);
/// Subscription granted to who does not say for how long (RFC 3842 §3.4).
pub const SUBSCRIPTION_USUAL: Duration = Duration::from_secs(3_600);
/// Time between two NOTIFYs of a subscription, and to a phone that is told of its mailbox unasked, at least (for mailboxes RFC
/// 3842 §3.8).
pub const NOTIFY_PACE: Duration = Duration::from_secs(1);
/// So far CSeq and version of a subscription jump at a start: they are written down when it is refreshed, and there are not so many
/// NOTIFYs between that and the next time, at the pace that there is at most.
pub const NOTIFY_JUMP: u32 = 100_000;
const _: () = assert!(NOTIFY_JUMP as u64 * NOTIFY_PACE.as_secs() > SUBSCRIPTION_LONGEST.as_secs() + 1_000);
/// Within this after a start phones are told again what they watch, spread out.
pub const RESTORED_TOLD_WITHIN: Duration = Duration::from_secs(5);
/// Where that are very many, within as much time as this makes, one after the other.
pub const RESTORED_TOLD_EACH: Duration = Duration::from_millis(2);
/// SUBSCRIBEs waiting for the store. At the bound further ones are answered at once.
pub const SUBSCRIBES_WAITING_MAX: usize = 5_000;
/// A NOTIFY that is refused and does not end its subscription is sent again after so long, if the phone does not say when; until then
/// none is, whatever changes.
pub const NOTIFY_RETRY: Duration = Duration::from_secs(30);
/// The longest that a phone may say.
pub const NOTIFY_RETRY_LONGEST: Duration = Duration::from_secs(600);
/// How often in a row. At the bound the phone is told at the next change after that time, or when it refreshes.
pub const NOTIFY_TRIES: u32 = 10;
/// How long a phone that registered has to subscribe before it is told of its mailbox unasked.
pub const NOTICE_AFTER: Duration = Duration::from_secs(2);
/// A CDR that could not be stored is offered again after this long.
pub const STORE_RETRY: Duration = Duration::from_secs(10);
/// Supervisors at work at once. At the bound a further one is refused.
pub const SUPERVISIONS_MAX: usize = 500;
/// How long a supervisor hears the tone that says that there is nothing more to hear, before the phone is hung up.
pub const SUPERVISION_TONE: Duration = Duration::from_millis(800);
/// How long an agent and a caller are told of each other before they are connected, at most.
pub const BRIEFING_MAX: Duration = Duration::from_secs(10);
/// The same where one of them is asked whether it may be recorded: what is heard no further by then is no consent.
pub const CONSENT_MAX: Duration = Duration::from_secs(30);
/// Phones of a caller in a queue that rang in vain and are kept in its CDR; the earliest are forgotten.
pub const ENDED_LEGS_MAX: usize = 60;
/// Characters of a note on a call.
pub const NOTE_CHARS_MAX: usize = 1_000;

/// Characters of what a supervisor tells agents: one line of a desk.
pub const TOLD_CHARS_MAX: usize = 200;
/// Values of a flow that a caller's card shows.
pub const CARD_VALUES_MAX: usize = 12;
