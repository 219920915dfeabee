//! Where a number leads: services, extensions, and the routes of the site.

use crate::exchange::Exchange;
use crate::record::{Cause, EndedBy};
use crate::text::{clean, is_dialable};
use crate::{CallId, Service};
use std::collections::BTreeMap;
use std::sync::Arc;
use switchroom_flow::expr::Expr;
use switchroom_flow::node::Job;
use switchroom_flow::routes::{Asked, Destination, Refusal, Route, Routed};
use switchroom_flow::{Flow, Language, Node, NodeId, Place, Value};
use switchroom_sip::status::Status;
use switchroom_sip::time::Now;

/// Where a number leads.
enum Way {
    Service(Service),
    Extension(String),
    /// By a route of the site.
    Route(Box<Route>),
    /// The route has as many calls as it may.
    Full(String),
    Nowhere(&'static str),
}

impl Exchange {
    pub(super) fn route(&mut self, now: Now, id: CallId, dialled: &str) {
        let way = self.way(now, id, dialled);
        let dialled = clean(dialled);
        match way {
            Way::Service(service) => {
                let name = service.word();
                self.why(now, id, "route", format!("{dialled} is the {name} service"));
                self.serve(now, id, service);
            }
            Way::Extension(number) => {
                self.why(now, id, "route", format!("{dialled} is an extension"));
                self.ring(now, id, &number);
            }
            Way::Route(route) => self.take_route(now, id, &dialled, &route),
            Way::Full(name) => {
                let text = format!("route {name} has as many calls as it may");
                self.why(now, id, "route", format!("{dialled}: {text}"));
                self.finish(now, id, EndedBy::System, Cause::Overload, Status::BUSY.code(), text);
            }
            Way::Nowhere(reason) => {
                self.why(now, id, "route", format!("{dialled}: {reason}"));
                let text = format!("{dialled} leads nowhere: {reason}");
                self.finish(now, id, EndedBy::System, Cause::NotFound, Status::NOT_FOUND.code(), text);
            }
        }
    }

    fn way(&self, now: Now, id: CallId, dialled: &str) -> Way {
        if !is_dialable(dialled) {
            return Way::Nowhere("it is not a number: digits, +, * and # are");
        }
        if let Some(service) = self.config.services.get(dialled) {
            return Way::Service(*service);
        }
        if self.config.extensions.contains_key(dialled) {
            return Way::Extension(dialled.to_owned());
        }
        let caller = self.calls.get(&id).map(|call| call.from.number.as_str()).unwrap_or_default();
        let asked = Asked { number: dialled, caller, at_ms: now.wall.0 };
        match self.config.inbound.route(&asked, &mut self.traffic.at(now.mono.0 / 1_000)) {
            Routed::To(route) => Way::Route(Box::new(route.clone())),
            Routed::Full(route) => Way::Full(route.name.clone()),
            Routed::Nowhere if self.config.inbound.routes.is_empty() => {
                Way::Nowhere("no extension and no service has that number")
            }
            Routed::Nowhere => Way::Nowhere("no extension, no service and no route is for that number"),
        }
    }

    fn take_route(&mut self, now: Now, id: CallId, dialled: &str, route: &Route) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.route = Some(route.name.clone());
        self.traffic.begin(route, &call.from.number, now.mono.0 / 1_000);
        let name = &route.name;
        match &route.to {
            Destination::Flow(flow) => match self.config.flows.get(flow).cloned() {
                Some(flow) => {
                    self.why(
                        now,
                        id,
                        "route",
                        format!("{dialled}: route {name} leads into flow {}", flow.name),
                    );
                    self.enter_flow(now, id, flow);
                }
                None => self.route_fails(
                    now,
                    id,
                    format!("route {name} leads into flow {flow}, which is not there"),
                ),
            },
            Destination::Extension(number) => {
                self.why(now, id, "route", format!("{dialled}: route {name} leads to extension {number}"));
                self.ring(now, id, number);
            }
            Destination::Queue(queue) if self.floor.queue(queue).is_some() => {
                self.why(now, id, "route", format!("{dialled}: route {name} leads into queue {queue}"));
                self.enter_flow(now, id, queue_flow(queue));
            }
            Destination::Queue(queue) => {
                self.route_fails(
                    now,
                    id,
                    format!("route {name} leads into queue {queue}, which is not there"),
                );
            }
            Destination::Refuse(refusal) => {
                let (cause, status) = match refusal {
                    Refusal::Busy => (Cause::Busy, Status::BUSY),
                    Refusal::Rejected => (Cause::Declined, Status::DECLINE),
                    Refusal::NotFound => (Cause::NotFound, Status::NOT_FOUND),
                };
                let text = format!("{dialled}: route {name} refuses it as {}", cause.word());
                self.why(now, id, "route", text.clone());
                self.finish(now, id, EndedBy::System, cause, status.code(), text);
            }
        }
    }

    fn route_fails(&mut self, now: Now, id: CallId, text: String) {
        self.why(now, id, "route", text.clone());
        self.finish(now, id, EndedBy::System, Cause::Failed, Status::UNAVAILABLE.code(), text);
    }

    /// A call that a route let in is over.
    pub(super) fn leave_route(&mut self, now: Now, id: CallId) {
        if let Some(route) = self.calls.get(&id).and_then(|call| call.route.as_ref()) {
            self.traffic.end(route, now.mono.0 / 1_000);
        }
    }
}

/// The flow of a caller whom a route leads straight into a queue: to wait, and then goodbye.
fn queue_flow(queue: &str) -> Arc<Flow> {
    let job = Job::Queue {
        queue: Expr::Constant(Value::text(queue)),
        priority: None,
        timeout: None,
        full: None,
        empty: None,
        keys: BTreeMap::new(),
        after: None,
    };
    Arc::new(Flow {
        name: format!("queue-{queue}"),
        version: 1,
        title: String::new(),
        file: String::new(),
        language: Language::default(),
        nodes: vec![Node { name: "wait".into(), place: Place::default(), job }],
        start: NodeId(0),
        on_hang_up: None,
        arguments: BTreeMap::new(),
        text: String::new(),
    })
}
