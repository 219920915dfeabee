//! A second call beside the first: somebody is asked before the first call is put through to them (RFC 5589, attended
//! transfer). There is at most one, and it is always one that this phone makes.

use crate::phone::{Phone, PhoneError, PhoneEvent};
use crate::settings::HoldForm;
use switchroom_sip::time::Mono;
use switchroom_sip::uri::Uri;

impl Phone {
    /// Calls a number beside the call that is up, which is held unless it is already. What becomes of the second call is told
    /// as [`PhoneEvent::Second`].
    ///
    /// # Errors
    /// [`PhoneError::NoCall`] without a call that is up, [`PhoneError::InCall`] if there is a second one already, and as
    /// [`Phone::call`].
    pub fn consult(&mut self, now: Mono, number: &str) -> Result<(), PhoneError> {
        let first = self.call.as_ref().filter(|call| call.is_up()).ok_or(PhoneError::NoCall)?;
        if self.second.is_some() {
            return Err(PhoneError::InCall);
        }
        let is_held = first.is_held();
        self.aside(|phone| phone.call(now, number))?;
        if !is_held {
            // While another change is under way it talks on: the second call is more urgent.
            let _ = self.hold(now, HoldForm::SendOnly);
        }
        self.pump(now);
        Ok(())
    }

    /// Asks that the two other sides be connected with each other: by REFER in the first call, or in the second, with the
    /// other dialog to be replaced. What comes of it is told as the end of both calls, or not.
    ///
    /// # Errors
    /// [`PhoneError::NoCall`] unless both calls are up.
    pub fn connect(&mut self, now: Mono, by_second: bool) -> Result<(), PhoneError> {
        let up = |call: &Option<crate::call::Call>| {
            call.as_ref().filter(|call| call.is_up()).map(|call| (call.session, call.peer().to_owned()))
        };
        let (first, second) = up(&self.call).zip(up(&self.second)).ok_or(PhoneError::NoCall)?;
        let ((asked, _), (other, to)) = if by_second { (second, first) } else { (first, second) };
        let replaces = self.endpoint.replaces_of(other).ok_or(PhoneError::NoCall)?;
        let to = Uri::sip(&to, &self.settings.domain, None);
        self.endpoint.refer(now, asked, &to, Some(&replaces));
        self.pump(now);
        Ok(())
    }

    /// Ends the second call, whatever it is doing. The first stays on hold until [`Phone::resume`].
    ///
    /// # Errors
    /// [`PhoneError::NoCall`] if there is none.
    pub fn end_second(&mut self, now: Mono) -> Result<(), PhoneError> {
        self.aside(|phone| phone.hang_up(now))
    }

    /// Whether there is a second call.
    pub fn is_consulting(&self) -> bool {
        self.second.is_some()
    }

    /// Does something to the second call as it is done to the first; done within itself, to the first again.
    pub(crate) fn aside<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        std::mem::swap(&mut self.call, &mut self.second);
        self.is_aside = !self.is_aside;
        let done = act(self);
        std::mem::swap(&mut self.call, &mut self.second);
        self.is_aside = !self.is_aside;
        done
    }

    /// What is told of a call, with a word on which.
    pub(crate) fn of_this_call(&self, event: PhoneEvent) -> PhoneEvent {
        if self.is_aside { PhoneEvent::Second(Box::new(event)) } else { event }
    }
}
