//! The machine of a binding as a table: what every event does in every state.

use super::table::{Since, drawn};
use super::world::{World, config};
use crate::coverage::{BindingEvent as E, BindingState as S, marks};
use crate::*;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const AT: &str = "192.0.2.11:5060";
const CONTACT: &str = "<sip:101@192.0.2.11:5060>";

/// A phone of 101 whose binding is in some state.
struct Scene {
    w: World,
    at: SocketAddr,
}

impl Scene {
    fn new(state: S, event: E) -> Self {
        let mut w = World::new();
        let is_cut = state == S::Cut || event == E::ConnectionLost;
        let (transport, connection) = if is_cut { (Transport::Tcp, 1) } else { (Transport::Udp, 0) };
        let at = w.phone_over("101", AT, transport, connection);
        let mut this = Self { w, at };
        this.w.same_call_id = (event == E::RegisterTooOld).then(|| "again".into());
        let is_ping = matches!(event, E::OptionsAnswered | E::OptionsUnanswered);
        if state == S::Absent && !is_ping {
            return this;
        }
        this.w.register(at, &[CONTACT], Some(600));
        match state {
            S::Unresponsive => {
                this.w.run(Duration::from_secs(5));
                this.away(|w| w.run(Duration::from_secs(190)));
            }
            // It was asked, and then removed before it answered.
            S::Absent => {
                ask(&mut this.w);
                this.unregister();
            }
            // It was asked, and its connection is lost before it answered: the loss is the event.
            S::Cut if event == E::OptionsUnanswered => {
                ask(&mut this.w);
                return this;
            }
            S::Cut => {
                let flow = this.w.x.bindings("101").next().unwrap().flow;
                this.w.input(Input::FlowLost(flow));
            }
            S::Registered => {}
        }
        assert_eq!(this.state(), state.word());
        this
    }

    /// Something happens while the phone is unplugged.
    fn away(&mut self, what: impl FnOnce(&mut World)) {
        let phone = self.w.phones.remove(&self.at).unwrap();
        what(&mut self.w);
        self.w.phones.insert(self.at, phone);
    }

    fn state(&self) -> &'static str {
        S::of(self.w.x.bindings("101").next()).word()
    }

    fn unregister(&mut self) {
        let command = Command::Unregister { extension: "101".into(), contact: None };
        self.w.input(Input::Command { id: CommandId(1), user: "mara".into(), command });
    }

    fn configure(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = config();
        change(&mut config);
        self.w.input(Input::Config(Arc::new(config)));
    }

    fn apply(&mut self, state: S, event: E) -> Result<(), &'static str> {
        let is_there = self.state() != "absent";
        let was_cut = self.state() == "cut";
        match event {
            E::RegisterNew if is_there => return Err("there"),
            E::RegisterAgain if was_cut => return Err("cut"),
            E::RegisterNew | E::RegisterAgain => _ = self.w.register(self.at, &[CONTACT], Some(300)),
            E::RegisterMoved => {
                if !is_there {
                    return Err("absent");
                }
                let to = self.w.phone_over("101", "198.51.100.9:7777", Transport::Tcp, 2);
                self.w.register(to, &[CONTACT], Some(300));
            }
            E::RegisterRemove => _ = self.w.register(self.at, &[CONTACT], Some(0)),
            E::RegisterStar => _ = self.w.register(self.at, &["*"], Some(0)),
            E::RegisterTooBrief => _ = self.w.register(self.at, &[CONTACT], Some(5)),
            E::RegisterTooOld => _ = self.w.register(self.at, &[CONTACT], Some(600)),
            E::Replaced => {
                _ = self.w.register(
                    self.at,
                    &["<sip:101@192.0.2.11:5060>;+sip.instance=\"<urn:uuid:1>\""],
                    Some(300),
                );
            }
            E::PushedOut => {
                for n in 1..4 {
                    let contact = format!("<sip:101@192.0.2.2{n}>;expires=600");
                    self.w.register(self.at, &[&contact], None);
                }
            }
            E::Expires => self.away(|w| w.run(Duration::from_secs(610))),
            E::ConnectionLost if was_cut => return Err("cut"),
            E::ConnectionLost => {
                let flow = self.w.x.bindings("101").next().ok_or("absent")?.flow;
                self.w.input(Input::FlowLost(flow));
            }
            E::AskDue => self.away(ask),
            E::OptionsAnswered if was_cut => return Err("cut"),
            E::OptionsAnswered if is_there => {
                ask(&mut self.w);
                self.w.ms(50);
            }
            E::OptionsAnswered => self.w.ms(50),
            E::OptionsUnanswered if state == S::Cut => {
                let flow = self.w.x.bindings("101").next().unwrap().flow;
                self.w.input(Input::FlowLost(flow));
            }
            E::OptionsUnanswered => self.away(|w| {
                ask(w);
                w.run(Duration::from_secs(33));
            }),
            E::Command => self.unregister(),
            E::Unconfigured => self.configure(|c| _ = c.extensions.remove("101")),
            E::NewPassword => {
                self.configure(|c| c.extensions.get_mut("101").unwrap().ha1_md5 = Some([7; 16]));
            }
        }
        Ok(())
    }
}

/// Time passes until the phone is asked next.
fn ask(w: &mut World) {
    let due = w.x.timers.next().map_or(w.now.mono, |(at, _)| at);
    w.run(due.since(w.now.mono));
}

/// All that is known of the bindings of 101.
fn known(s: &Scene) -> String {
    s.w.x.bindings("101").map(|b| format!("{b:?}")).collect()
}

fn cell(state: S, event: E) -> (char, String) {
    let mut s = Scene::new(state, event);
    let (before, since) = (s.w.x.times_of_binding(state, event), Since::now(&s.w));
    let known_before = known(&s);
    let done = s.apply(state, event);
    let mut told = since.told(&s.w);
    // Sent again and again while no answer comes; it is the question's own row that tells of it.
    told.dedup();
    told.retain(|t| event == E::AskDue || !t.ends_with("<OPTIONS"));
    let told = told.join(" ");
    if let Err(why) = done {
        return ('-', why.to_owned());
    }
    if s.w.x.times_of_binding(state, event) == before {
        return ('-', "never meet".to_owned());
    }
    let mark = if known(&s) != known_before || !told.is_empty() { '+' } else { '.' };
    let after = if s.state() == state.word() { "same" } else { s.state() };
    (mark, format!("{after}: {told}"))
}

#[test]
fn table_of_bindings() {
    let states: Vec<_> = S::ALL.iter().map(|s| (*s, s.word())).collect();
    let events: Vec<_> = E::ALL.iter().map(|e| (*e, e.word())).collect();
    let (text, found) = drawn(&states, &events, 12, cell);
    insta::assert_snapshot!("bindings", text);
    let said: Vec<_> = marks()[1].iter().map(|(event, row)| (*event, (*row).to_owned())).collect();
    assert_eq!(found, said, "what matters, by the table of coverage and by what happens");
}
