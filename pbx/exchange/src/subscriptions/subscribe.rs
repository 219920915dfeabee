//! SUBSCRIBE (RFC 6665 §4.2.1): read, checked, answered, and told at once how it stands.

use super::notify::End;
use super::{About, Pace, Package, Subscription, SubscriptionName, Watcher};
use crate::due::Timer;
use crate::exchange::Exchange;
use crate::lamps::Lamp;
use crate::limits::{
    SUBSCRIPTION_BYTES_MAX, SUBSCRIPTION_LONGEST, SUBSCRIPTION_SHORTEST, SUBSCRIPTION_USUAL,
};
use crate::record::{EventKind, Severity};
use std::time::Duration;
use switchroom_sip::dialog::Dialog;
use switchroom_sip::endpoint::Incoming;
use switchroom_sip::flow::Flow;
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::message::Request;
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// What a SUBSCRIBE asks for.
struct Ask {
    package: Package,
    /// The `id` of its Event.
    event_id: Option<String>,
    /// For how long; zero ends it.
    lasts: Duration,
}

type Refusal = (Status, Headers);

fn refuse(status: Status) -> Refusal {
    (status, Headers::default())
}

impl Exchange {
    /// A SUBSCRIBE whose sender is `extension`. A body of it is not looked at: no filter is offered.
    pub(crate) fn on_subscribe(&mut self, now: Now, extension: &str, incoming: Incoming) {
        let done = match incoming.request.to_tag() {
            Some(tag) => self.resubscribe(now, extension, &tag, &incoming),
            None => self.subscribe(now, extension, &incoming),
        };
        if let Err((status, headers)) = done {
            self.answer(now, &incoming, status, &headers);
        }
    }

    fn subscribe(&mut self, now: Now, extension: &str, incoming: &Incoming) -> Result<(), Refusal> {
        let request = &incoming.request;
        let ask = read(request)?;
        let about = self.about(extension, request, ask.package).map_err(refuse)?;
        let dialog = Dialog::of_server(request, &self.endpoint.tag_for(incoming))
            .filter(|dialog| dialog.target.is_sip())
            .filter(|dialog| size(dialog, ask.event_id.as_deref()) <= SUBSCRIPTION_BYTES_MAX)
            .ok_or(refuse(Status::BAD_REQUEST))?;
        // A phone that draws the same names after each start is there anew: what it subscribed to before is forgotten.
        if let Some((known, its)) =
            self.subscriptions.by_tag(&dialog.local_tag).and_then(|n| Some((n, self.subscriptions.get(n)?)))
        {
            if its.extension != extension {
                return Err(refuse(Status::BAD_REQUEST));
            }
            self.forget_subscription(known);
        }
        // So is one whose SUBSCRIBE was answered before we were started anew, and did not hear it: by another tag of ours.
        if let Some(known) = self.subscriptions.of_same_names(extension, &dialog, &about) {
            self.forget_subscription(known);
        }
        if self.endpoint.is_full() || self.subscriptions.is_full(ask.package) {
            let mut headers = Headers::default();
            headers.push(Name::RetryAfter, "60");
            return Err((Status::SERVICE_UNAVAILABLE, headers));
        }
        if !ask.lasts.is_zero() {
            self.make_room(now, extension, incoming.flow, &about).map_err(refuse)?;
        }
        let name = self.put_subscription(Subscription {
            extension: extension.to_owned(),
            about,
            dialog,
            event_id: ask.event_id.clone(),
            flow: incoming.flow,
            expires: now.mono,
            pace: Pace::default(),
            is_kept: false,
            awaits: None,
        });
        self.grant(now, name, incoming, &ask);
        Ok(())
    }

    /// Sees to it that an extension has no more subscriptions than it may. Of those to a box the one that ends first makes room: the
    /// newest is that of a phone that lives, and each says the same. Lamps differ. If the first made room, one that is right would go
    /// out for each that comes, another one each time; so the new one is refused, and those that there are stay. By 403: it is
    /// policy, so a phone need not try at once again, which it may on 480; and 503 might have it take us for gone (RFC 3263 §4.3).
    fn make_room(&mut self, now: Now, extension: &str, flow: Flow, about: &About) -> Result<(), Status> {
        let package = about.package();
        if !self.subscriptions.has_all(extension, package) {
            return Ok(());
        }
        match about {
            About::Mailbox => {
                if let Some(first) = self.subscriptions.first_to_end(extension) {
                    self.end_subscription(now, first, End::Surplus);
                }
                Ok(())
            }
            About::Lamp(lamp) => {
                // A phone that was started anew asks by new names, and its old ones would be found out at the next change only.
                if let Some(old) = self.subscriptions.same_lamp(extension, flow, &lamp.number) {
                    self.end_subscription(now, old, End::Surplus);
                    return Ok(());
                }
                // One that came back from another port or address has left them where nobody is any more.
                if let Some(left) = self.left_behind(extension, flow) {
                    self.end_subscription(now, left, End::Surplus);
                    return Ok(());
                }
                self.tell_of_refused_lamp(now, extension, flow, &lamp.number);
                Err(Status::FORBIDDEN)
            }
        }
    }

