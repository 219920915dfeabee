//! The four transaction machines as one table (RFC 3261 §17, corrected by RFC 6026).
//!
//! ```text
//! INVITE client   Trying → Proceeding → Accepted (2xx) | Completed (3xx-6xx) → Terminated
//! other client    Trying → Proceeding → Completed → Terminated
//! INVITE server   Proceeding → Accepted (2xx) | Completed (3xx-6xx) → Confirmed → Terminated
//! other server    Trying → Proceeding → Completed → Terminated
//! ```

use crate::coverage::words;
use std::time::Duration;

/// Round-trip estimate.
pub const T1: Duration = Duration::from_millis(500);
/// Longest wait between two retransmissions, except of an INVITE.
pub const T2: Duration = Duration::from_secs(4);
/// Longest time a message stays in the network.
pub const T4: Duration = Duration::from_secs(5);
/// How long a transaction is tried at all: 64 × T1.
pub const GIVE_UP: Duration = Duration::from_secs(32);
/// How long an INVITE may ring without any news: timer C of RFC 3261 §16.6, longer than anybody lets a phone ring.
pub const NO_NEWS: Duration = Duration::from_secs(300);

words! {
    /// Which machine.
    pub enum Machine {
        /// Client of an INVITE.
        InviteClient,
        /// Client of anything else.
        Client,
        /// Server of an INVITE.
        InviteServer,
        /// Server of anything else.
        Server,
    }
}

words! {
    /// Where a machine is. `Trying` is what the RFC calls Calling in an INVITE client.
    #[allow(missing_docs)]
    pub enum State {
        Trying,
        Proceeding,
        Accepted,
        Completed,
        Confirmed,
        Terminated,
    }
}

words! {
    /// What happens to a machine. To a client responses are received, to a server they are handed down to be sent.
    pub enum Event {
        /// The request again.
        Request,
        /// ACK of a final response that is not 2xx, or of a 2xx with the branch of its INVITE.
        Ack,
        /// 1xx.
        Provisional,
        /// 2xx.
        Success,
        /// 3xx to 6xx.
        Failure,
        /// Timers A, E, G: send again.
        Resend,
        /// Timers B, F, H: give up.
        GiveUp,
        /// Timers D, I, J, K, L, M: nothing more can come.
        Done,
        /// The transport failed.
        Lost,
    }
}

impl Machine {
    /// The states it can be in before it ends.
    pub fn states(self) -> &'static [State] {
        use State as S;
        match self {
            Self::InviteClient => &[S::Trying, S::Proceeding, S::Accepted, S::Completed],
            Self::InviteServer => &[S::Proceeding, S::Accepted, S::Completed, S::Confirmed],
            Self::Client | Self::Server => &[S::Trying, S::Proceeding, S::Completed],
        }
    }
}

/// What the machine wants done, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Do {
    /// Send what was handed down and keep it.
    Send,
    /// Send again what was kept.
    Resend,
    /// Send the ACK of a final response that is not 2xx.
    Ack,
    /// Hand the message up.
    Deliver,
    /// Arm the timer that sends again: T1, then twice as long each time (unreliable transports only).
    ArmResend,
    /// Stop sending again and giving up.
    Disarm,
    /// Arm the timer that gives up.
    ArmGiveUp,
    /// Stop sending again, and give up only after [`NO_NEWS`].
    ArmNoNews,
    /// Arm the timer that ends the transaction.
    ArmDone(Linger),
    /// Tell that nobody answered, or that the ACK never came.
    TellTimeout,
    /// Tell that the transport failed.
    TellLost,
}

/// How long a finished transaction stays to absorb what still comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Linger {
    /// 64 × T1 on unreliable transports, nothing on reliable ones (timers D and J).
    Long,
    /// T4 on unreliable transports, nothing on reliable ones (timers I and K).
    Short,
    /// 64 × T1 on every transport (timers L and M): repeated 2xx are the user's business.
    Always,
}

impl Linger {
    /// The time.
    pub fn time(self, is_reliable: bool) -> Duration {
        match (self, is_reliable) {
            (Self::Always, _) | (Self::Long, false) => GIVE_UP,
            (Self::Short, false) => T4,
            (Self::Long | Self::Short, true) => Duration::ZERO,
        }
    }
}

/// Where the machine goes and what it wants done. `None`: the event means nothing here.
pub fn step(machine: Machine, state: State, event: Event) -> Option<(State, &'static [Do])> {
    use Event as E;
    if !machine.states().contains(&state) {
        return None;
    }
    if event == E::Lost {
        return lost(machine, state);
    }
    match machine {
        Machine::InviteClient => invite_client(state, event),
        Machine::Client => client(state, event),
        Machine::InviteServer => invite_server(state, event),
        Machine::Server => server(state, event),
    }
}

/// A transport failure ends what still waits; what only lingers has nothing to lose.
fn lost(machine: Machine, state: State) -> Option<(State, &'static [Do])> {
    let waits = match machine {
        Machine::InviteClient | Machine::Client => matches!(state, State::Trying | State::Proceeding),
        Machine::InviteServer => matches!(state, State::Proceeding | State::Completed),
        Machine::Server => matches!(state, State::Trying | State::Proceeding),
    };
    Some((State::Terminated, if waits { &[Do::TellLost] } else { &[] }))
}

