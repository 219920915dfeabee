//! What happens to the whole site at certain moments: drawn beforehand, so that a run can be made shorter by leaving
//! some of it out.

use super::dice::Dice;
use super::faults::{Fault, Faults};
use super::floor::AgentWish;
use super::setup::millis;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use switchroom_exchange::Mode;
use switchroom_sip::rng::Rng;

/// One disturbance. Spans are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// A phone is without power, then starts anew: another Call-ID, perhaps another port.
    Vanish {
        /// Which phone.
        phone: usize,
        /// For how long.
        for_ms: u64,
        /// It comes back from another port.
        moves: bool,
    },
    /// Nothing gets through to or from a phone.
    CutOff {
        /// Which phone.
        phone: usize,
        /// For how long.
        for_ms: u64,
    },
    /// A translator gives a phone another port, or another address.
    Rebind {
        /// Which phone.
        phone: usize,
        /// The address changes too.
        address: bool,
    },
    /// A phone's connection is reset.
    Reset {
        /// Which phone.
        phone: usize,
    },
    /// The wall clock steps.
    Step {
        /// By how much.
        by_ms: i64,
    },
    /// The exchange dies while it carries out what its next input asks for.
    Crash {
        /// It is gone for that long.
        down_ms: u64,
        /// That many actions are still carried out.
        after_actions: usize,
        /// Of what the store had not flushed, this much is on disk all the same, in percent.
        kept_percent: u64,
    },
    /// The exchange is stopped in order and started again.
    Restart {
        /// It is gone for that long.
        down_ms: u64,
    },
    /// The store needs that long for each flush.
    StoreSlow {
        /// Each flush.
        flush_ms: u64,
        /// For how long.
        for_ms: u64,
    },
    /// The store keeps nothing.
    StoreFails {
        /// For how long.
        for_ms: u64,
    },
    /// The media engine answers nothing for a while.
    MediaSlow {
        /// For how long.
        for_ms: u64,
    },
    /// A user ends a call: the one at that place among those on the board.
    HangUp {
        /// Its place, modulo how many there are.
        place: usize,
    },
    /// A user places a call.
    Dial {
        /// Whose phone: its extension is the caller.
        phone: usize,
        /// The number.
        to: String,
    },
    /// A supervisor does something at a phone.
    Supervise {
        /// Whose phone: its extension is the supervisor's.
        phone: usize,
        /// The call, or whose calls, by place among those on the board.
        place: usize,
        /// What.
        wish: SupervisorWish,
    },
    /// A user removes the registrations of an extension.
    Unregister {
        /// Whose phone: its extension is meant.
        phone: usize,
    },
    /// Another configuration: that phone's extension is gone, or there again.
    Reload {
        /// Whose phone: its extension is meant.
        phone: usize,
        /// It gets another password instead of going; the phone learns it at once.
        password: bool,
    },
    /// An agent chooses, or somebody for him or for who waits.
    Agent {
        /// Which agent, from 0.
        agent: usize,
        /// What.
        wish: AgentWish,
    },
    /// Another configuration of queues and agents.
    Floor,
    /// Something about a closed recording: the one at that place among those on the disk.
    Archive {
        /// Its place, modulo how many there are.
        place: usize,
    },
}

/// What a supervisor wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupervisorWish {
    /// To be at one call, in that mode.
    Call(Mode),
    /// At the calls of the called side's extension, one after the other.
    Follow(Mode),
    /// Another mode.
    Mode(Mode),
    /// The agent's place.
    TakeOver,
    /// To go.
    End,
    /// To have a ringing or waiting caller ring at the phone, too.
    PickUp,
    /// To have a caller put through to the extension of that phone.
    Transfer(usize),
    /// To give a caller who waits to that agent, from 0.
    Assign(usize),
}

/// Draws what happens within `length`.
pub(super) fn draw(rng: &mut Rng, length: Duration, phones: usize, faults: &Faults) -> Vec<(u64, Trouble)> {
    let length_ms = millis(length).max(1);
    let minutes = length_ms / 60_000 + 1;
    let mut out = Vec::new();
    for fault in Fault::ALL.into_iter().filter(|fault| faults.has(*fault)) {
        let Some((paces, one)) = timed(fault) else { continue };
        let count = (minutes * rng.pick(&paces)).div_ceil(100);
        for _ in 0..count {
            let at = rng.below(length_ms);
            out.push((at, one(rng, phones)));
        }
    }
    out.sort_by_key(|(at, _)| *at);
    out
}

/// Numbers of services, and one that leads nowhere.
const OTHERS: [&str; 3] = ["*43", "*44", "4711"];

/// Draws the calls that users place within `length`, by chance of their own: what else happens does not hang on them.
/// `numbers` is what may be called.
pub(super) fn placed(seed: u64, length: Duration, phones: usize, numbers: &[String]) -> Vec<(u64, Trouble)> {
    let mut rng = Rng::from_number(seed ^ 0x706c_6163_6564);
    let length_ms = millis(length).max(1);
    let pace = rng.pick(&[0, 20, 100, 400]);
    let count = ((length_ms / 60_000 + 1) * pace).div_ceil(100);
    let one = |rng: &mut Rng| {
        let phone = rng.place(phones);
        let other = OTHERS.get(rng.place(OTHERS.len() * 8)).map(|number| (*number).to_owned());
        let to = other.or_else(|| numbers.get(rng.place(numbers.len().max(1))).cloned()).unwrap_or_default();
        (rng.below(length_ms), Trouble::Dial { phone, to })
    };
    (0..count).map(|_| one(&mut rng)).collect()
}

