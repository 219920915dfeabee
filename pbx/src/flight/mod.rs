//! The flight recorder: the last inputs of the exchange, kept in memory, written when something is wrong, and run again.
//!
//! The exchange is a value: made with the same configuration, seed and stored state, and given the same inputs at the
//! same times, it wants the same. So what it was given is all there is to know of a fault. [`Ring`] keeps it, [`Dumps`]
//! writes it, [`replay()`] runs it.
//!
//! # What is exact
//!
//! As long as every input since the start is kept (12 MiB: some 13,000 messages of 800 bytes), a replay is exact, and proves it: after each
//! input the sum of what the exchange wanted is compared with the one that was noted then. Once the oldest inputs are
//! gone, so is the state they had led to; it cannot be written down, and asking the exchange for copies of itself would
//! cost each input of every daemon what few of them ever need. So the ring keeps beside it what is known at that
//! point: configuration, bindings, numbers given away, and the seed, of which the key of nonces is made. A replay then
//! begins with an exchange made of these, gives recorded messages the names that the new one has drawn (`translate.rs`),
//! and says that it is a best effort.
//!
//! Callers in flows are the exception: the keys that they press are told without their digit (below), so in a replay
//! they press `0` where they pressed any of `0` to `9`, and where a flow does not do the same for both, its call parts
//! there. What services and programs answered to flows is told as it came, with names and figures: flows decide by it.
//! If they had been told a secret, their answer may repeat it, so digits and figures are masked in it, with the same
//! consequence. What was asked is not told at all, for it may hold what was pressed.
//!
//! # What is told
//!
//! A file holds no digest of a password, no answer from which one could be guessed, no digit that was pressed, and no
//! figure of an answer to a question with a secret in it (`redact.rs`). A service that repeats what a caller pressed where
//! the flow does not call it secret is told as it came. A file holds numbers, names, addresses, and the text of headers,
//! without which nothing could be understood.
//!
//! It holds the nonces of recorded messages and the seed, of which nonces, tags and Call-IDs come. Without a digest a
//! nonce opens nothing, true or forged. But who knows the seed knows the tags of calls that are up or to come in
//! that same daemon, which helps who can also forge a phone's address to end its calls. A new start draws a new seed: a
//! file of a daemon that failed is harmless in this respect, one that was asked for is after the next start. The file says so, and
//! only its owner can read it. A password written into a SIP URI, against the advice of RFC 3261 §19.1.1, stays where it is.

mod dumps;
mod file;
mod input;
mod mask;
mod redact;
mod replay;
mod ring;
mod sum;
#[cfg(test)]
mod tests;
mod translate;

pub use dumps::{Dumps, KEPT};
pub use file::{Header, Line, ReadError, Reader, Seed, VERSION, Why, write};
pub use input::{Bytes, Recorded, feed};
pub use redact::Redactor;
pub use replay::{Replayed, Step, Verdict, caught, replay, said};
pub use ring::{BYTES_MAX, Base, Entry, INPUTS_MAX, Marks, Ring, Snapshot};
pub use sum::Sums;
#[cfg(test)]
pub(crate) use tests::{PLANTED, example};

use switchroom_exchange::Exchange;

/// What is wrong inside the exchange: rules that must hold between its tables and do not, one sentence each.
///
/// The engine asks every ten seconds while there are few calls, a replay at its end.
pub fn audit(exchange: &Exchange) -> Vec<String> {
    exchange.audit()
}
