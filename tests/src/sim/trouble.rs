//! What happens to the whole site at certain moments: drawn beforehand, so that a run can be made shorter by leaving
//! some of it out.

use super::faults::{Fault, Faults};
use super::floor::AgentWish;
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
    let length_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX).max(1);
    let minutes = length_ms / 60_000 + 1;
    let mut out = Vec::new();
    for fault in Fault::ALL {
        if !faults.has(fault) {
            continue;
        }
        // So many in a hundred minutes; some runs have none of a kind, some have many.
        let pace = match fault {
            Fault::Phones | Fault::Nat => [0, 50, 400],
            Fault::Tcp | Fault::Users => [0, 30, 200],
            Fault::Partition | Fault::Crash => [0, 10, 60],
            Fault::Store | Fault::Media | Fault::Clock => [0, 10, 40],
            Fault::Loss | Fault::Duplicates | Fault::Reorder | Fault::Garbage | Fault::Asking => continue,
        };
        let pace = pace[usize::try_from(rng.below(3)).unwrap_or(0)];
        let count = (minutes * pace).div_ceil(100);
        for _ in 0..count {
            let at = rng.below(length_ms);
            out.push((at, one(rng, fault, phones)));
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
    let length_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX).max(1);
    let pace = [0, 20, 100, 400][usize::try_from(rng.below(4)).unwrap_or(0)];
    let count = ((length_ms / 60_000 + 1) * pace).div_ceil(100);
    let one = |rng: &mut Rng| {
        let phone = usize::try_from(rng.below(phones as u64)).unwrap_or(0);
        let of = |rng: &mut Rng, n: usize| usize::try_from(rng.below(n.max(1) as u64)).unwrap_or(0);
        let other = OTHERS.get(of(rng, OTHERS.len() * 8)).map(|number| (*number).to_owned());
        let to = other.or_else(|| numbers.get(of(rng, numbers.len())).cloned()).unwrap_or_default();
        (rng.below(length_ms), Trouble::Dial { phone, to })
    };
    (0..count).map(|_| one(&mut rng)).collect()
}

/// Draws what supervisors do within `length`, by chance of their own.
pub(super) fn supervised(seed: u64, length: Duration, phones: usize) -> Vec<(u64, Trouble)> {
    let mut rng = Rng::from_number(seed ^ 0x7375_7065_7276);
    let length_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX).max(1);
    let pace = [0, 50, 400, 2_000][usize::try_from(rng.below(4)).unwrap_or(0)];
    let count = ((length_ms / 60_000 + 1) * pace).div_ceil(100);
    // Few phones, so that one is often at work already.
    let desks = rng.below(3) + 1;
    let one = |rng: &mut Rng| {
        let phone = usize::try_from(rng.below(desks.min(phones as u64))).unwrap_or(0);
        let place = usize::try_from(rng.below(64)).unwrap_or(0);
        let mode = [Mode::Listen, Mode::Whisper, Mode::Barge][usize::try_from(rng.below(3)).unwrap_or(0)];
        let whom = usize::try_from(rng.below(64)).unwrap_or(0);
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

fn one(rng: &mut Rng, fault: Fault, phones: usize) -> Trouble {
    let place = |rng: &mut Rng| usize::try_from(rng.below(phones as u64)).unwrap_or(0);
    let span = |rng: &mut Rng, most: u64| {
        // Short ones and long ones alike.
        let scale = [most / 100, most / 10, most][usize::try_from(rng.below(3)).unwrap_or(0)];
        rng.below(scale.max(1)) + 1
    };
    match fault {
        Fault::Phones => {
            Trouble::Vanish { phone: place(rng), for_ms: span(rng, 300_000), moves: rng.below(2) == 0 }
        }
        Fault::Nat => Trouble::Rebind { phone: place(rng), address: rng.below(4) == 0 },
        Fault::Tcp => Trouble::Reset { phone: place(rng) },
        Fault::Partition => Trouble::CutOff { phone: place(rng), for_ms: span(rng, 120_000) },
        Fault::Crash if rng.below(4) == 0 => Trouble::Restart { down_ms: span(rng, 20_000) },
        Fault::Crash => Trouble::Crash {
            down_ms: span(rng, 40_000),
            after_actions: usize::try_from(rng.below(6)).unwrap_or(0),
            kept_percent: rng.below(101),
        },
        Fault::Store if rng.below(2) == 0 => {
            Trouble::StoreSlow { flush_ms: span(rng, 5_000), for_ms: span(rng, 120_000) }
        }
        Fault::Store => Trouble::StoreFails { for_ms: span(rng, 120_000) },
        Fault::Media => Trouble::MediaSlow { for_ms: span(rng, 20_000) },
        Fault::Clock => {
            let hours = [1, 1, 24, 0][usize::try_from(rng.below(4)).unwrap_or(0)];
            let by = hours * 3_600_000 + i64::try_from(rng.below(5_000)).unwrap_or(0);
            Trouble::Step { by_ms: if rng.below(2) == 0 { by } else { -by } }
        }
        Fault::Users => match rng.below(6) {
            0 => Trouble::Reload { phone: place(rng), password: false },
            1 => Trouble::Reload { phone: place(rng), password: true },
            2 => Trouble::Unregister { phone: place(rng) },
            _ => Trouble::HangUp { place: usize::try_from(rng.below(1 << 16)).unwrap_or(0) },
        },
        Fault::Loss | Fault::Duplicates | Fault::Reorder | Fault::Garbage | Fault::Asking => {
            Trouble::CutOff { phone: place(rng), for_ms: 1 }
        }
    }
}
