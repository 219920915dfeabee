//! Callers who gave up waiting: users take care of them, and settle them.

use crate::exchange::Exchange;
use crate::input::MissedWish;
use crate::{CallId, Changed};
use switchroom_acd::fact::{MissedAct, MissedFact};
use switchroom_acd::limits::WORD_MAX;
use switchroom_acd::{Fact, Inbox, Missed};
use switchroom_flow::number::normal;
use switchroom_sip::time::Now;

impl Exchange {
    /// Callers who gave up waiting and were not answered since.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// An entry of the inbox by its id or its number.
    pub fn missed(&self, which: &str) -> Option<&Missed> {
        let by_id = which.parse::<CallId>().ok().and_then(|id| self.inbox.get(id.0));
        by_id.or_else(|| self.inbox.of(&normal(which)))
    }

    /// What the store knows of who gave up, of the last week.
    pub(crate) fn restore_inbox(&mut self, facts: &[Fact]) {
        for fact in facts {
            self.inbox.apply(fact);
        }
        self.changed.extend(self.inbox.all().map(|entry| Changed::Missed(CallId(entry.id))));
    }

    /// A fact that the inbox may be concerned by.
    pub(super) fn tell_inbox(&mut self, fact: &Fact) {
        let changed = self.inbox.apply(fact);
        self.changed.extend(changed.into_iter().map(|id| Changed::Missed(CallId(id))));
    }

    /// A user does something about somebody who gave up. Answers with what was done.
    pub(crate) fn missed_act(
        &mut self,
        now: Now,
        user: &str,
        which: &str,
        wish: &MissedWish,
    ) -> Result<String, String> {
        let unknown = || {
            format!("{} is not among the missed calls; it may be settled by now", crate::text::clean(which))
        };
        let entry = self.missed(which).ok_or_else(unknown)?;
        let caller = entry.caller.to_string();
        let owner = entry.claim.as_ref().map(|(owner, _)| owner.to_string());
        let (act, name, done) = match wish {
            MissedWish::Claim { agent } => {
                if let Some(unknown) = agent.as_ref().filter(|one| self.floor.agent(one).is_none()) {
                    return Err(format!("there is no agent {}", crate::text::clean(unknown)));
                }
                let to = word(agent.as_deref().unwrap_or(user));
                if let Some(other) = owner.filter(|other| *other != to) {
                    return Err(format!("{other} takes care of {caller} already; release it first"));
                }
                let done = format!("{to} takes care of {caller}");
                (MissedAct::Claimed { owner: to }, "missed_claimed", done)
            }
            MissedWish::Release if owner.is_none() => {
                return Err(format!("nobody takes care of {caller}"));
            }
            MissedWish::Release => {
                (MissedAct::Released, "missed_released", format!("nobody takes care of {caller} now"))
            }
            MissedWish::Tried => {
                let tries = entry.tries.saturating_add(1);
                (MissedAct::Tried, "missed_tried", format!("{caller} was tried in vain, {tries} times now"))
            }
            MissedWish::Close { word: how } => {
                let how = word(how);
                if how.is_empty() {
                    return Err("say in a word what came of it".to_owned());
                }
                let done = format!("{caller} is settled: {how}");
                (MissedAct::Closed { word: how }, "missed_closed", done)
            }
        };
        let fact = MissedFact { at_ms: now.wall.0, caller, act, by: word(user) };
        self.note_fact(now, Fact::Missed(fact));
        self.audit_event(now, None, user, name, &done);
        Ok(done)
    }
}

impl Exchange {
    /// A call was answered, or is over. If somebody who gave up was called, they are settled once they answer, or it was a try
    /// in vain.
    pub(crate) fn called_back(&mut self, now: Now, id: CallId, is_over: bool) {
        if self.is_about_another(id) {
            return;
        }
        let Some(call) = self.calls.get(&id) else { return };
        let number = normal(&call.to.number).into_owned();
        let with = call.with.as_ref().map(|with| normal(&with.number).into_owned());
        if !is_over && with.as_ref() == Some(&number) {
            self.need_not_call_back(now, &number);
        }
        let Some(call) = self.calls.get(&id) else { return };
        if self.inbox.of(&number).is_none() {
            return;
        }
        let is_reached = with.as_ref() == Some(&number);
        // A call-back in vain is a try of its own, and not yet one of who is owed a call by people.
        if !is_reached && (!is_over || call.call_back.is_some()) {
            return;
        }
        let act =
            if is_reached { MissedAct::Closed { word: CALLED_BACK.to_owned() } } else { MissedAct::Tried };
        let (caller, by) = (number, word(&call.from.number));
        self.note_fact(now, Fact::Missed(MissedFact { at_ms: now.wall.0, caller, act, by }));
    }
}

impl Exchange {
    /// Whether a call is a supervisor's, or of who is consulted: what stands on the board as called is no number that was dialled.
    pub(crate) fn is_about_another(&self, id: CallId) -> bool {
        let is_consulted = self.calls.get(&id).is_some_and(|call| call.consulted_in.is_some());
        is_consulted || self.supervisions.get(&id).is_some()
    }
}

/// What came of a caller who gave up and was reached by a call.
const CALLED_BACK: &str = "called back";

/// A word from outside, harmless and not too long.
fn word(text: &str) -> String {
    crate::text::clean(text).trim().chars().take(WORD_MAX).collect()
}