fn invite_client(state: State, event: Event) -> Option<(State, &'static [Do])> {
    use {Event as E, State as S};
    Some(match (state, event) {
        (S::Trying, E::Resend) => (S::Trying, &[Do::Resend, Do::ArmResend]),
        (S::Trying | S::Proceeding, E::GiveUp) => (S::Terminated, &[Do::TellTimeout]),
        (S::Trying | S::Proceeding, E::Provisional) => (S::Proceeding, &[Do::ArmNoNews, Do::Deliver]),
        (S::Trying | S::Proceeding, E::Success) => {
            (S::Accepted, &[Do::Disarm, Do::Deliver, Do::ArmDone(Linger::Always)])
        }
        (S::Trying | S::Proceeding, E::Failure) => {
            (S::Completed, &[Do::Disarm, Do::Ack, Do::Deliver, Do::ArmDone(Linger::Long)])
        }
        // Another 2xx: repeated because the ACK was lost, or from another branch of a fork.
        (S::Accepted, E::Success) => (S::Accepted, &[Do::Deliver]),
        (S::Completed, E::Failure) => (S::Completed, &[Do::Ack]),
        (S::Accepted | S::Completed, E::Done) => (S::Terminated, &[]),
        _ => return None,
    })
}

fn client(state: State, event: Event) -> Option<(State, &'static [Do])> {
    use {Event as E, State as S};
    Some(match (state, event) {
        (S::Trying | S::Proceeding, E::Resend) => (state, &[Do::Resend, Do::ArmResend]),
        (S::Trying | S::Proceeding, E::GiveUp) => (S::Terminated, &[Do::TellTimeout]),
        (S::Trying | S::Proceeding, E::Provisional) => (S::Proceeding, &[Do::Deliver]),
        (S::Trying | S::Proceeding, E::Success | E::Failure) => {
            (S::Completed, &[Do::Disarm, Do::Deliver, Do::ArmDone(Linger::Short)])
        }
        (S::Completed, E::Done) => (S::Terminated, &[]),
        _ => return None,
    })
}

fn invite_server(state: State, event: Event) -> Option<(State, &'static [Do])> {
    use {Event as E, State as S};
    Some(match (state, event) {
        (S::Proceeding, E::Request) => (S::Proceeding, &[Do::Resend]),
        (S::Proceeding, E::Provisional) => (S::Proceeding, &[Do::Send]),
        (S::Proceeding, E::Success) => (S::Accepted, &[Do::Send, Do::ArmDone(Linger::Always)]),
        (S::Proceeding, E::Failure) => (S::Completed, &[Do::Send, Do::ArmResend, Do::ArmGiveUp]),
        // The session repeats the 2xx until its ACK comes (§13.3.1.4); the transaction only absorbs the INVITE.
        (S::Accepted, E::Request) => (S::Accepted, &[]),
        (S::Accepted, E::Success) => (S::Accepted, &[Do::Send]),
        (S::Accepted, E::Ack) => (S::Accepted, &[Do::Deliver]),
        (S::Accepted | S::Confirmed, E::Done) => (S::Terminated, &[]),
        (S::Completed, E::Request) => (S::Completed, &[Do::Resend]),
        (S::Completed, E::Resend) => (S::Completed, &[Do::Resend, Do::ArmResend]),
        (S::Completed, E::Ack) => (S::Confirmed, &[Do::Disarm, Do::ArmDone(Linger::Short)]),
        (S::Completed, E::GiveUp) => (S::Terminated, &[Do::TellTimeout]),
        (S::Confirmed, E::Request | E::Ack) => (S::Confirmed, &[]),
        _ => return None,
    })
}

fn server(state: State, event: Event) -> Option<(State, &'static [Do])> {
    use {Event as E, State as S};
    Some(match (state, event) {
        (S::Trying, E::Request) => (S::Trying, &[]),
        (S::Trying | S::Proceeding, E::Provisional) => (S::Proceeding, &[Do::Send]),
        (S::Trying | S::Proceeding, E::Success | E::Failure) => {
            (S::Completed, &[Do::Send, Do::ArmDone(Linger::Long)])
        }
        (S::Proceeding | S::Completed, E::Request) => (state, &[Do::Resend]),
        (S::Completed, E::Done) => (S::Terminated, &[]),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    /// The whole table as text: a change of a machine is a change of this picture.
    #[test]
    fn transition_tables() {
        let mut text = String::new();
        for &machine in Machine::ALL {
            _ = writeln!(text, "{machine:?}");
            for &state in State::ALL {
                for &event in Event::ALL {
                    if let Some((next, acts)) = step(machine, state, event) {
                        let (from, on, to) =
                            (format!("{state:?}"), format!("{event:?}"), format!("{next:?}"));
                        _ = writeln!(text, "  {from:<11} {on:<12} -> {to:<11} {acts:?}");
                    }
                }
            }
        }
        insta::assert_snapshot!(text);
    }
}