/// Draws what supervisors do within `length`, by chance of their own.
pub(super) fn supervised(seed: u64, length: Duration, phones: usize) -> Vec<(u64, Trouble)> {
    let mut rng = Rng::from_number(seed ^ 0x7375_7065_7276);
    let length_ms = millis(length).max(1);
    let pace = rng.pick(&[0, 50, 400, 2_000]);
    let count = ((length_ms / 60_000 + 1) * pace).div_ceil(100);
    // Few phones, so that one is often at work already.
    let desks = rng.place(3) + 1;
    let one = |rng: &mut Rng| {
        let phone = rng.place(desks.min(phones));
        let place = rng.place(64);
        let mode = rng.pick(&[Mode::Listen, Mode::Whisper, Mode::Barge]);
        let whom = rng.place(64);
        let wish = match rng.below(12) {
            0 | 1 => SupervisorWish::Call(mode),
            2 | 3 => SupervisorWish::Follow(mode),
            4 | 5 => SupervisorWish::Mode(mode),
            6 => SupervisorWish::TakeOver,
            7 | 8 => SupervisorWish::PickUp,
            9 => SupervisorWish::Transfer(whom),
            10 => SupervisorWish::Assign(whom),
            _ => SupervisorWish::End,
        };
        (rng.below(length_ms), Trouble::Supervise { phone, place, wish })
    };
    (0..count).map(|_| one(&mut rng)).collect()
}

/// Draws one disturbance of a site with so many phones.
type One = fn(&mut Rng, usize) -> Trouble;

/// What a class of faults brings at certain moments, and how often in a hundred minutes: some runs have none of a kind, some
/// have many. `None`: it is a matter of each message, or of each question.
fn timed(fault: Fault) -> Option<([u64; 3], One)> {
    let timed: ([u64; 3], One) = match fault {
        Fault::Phones => ([0, 50, 400], vanish),
        Fault::Nat => ([0, 50, 400], rebind),
        Fault::Tcp => ([0, 30, 200], |rng, phones| Trouble::Reset { phone: rng.place(phones) }),
        Fault::Users => ([0, 30, 200], of_users),
        Fault::Partition => ([0, 10, 60], cut_off),
        Fault::Crash => ([0, 10, 60], end_of_life),
        Fault::Store => ([0, 10, 40], of_the_store),
        Fault::Media => ([0, 10, 40], |rng, _| Trouble::MediaSlow { for_ms: span(rng, 20_000) }),
        Fault::Clock => ([0, 10, 40], step),
        Fault::Loss | Fault::Duplicates | Fault::Reorder | Fault::Garbage | Fault::Asking => return None,
    };
    Some(timed)
}

/// Short ones and long ones alike.
fn span(rng: &mut Rng, most: u64) -> u64 {
    let scale = rng.pick(&[most / 100, most / 10, most]);
    rng.below(scale.max(1)) + 1
}

fn vanish(rng: &mut Rng, phones: usize) -> Trouble {
    Trouble::Vanish { phone: rng.place(phones), for_ms: span(rng, 300_000), moves: rng.below(2) == 0 }
}

fn rebind(rng: &mut Rng, phones: usize) -> Trouble {
    Trouble::Rebind { phone: rng.place(phones), address: rng.below(4) == 0 }
}

fn cut_off(rng: &mut Rng, phones: usize) -> Trouble {
    Trouble::CutOff { phone: rng.place(phones), for_ms: span(rng, 120_000) }
}

fn end_of_life(rng: &mut Rng, _phones: usize) -> Trouble {
    if rng.below(4) == 0 {
        return Trouble::Restart { down_ms: span(rng, 20_000) };
    }
    Trouble::Crash { down_ms: span(rng, 40_000), after_actions: rng.place(6), kept_percent: rng.below(101) }
}

fn of_the_store(rng: &mut Rng, _phones: usize) -> Trouble {
    if rng.below(2) == 0 {
        return Trouble::StoreSlow { flush_ms: span(rng, 5_000), for_ms: span(rng, 120_000) };
    }
    Trouble::StoreFails { for_ms: span(rng, 120_000) }
}

fn step(rng: &mut Rng, _phones: usize) -> Trouble {
    let hours = rng.pick(&[1, 1, 24, 0]);
    let by = hours * 3_600_000 + i64::try_from(rng.below(5_000)).unwrap_or(0);
    Trouble::Step { by_ms: if rng.below(2) == 0 { by } else { -by } }
}

fn of_users(rng: &mut Rng, phones: usize) -> Trouble {
    match rng.below(7) {
        0 => Trouble::Reload { phone: rng.place(phones), password: false },
        1 => Trouble::Reload { phone: rng.place(phones), password: true },
        2 => Trouble::Unregister { phone: rng.place(phones) },
        3 => Trouble::Archive { place: rng.place(1 << 16) },
        _ => Trouble::HangUp { place: rng.place(1 << 16) },
    }
}