    /// The lamp of an extension that ends first among those at places where no phone of it is any more, if who asks is at one
    /// where one is: so of phones that never register none takes the place of another, in turn.
    fn left_behind(&self, extension: &str, asks: Flow) -> Option<SubscriptionName> {
        if !self.is_there(extension, asks) {
            return None;
        }
        let lamps = self.subscriptions.of_package(extension, Package::Lamp);
        let left = lamps.filter(|(_, s)| !self.is_there(extension, s.flow));
        left.min_by_key(|(name, s)| (s.expires, *name)).map(|(name, _)| name)
    }

    /// Whether an extension has a phone there that can be reached. Where it is by configuration any port will do, and any connection
    /// from there: not all ask from where they listen.
    fn is_there(&self, extension: &str, flow: Flow) -> bool {
        let mut all = self.registrar.of(extension).filter(|binding| binding.obstacle().is_none());
        all.any(|at| at.flow == flow || at.is_fixed() && self.is_from_contact(extension, at, flow))
    }

    /// Written down once, until that extension has room again.
    fn tell_of_refused_lamp(&mut self, now: Now, extension: &str, flow: Flow, number: &str) {
        if !self.subscriptions.overfull.insert(extension.to_owned()) {
            return;
        }
        let most = Package::Lamp.most_of_one();
        let text = format!(
            "{extension} has {most} lamps, which is as many as an extension may have: that of {number} at {flow} is refused, \
             and so are others until one ends"
        );
        self.event(now, EventKind::Registration, Severity::Warn, None, extension, "lamps_full", text);
    }

    /// What a phone of `extension` asks to be told of, or why it is not.
    fn about(&self, extension: &str, request: &Request, package: Package) -> Result<About, Status> {
        match package {
            Package::Mailbox => {
                // One is told about one's own box only.
                let about = request.to().map(|to| to.uri.user_text()).unwrap_or_default();
                if about != extension || request.uri.user_text() != extension {
                    return Err(Status::FORBIDDEN);
                }
                let is_there = self.config.inbound.mailboxes.contains_key(extension);
                if is_there { Ok(About::Mailbox) } else { Err(Status::NOT_FOUND) }
            }
            Package::Lamp => {
                let number = request.uri.user_text();
                let means = self.config.meaning(&number, extension).ok_or(Status::NOT_FOUND)?;
                Ok(About::Lamp(Lamp::new(number, means)))
            }
        }
    }

    /// A SUBSCRIBE inside its dialog: refreshed, moved to where it came from, or ended.
    fn resubscribe(
        &mut self,
        now: Now,
        extension: &str,
        tag: &str,
        incoming: &Incoming,
    ) -> Result<(), Refusal> {
        let request = &incoming.request;
        let name = self.subscriptions.by_tag(tag);
        let found = name.and_then(|name| Some((name, self.subscriptions.get(name)?)));
        let (name, known) = found
            .filter(|(_, s)| s.extension == extension && s.dialog.matches(request))
            .ok_or(refuse(Status::NO_SUCH_CALL))?;
        let number = request.cseq().number;
        if known.dialog.remote_cseq.is_some_and(|last| number <= last) {
            // Overtaken by a newer one (RFC 3261 §12.2.2).
            return Err(refuse(Status::SERVER_ERROR));
        }
        let is_same = |ask: &Ask| ask.event_id == known.event_id && ask.package == known.about.package();
        let mut dialog = known.dialog.clone();
        dialog.remote_cseq = Some(number);
        dialog.target = request.contact().map_or(dialog.target, |contact| contact.uri);
        let ask = read(request)?;
        if !is_same(&ask) {
            return Err(refuse(Status::NO_SUCH_CALL));
        }
        if !dialog.target.is_sip() || size(&dialog, ask.event_id.as_deref()) > SUBSCRIPTION_BYTES_MAX {
            return Err(refuse(Status::BAD_REQUEST));
        }
        if let Some(known) = self.subscriptions.get_mut(name) {
            (known.dialog, known.flow) = (dialog, incoming.flow);
        }
        self.grant(now, name, incoming, &ask);
        Ok(())
    }

