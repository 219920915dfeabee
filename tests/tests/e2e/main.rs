//! The whole system: the real program, real sockets, independent phones.
//!
//! | module | what it proves |
//! |---|---|
//! | [`two_phones`] | two baresips register, call, hear each other, are recorded, and the console shows it |
//! | [`codecs`] | two real phones with no codec in common hear each other |
//! | [`placed`] | a user has one real phone call another |
//! | [`scripts`] | SIPp plays what phones do differently: holds, late offers, races, timers |
//! | [`scripted_calls`] | the same with sound: who is held, calls late, or takes another's place, and whom they hear |
//! | [`crash`] | kill -9 at random moments: what was reported done is there |
//! | [`flows`] | a real phone walks through flows by events and by INFO, and what it heard is compared with the prompts |
//! | [`queues`] | real phones in a queue: music, places, briefings, a ring in vain, two that ring at once, and figures counted again from the journal |
//! | [`fixed_contact`] | an agent at a real phone that registers nowhere, called where the configuration says |
//! | [`queue_hours`] | a real caller is told that a queue is closed, and let in once a reload has it open |
//! | [`call_back`] | a real caller who waits asks to be called back, hangs up, and is called by whom the queue gives it to |
//! | [`agents_by_phone`] | agents sign in by number and PIN, have a break and go, all by the keys of a real phone |
//! | [`lamps`] | a phone of SIPp has a lamp beside the key of a real phone: told of each change of a call |
//! | [`hand_off`] | a real phone sends its caller into a flow that asks for a PIN, and has it back |
//! | [`recording`] | a recording that is begun, paused, resumed and stopped by order, by the tones in it |
//! | [`consent`] | a real phone hears that it will be recorded, and may refuse by a key: then nothing is |
//! | [`shift`] | thirty callers of SIPp, two real phones: turns, shares and every figure, recounted from the journal; and who does not get through, by how they left |
//! | [`supervision`] | real phones listen, whisper, barge in, take over and follow, by order and by their own keys; who heard whom is measured |
//! | [`console`] | the console by its keys, on a terminal: every screen of the demo; at a call; at agents and figures; an agent's desk; flows; settings, written and undone; over a restart |
//! | [`transfer`] | a real phone puts its caller through to another, to an agent, or from queue to queue: one call, one recording |
//! | [`consult`] | a linphone consults another phone while its caller waits, swaps between the two, and puts them together |
//! | [`consult_by_order`] | by orders of a user: consult, swap, all three, complete, and cancel; whom three phones heard |
//! | [`three_way`] | a linphone joins two of its calls by itself: two calls, two records, two recordings |
//! | [`flight`] | what a running daemon was given is run again and has the same effect |
//! | [`full_disk`] | a full disk ends no call and prevents no start |
//! | [`classes`] | the classes of attack that broke other systems, one probe each |
//!
//! A test that needs a program that is not installed says so and passes, but fails where the variable CI is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout)]

mod agents_by_phone;
mod call_back;
mod classes;
mod codecs;
mod consent;
mod console;
mod consult;
mod consult_by_order;
mod crash;
mod fixed_contact;
mod flight;
mod flows;
mod full_disk;
mod hand_off;
mod lamps;
mod phones;
mod placed;
mod queue_hours;
mod queues;
mod recording;
mod scripted_calls;
mod scripts;
mod shift;
mod supervision;
mod three_way;
mod transfer;
mod two_phones;

use switchroom_tests::daemon::Setup;

/// A daemon of the program under test.
fn setup() -> Setup {
    Setup::new(&[env!("CARGO_BIN_EXE_switchroom-under-test")])
}
