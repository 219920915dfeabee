//! Where a number leads: services, extensions, and the routes of the site.

use super::Over;
use crate::exchange::Exchange;
use crate::record::Cause;
use crate::text::{clean, is_dialable};
use crate::{CallId, Config, Service};
use std::collections::BTreeMap;
use std::sync::Arc;
use switchroom_flow::expr::Expr;
use switchroom_flow::node::Job;
use switchroom_flow::routes::{Asked, Destination, Refusal, Route, Routed, Traffic};
use switchroom_flow::{Flow, Node, NodeId, Place, Value};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// Where a number leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'c> {
    /// To a service.
    Service(Service),
    /// To the extension of that number.
    Extension,
    /// A supervisor wants to hear the calls of that agent or extension.
    Supervise(&'c str),
    /// By a route of the site; see [`Config::missing`].
    Route(&'c Route),
    /// The route has as many calls as it may.
    Full(&'c Route),
    /// No route is for it, nor is it any other number.
    NoRoute,
    /// It is no number.
    NoNumber,
}

impl Config {
    /// Where a number leads: services go before extensions, and those before routes. What the exchange does with a call
    /// and what is explained of one come from here.
    pub fn way<'c>(&'c self, asked: &Asked<'c>, traffic: &mut dyn Traffic) -> Way<'c> {
        if !is_dialable(asked.number) {
            return Way::NoNumber;
        }
        if let Some(service) = self.services.get(asked.number) {
            return Way::Service(*service);
        }
        if self.extensions.contains_key(asked.number) {
            return Way::Extension;
        }
        if let Some(subject) = self.supervised(asked) {
            return Way::Supervise(subject);
        }
        match self.inbound.route(asked, traffic) {
            Routed::To(route) => Way::Route(route),
            Routed::Full(route) => Way::Full(route),
            Routed::Nowhere => Way::NoRoute,
        }
    }

    /// Whose calls are to be heard, if the number says so and the phone is one that may.
    pub(crate) fn supervised<'c>(&self, asked: &Asked<'c>) -> Option<&'c str> {
        let rules = &self.supervision;
        let may = !rules.code.is_empty() && rules.phones.contains(asked.caller);
        asked.number.strip_prefix(rules.code.as_str()).filter(|subject| may && !subject.is_empty())
    }

    /// What is not there of where a route leads: then its calls fail. `into flow main, which is not there`
    pub fn missing(&self, to: &Destination) -> Option<String> {
        match to {
            Destination::Flow(flow) if self.flows.contains_key(flow) => None,
            Destination::Flow(flow) => Some(format!("into flow {flow}, which is not there")),
            Destination::Queue(queue) if self.floor.queues.contains_key(queue) => None,
            Destination::Queue(queue) => Some(format!("into queue {queue}, which is not there")),
            Destination::Extension(_) | Destination::Refuse(_) => None,
        }
    }
}

/// What people are told of a number that is none.
pub const NO_NUMBER: &str = "it is not a number: digits, +, * and # are";

impl Exchange {
    pub(crate) fn route(&mut self, now: Now, id: CallId, dialled: &str) {
        let config = self.config.clone();
        let caller = self.calls.get(&id).map(|call| call.from.number.clone()).unwrap_or_default();
        let asked = Asked { number: dialled, caller: &caller, at_ms: now.wall.0 };
        let way = config.way(&asked, &mut self.traffic.at(now.mono.0 / 1_000));
        let dialled = clean(dialled);
        match way {
            Way::Service(service) => {
                let name = service.word();
                self.why(now, id, "route", format!("{dialled} is the {name} service"));
                self.serve(now, id, service);
            }
            Way::Extension => {
                self.why(now, id, "route", format!("{dialled} is an extension"));
                self.ring(now, id, &dialled);
            }
            Way::Supervise(subject) => {
                self.why(now, id, "route", format!("{dialled} is supervision of {subject}"));
                self.supervise_from(now, id, &clean(subject));
            }
            Way::Route(route) => self.take_route(now, id, &dialled, route),
            Way::Full(route) => {
                let text = format!("route {} has as many calls as it may", route.name);
                self.why(now, id, "route", format!("{dialled}: {text}"));
                self.finish(now, id, Over::by_rule(Cause::Overload, Status::BUSY, text));
            }
            Way::NoNumber => self.leads_nowhere(now, id, &dialled, NO_NUMBER),
            Way::NoRoute if config.inbound.routes.is_empty() => {
                self.leads_nowhere(now, id, &dialled, "no extension and no service has that number");
            }
            Way::NoRoute => {
                self.leads_nowhere(
                    now,
                    id,
                    &dialled,
                    "no extension, no service and no route is for that number",
                );
            }
        }
    }