    /// Writes it down, answers 200, and tells how it stands (RFC 6665 §4.2.1.2).
    fn grant(&mut self, now: Now, name: SubscriptionName, incoming: &Incoming, ask: &Ask) {
        let Some(subscription) = self.subscriptions.get_mut(name) else { return };
        subscription.expires = now.mono.after(ask.lasts);
        (subscription.pace.refused, subscription.pace.not_before) = (0, None);
        if let About::Lamp(lamp) = &mut subscription.about {
            // Who asks is told, whatever was told before.
            lamp.told = None;
        }
        let extension = subscription.extension.clone();
        self.timers.set(Timer::SubscriptionEnds(name), subscription.expires);
        if ask.package == Package::Mailbox {
            self.silence_notices(&extension);
        }
        // One that is over at once is not worth a record.
        let ticket = if ask.lasts.is_zero() { None } else { self.keep_subscription(now, name) };
        if ticket.is_some_and(|ticket| self.confirm_once_stored(name, ticket, incoming, ask.lasts)) {
            return;
        }
        let Some(headers) = self.granted(name, incoming, ask.lasts) else { return };
        self.answer(now, incoming, Status::OK, &headers);
        if ask.lasts.is_zero() {
            return self.end_subscription(now, name, End::TimedOut);
        }
        self.tell_soon(now, Watcher::Subscription(name), Duration::ZERO);
        self.notify_due(now, Watcher::Subscription(name));
    }

    /// What the 200 to a SUBSCRIBE says.
    pub(super) fn granted(
        &self,
        name: SubscriptionName,
        incoming: &Incoming,
        lasts: Duration,
    ) -> Option<Headers> {
        let subscription = self.subscriptions.get(name)?;
        let user = subscription.about.user(&subscription.extension);
        let mut headers = Headers::default();
        headers.push(Name::Contact, self.endpoint.contact(&incoming.flow, user));
        headers.push(Name::Expires, lasts.as_secs().to_string());
        headers.push(Name::AllowEvents, Package::words());
        Some(headers)
    }
}

/// Reads what it asks for: the package, for how long, in what form.
fn read(request: &Request) -> Result<Ask, Refusal> {
    let event = request.headers.get(&Name::Event).unwrap_or_default();
    let mut parts = event.split(';').map(str::trim);
    let Some(package) = parts.next().and_then(Package::of) else {
        let mut headers = Headers::default();
        headers.push(Name::AllowEvents, Package::words());
        return Err((Status::BAD_EVENT, headers));
    };
    let id = parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.eq_ignore_ascii_case("id"));
    let event_id = id.map(|(_, id)| id.trim().to_owned());
    let is_known = |wanted: &str| {
        let wanted = wanted.split(';').next().unwrap_or_default().trim();
        [package.body_type(), "application/*", "*/*"].iter().any(|known| known.eq_ignore_ascii_case(wanted))
    };
    // No Accept at all means the usual form of the package (RFC 6665 §3.1.3).
    let mut wanted = request.headers.elements(&Name::Accept).peekable();
    if wanted.peek().is_some() && !wanted.any(is_known) {
        let mut headers = Headers::default();
        headers.push(Name::Accept, package.body_type());
        return Err((Status::NOT_ACCEPTABLE, headers));
    }
    let asked = request.headers.number(&Name::Expires);
    let asked = asked.map_or(SUBSCRIPTION_USUAL, |seconds| Duration::from_secs(seconds.into()));
    if !asked.is_zero() && asked < SUBSCRIPTION_SHORTEST {
        let mut headers = Headers::default();
        headers.push(Name::MinExpires, SUBSCRIPTION_SHORTEST.as_secs().to_string());
        return Err((Status::INTERVAL_TOO_BRIEF, headers));
    }
    Ok(Ask { package, event_id, lasts: asked.min(SUBSCRIPTION_LONGEST) })
}

/// Bytes that a subscription would keep of what its phone sent.
pub(super) fn size(dialog: &Dialog, event_id: Option<&str>) -> usize {
    let uris = [&dialog.target, &dialog.local.uri, &dialog.remote.uri].map(|uri| uri.to_string().len());
    let params = [&dialog.local, &dialog.remote].map(|one| {
        let of_one = |(name, value): &(String, Option<String>)| {
            name.len() + value.as_deref().map(str::len).unwrap_or_default()
        };
        one.name.len() + one.params.0.iter().map(of_one).sum::<usize>()
    });
    let route: usize = dialog.route.iter().map(String::len).sum();
    let id = event_id.map(str::len).unwrap_or_default();
    let tags = dialog.call_id.len() + dialog.remote_tag.len();
    uris.iter().chain(&params).sum::<usize>() + route + id + tags
}
