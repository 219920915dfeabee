//! The rules. Each checker is a small type with its rule in one sentence; it looks at every step of the exchange, and at
//! the world once it has come to rest.
//!
//! To add one: write the type, implement [`Checker`], name it in [`all`], and plant the defect that it must find in
//! [`super::plant`].

mod calls;
mod consent;
mod console;
mod desk;
mod events;
mod finals;
mod flows;
mod hand_offs;
mod holds;
mod lamps;
mod messages;
mod queues;
mod recordings;
mod registrations;
mod secrets;
mod supervision;
mod tables;
#[cfg(test)]
mod tests;
mod watching;
mod wiring;

use super::world::{Came, Step, World};
use switchroom_exchange::CallId;

/// What is wrong, and with which call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// One sentence with figures.
    pub text: String,
    /// The call.
    pub call: Option<CallId>,
}

/// Whether the rule holds.
pub type Verdict = Result<(), Finding>;

/// A broken rule.
pub fn broken(call: Option<CallId>, text: impl Into<String>) -> Verdict {
    Err(Finding { text: text.into(), call })
}

/// A rule.
pub trait Checker {
    /// The rule, in one sentence.
    fn rule(&self) -> &'static str;

    /// The exchange starts, for the first time or again: what was known of the one before is over, or is held against the one
    /// that begins with what is on disk. `step`, the start itself, is looked at after that.
    ///
    /// # Errors
    /// The rule does not hold.
    fn begin(&mut self, _world: &World, _step: &Step) -> Verdict {
        Ok(())
    }

    /// Whether it holds after a step of the exchange.
    ///
    /// # Errors
    /// It does not.
    fn step(&mut self, _world: &World, _step: &Step) -> Verdict {
        Ok(())
    }

    /// Whether it holds once everything has come to rest.
    ///
    /// # Errors
    /// It does not.
    fn rest(&mut self, _world: &World) -> Verdict {
        Ok(())
    }

    /// Looks at a step, as whoever plays a run has to do with each.
    ///
    /// # Errors
    /// The rule does not hold.
    fn check(&mut self, world: &World, step: &Step) -> Verdict {
        if step.came == Came::Start {
            self.begin(world, step)?;
        }
        self.step(world, step)
    }
}

/// Every rule there is. `is_strict`: those that look at everything do so after each step, not after each thousandth.
pub fn all(is_strict: bool) -> Vec<Box<dyn Checker>> {
    vec![
        Box::<finals::OneFinalResponse>::default(),
        Box::<calls::OneCdrPerCall>::default(),
        Box::<calls::AnsweredIsHandedOver>::default(),
        Box::<calls::OneCallPerInvite>::default(),
        Box::<calls::CdrIsTrue>::default(),
        Box::<flows::OnePlace>::default(),
        Box::<flows::PromptsAreForAnswered>::default(),
        Box::<flows::FlowsAreLeft>::default(),
        Box::<flows::AskedOnce>::default(),
        Box::<flows::MessagesAreKept>::default(),
        Box::<hand_offs::HandedOffIsAlone>::default(),
        Box::<consent::AskedBeforeRecorded>::default(),
        Box::<recordings::PausedIsSilent>::default(),
        Box::<messages::StoredIsConfirmed>::default(),
        Box::<desk::OwnIsOwn>::default(),
        Box::<desk::ActsWithinQueues>::default(),
        // Before those who would take a fact that is told otherwise the second time for another one.
        Box::<queues::FactsReachTheDisk>::default(),
        Box::<queues::RungIsOffered>::default(),
        Box::<queues::ChosenByTheRule>::default(),
        Box::<queues::OneCallPerAgent>::default(),
        Box::<queues::WhereTheyChose>::default(),
        Box::<queues::TimeAddsUp>::default(),
        Box::<queues::EverybodyLeavesOnce>::default(),
        Box::<queues::NobodyOvertakes>::default(),
        Box::<queues::InboxIsWhoGaveUp>::default(),
        Box::<queues::CallBacksEndOnce>::default(),
        Box::<queues::OnlyWhoMayComesIn>::default(),
        Box::<queues::OnlyOwnQueues>::default(),
        Box::<queues::SharesAreEven>::default(),
        Box::<secrets::SecretsStay>::default(),
        Box::<secrets::FlightTellsNoKeys>::default(),
        Box::<holds::OnlyListenersAreSent>::default(),
        Box::<holds::SeekersHearRinging>::default(),
        Box::<wiring::PortsFollowLegs>::default(),
        Box::<wiring::WiringFollowsCalls>::default(),
        Box::<supervision::SupervisorsAreHeardAsTheyWish>::default(),
        Box::<registrations::NoneServedAfterItsEnd>::default(),
        Box::<registrations::ConfirmedIsKept>::default(),
        Box::<events::EventsRise>::default(),
        Box::<lamps::LampsShowWhatIs>::default(),
        Box::<watching::WatchingGoesOn>::default(),
        Box::new(tables::TablesAgree::every(if is_strict { 1 } else { 997 })),
        Box::new(console::ConsoleShowsWhatIs::every(if is_strict { 50 } else { 4_999 })),
        Box::<tables::NothingIsLeft>::default(),
    ]
}