    fn leads_nowhere(&mut self, now: Now, id: CallId, dialled: &str, reason: &str) {
        self.why(now, id, "route", format!("{dialled}: {reason}"));
        let text = format!("{dialled} leads nowhere: {reason}");
        self.finish(now, id, Over::by_rule(Cause::NotFound, Status::NOT_FOUND, text));
    }

    fn take_route(&mut self, now: Now, id: CallId, dialled: &str, route: &Route) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.route = Some(route.name.clone());
        self.traffic.begin(route, &call.from.number, now.mono.0 / 1_000);
        let name = &route.name;
        if let Some(missing) = self.config.missing(&route.to) {
            let text = format!("route {name} leads {missing}");
            self.why(now, id, "route", text.clone());
            return self.finish(now, id, Over::by_rule(Cause::Failed, Status::UNAVAILABLE, text));
        }
        match &route.to {
            Destination::Flow(flow) => {
                if let Some(flow) = self.config.flows.get(flow).cloned() {
                    let text = format!("{dialled}: route {name} leads into flow {}", flow.name);
                    self.why(now, id, "route", text);
                    self.enter_flow(now, id, flow);
                }
            }
            Destination::Extension(number) => {
                self.why(now, id, "route", format!("{dialled}: route {name} leads to extension {number}"));
                self.ring(now, id, number);
            }
            Destination::Queue(queue) => {
                self.why(now, id, "route", format!("{dialled}: route {name} leads into queue {queue}"));
                let flow = queue_flow(&self.config, queue);
                self.enter_flow(now, id, flow);
            }
            Destination::Refuse(refusal) => {
                let (cause, status) = match refusal {
                    Refusal::Busy => (Cause::Busy, Status::BUSY),
                    Refusal::Rejected => (Cause::Declined, Status::DECLINE),
                    Refusal::NotFound => (Cause::NotFound, Status::NOT_FOUND),
                };
                let text = format!("{dialled}: route {name} refuses it as {}", cause.word());
                self.why(now, id, "route", text.clone());
                self.finish(now, id, Over::by_rule(cause, status, text));
            }
        }
    }

    /// A call that a route let in is over.
    pub(super) fn leave_route(&mut self, now: Now, id: CallId) {
        if let Some(route) = self.calls.get(&id).and_then(|call| call.route.as_ref()) {
            self.traffic.end(route, now.mono.0 / 1_000);
        }
    }
}

/// The flow of a caller whom a route leads straight into a queue: to wait, and then goodbye.
pub(super) fn queue_flow(config: &Config, queue: &str) -> Arc<Flow> {
    queue_flow_at(config, queue, None)
}

/// The same, for a caller with that priority, or else with that of the caller's class.
pub(super) fn queue_flow_at(config: &Config, queue: &str, priority: Option<i64>) -> Arc<Flow> {
    let job = Job::Queue {
        queue: Expr::Constant(Value::text(queue)),
        priority: priority.map(|priority| Expr::Constant(Value::whole(priority))),
        agent: None,
        timeout: None,
        full: None,
        empty: None,
        closed: None,
        keys: BTreeMap::new(),
        call_back: None,
        called_back: None,
        after: None,
    };
    Arc::new(Flow {
        name: format!("queue-{queue}"),
        version: 1,
        title: String::new(),
        file: String::new(),
        language: config.language_of(queue),
        nodes: vec![Node { name: "wait".into(), place: Place::default(), job }],
        start: NodeId(0),
        on_hang_up: None,
        arguments: BTreeMap::new(),
        text: String::new(),
    })
}
