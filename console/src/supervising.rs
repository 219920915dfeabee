//! The user as a supervisor: which call on the board is theirs, whom they hear, and who hears them.
//!
//! All of it is read from the board and nothing is remembered: what was asked for and not done yet is not shown.

use crate::app::App;
use switchroom_wire::{CallState, CallView, PartyView, SupervisionView};

/// The user's own call as a supervisor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mine<'a> {
    /// The call to the supervisor's phone.
    pub(crate) own: &'a CallView,
    pub(crate) at: &'a SupervisionView,
    /// The call that is heard now.
    pub(crate) target: Option<&'a CallView>,
}

/// How a supervisor's phone stands to what it is to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The phone rings; nothing is heard before it is answered.
    Rings,
    /// The phone is answered and holds the line.
    Holds,
    /// Nobody whose calls are followed talks.
    Waits,
    /// The call is over, and the phone is about to be released.
    Over,
    /// A call is heard.
    Hears,
}

impl<'a> Mine<'a> {
    pub(crate) fn standing(&self) -> Standing {
        let holds = self.own.legs.iter().any(|leg| leg.state == "holding");
        match (self.own.state, self.target, &self.at.follows) {
            (CallState::Service, ..) if holds => Standing::Holds,
            (CallState::Service, Some(_), _) => Standing::Hears,
            (CallState::Service, None, Some(_)) => Standing::Waits,
            (CallState::Service, None, None) => Standing::Over,
            _ => Standing::Rings,
        }
    }

    /// The extension of the supervisor's phone.
    pub(crate) fn phone(&self) -> &'a str {
        &self.own.from.number
    }

    /// Who hears the supervisor now: of those whom the daemon names, a party that holds the line hears nobody.
    pub(crate) fn heard_by(&self) -> Vec<&'a PartyView> {
        let holds = |one: &PartyView| self.parties(true).any(|party| party.number == one.number);
        self.at.heard_by.iter().filter(|one| !holds(one)).collect()
    }

    /// Somebody hears the supervisor now.
    pub(crate) fn is_heard(&self) -> bool {
        !self.heard_by().is_empty()
    }

    /// The parties of the call that is heard who talk, or hold the line if `holding`.
    fn parties(&self, holding: bool) -> impl Iterator<Item = &'a PartyView> {
        let legs = self.target.map_or(&[][..], |call| &call.legs);
        let state = if holding { "holding" } else { "up" };
        legs.iter().filter(move |leg| leg.state == state).map(|leg| &leg.party)
    }

    /// Whom the supervisor hears: who holds the line is not heard.
    pub(crate) fn hears(&self) -> Vec<&'a PartyView> {
        if self.standing() == Standing::Hears { self.parties(false).collect() } else { Vec::new() }
    }

    /// Parties of the call who do not hear the supervisor.
    pub(crate) fn not_heard_by(&self) -> Vec<&'a PartyView> {
        let heard_by = self.heard_by();
        let hears = |party: &PartyView| heard_by.iter().any(|one| one.number == party.number);
        self.parties(false).chain(self.parties(true)).filter(|party| !hears(party)).collect()
    }
}

impl App {
    /// The user's own call as a supervisor, as the live board has it, even while the screen is frozen. Of several, the
    /// one at which most hear the user: an open microphone is never left out.
    pub(crate) fn mine(&self) -> Option<Mine<'_>> {
        let welcome = self.model.welcome.as_ref();
        let user = welcome.map_or("", |welcome| welcome.user.as_str());
        let phones = [self.phone.as_deref(), welcome.and_then(|welcome| welcome.extension.as_deref())];
        let is_mine = |call: &CallView, at: &SupervisionView| {
            let by_name = !user.is_empty() && at.user == user;
            by_name || phones.into_iter().flatten().any(|phone| phone == call.from.number)
        };
        let board = &self.model.board;
        let live = board.calls.values().filter(|call| call.ended.is_none());
        let all = live.filter_map(|own| {
            let at = own.supervision.as_ref()?;
            let target = at.call.as_ref().and_then(|id| board.calls.get(id));
            is_mine(own, at).then_some(Mine { own, at, target })
        });
        all.max_by_key(|mine| (mine.at.heard_by.len(), mine.standing() == Standing::Hears))
    }
}
