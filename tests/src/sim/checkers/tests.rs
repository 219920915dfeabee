//! What checkers once took for a fault and was none.

use super::flows::PromptsAreForAnswered;
use super::secrets::SecretsStay;
use super::{Checker, Finding};
use crate::sim::faults::Faults;
use crate::sim::inbound::LENT;
use crate::sim::plant::{Defect, Plant};
use crate::sim::setup::Setup;
use crate::sim::world::{Came, Step, USER, World};
use std::collections::BTreeSet;
use std::time::Duration;
use switchroom_exchange::{Action, CallId, Command, LegId, MediaCommand, MediaEvent, Record, Stage};
use switchroom_flow::Clip;
use switchroom_phone::PhoneCommand;
use switchroom_phone::digits::DigitsBy;
use switchroom_phone::script::{Actor, Course};

fn world() -> World {
    World::new(Setup::draw(1, Duration::from_secs(10), 2, &Faults::default()), Plant::default())
}

/// A step in which a message came from the first phone.
fn step(world: &World, message: &[u8], actions: Vec<Action>) -> Step {
    let came = Came::Message(world.handsets[0].flow(), message.into());
    Step { number: world.steps, now: world.now, came, actions, changed: BTreeSet::new(), died: false }
}

#[test]
fn an_answer_with_bytes_that_are_no_text_is_an_answer() {
    let world = world();
    let call = CallId(7);
    let clips = vec![Clip::Ringing];
    let ringing = MediaCommand::Play { call, leg: LegId(1), number: 0, clips, is_loop: true };
    let came = |status: &str| {
        let via = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx";
        let mut message =
            format!("SIP/2.0 {status}\r\n{via}\r\nTo: <sip:102@pbx.example>;tag=t").into_bytes();
        message.push(0xd6);
        message.extend(b"m6\r\nCall-ID: placed\r\nCSeq: 1 INVITE\r\n\r\n");
        step(&world, &message, vec![Action::Media(ringing.clone())])
    };
    let checker = || PromptsAreForAnswered::of_one("placed", call);
    assert_eq!(checker().step(&world, &came("200 OK")), Ok(()));
    assert!(checker().step(&world, &came("180 Ringing")).is_err());
}

/// Three people who do what they are told, and the checker of secrets.
struct Three {
    world: World,
    checker: SecretsStay,
    noted: usize,
    found: Option<Finding>,
}

impl Three {
    fn new(plant: Plant) -> Self {
        let mut setup = Setup::draw(4, Duration::from_secs(10), 3, &Faults::default());
        setup.phones.truncate(3);
        (setup.calls, setup.troubles) = (Vec::new(), Vec::new());
        for (place, phone) in setup.phones.iter_mut().enumerate() {
            (phone.extension, phone.late_offer, phone.tcp) = ((101 + place).to_string(), false, false);
        }
        let mut world = World::new(setup, plant);
        let now = world.now.mono;
        for handset in &mut world.handsets {
            handset.actor = Actor::new(now, vec![], Course::NoAnswer);
        }
        let mut three = Self { world, checker: SecretsStay::default(), noted: 0, found: None };
        three.pass(10);
        three
    }

    fn look(&mut self, step: &Step) {
        let is_digit = |action: &&Action| matches!(action, Action::Persist { record: Record::Event(event), .. } if event.name == "digit");
        self.noted += step.actions.iter().filter(is_digit).count();
        self.found = self.found.take().or(self.checker.check(&self.world, step).err());
    }

    fn pass(&mut self, seconds: u64) {
        let end = self.world.now.mono.after(Duration::from_secs(seconds));
        while self.world.next_at().is_some_and(|at| at <= end) {
            if let Some(step) = self.world.advance() {
                self.look(&step);
            }
        }
        self.world.wait_until(end);
    }

    fn does(&mut self, place: usize, command: &PhoneCommand) {
        let now = self.world.now.mono;
        self.world.handsets[place].act(now, command).unwrap();
        self.world.drain(place);
        self.pass(1);
    }

    fn caller_presses(&mut self, digit: char) {
        let leg = self.world.exchange.calls().next().unwrap().caller;
        let step = self.world.tell(Came::Media(MediaEvent::Digit { leg, digit })).unwrap();
        self.look(&step);
    }

    fn stage(&self) -> Stage {
        self.world.exchange.calls().next().unwrap().stage.clone()
    }
}

#[test]
fn a_key_of_who_is_being_put_through_is_no_flows() {
    let mut three = Three::new(Plant::default());
    three.does(0, &PhoneCommand::Call("102".into()));
    three.does(1, &PhoneCommand::Answer);
    three.world.typed_secrets = three.world.exchange.calls().map(|call| call.id).collect();
    three.caller_presses('1');
    three.does(1, &PhoneCommand::Transfer("103".into()));
    assert_eq!(three.stage(), Stage::Seeking);
    three.caller_presses('2');
    three.does(1, &PhoneCommand::HangUp);
    assert_eq!(three.stage(), Stage::Seeking);
    three.caller_presses('3');
    assert_eq!((three.noted, three.found), (3, None));
}

/// Who talked without any flow is sent into one, and types by INFO: what the ladder shows after the first look at it.
fn second_key_of_who_was_handed_off(plant: Plant) -> (bool, Option<Finding>) {
    let mut three = Three::new(plant);
    three.does(0, &PhoneCommand::Call("102".into()));
    three.does(1, &PhoneCommand::Answer);
    three.does(0, &PhoneCommand::Digits("7".into(), DigitsBy::Info));
    let call = three.world.exchange.calls().next().unwrap().id;
    let step = three.world.tell(Came::Command(USER, Command::HandOff { call, flow: LENT.into() })).unwrap();
    three.look(&step);
    three.world.typed_secrets = [call].into();
    assert_eq!((three.stage(), &three.world.exchange.call(call).unwrap().flow), (Stage::Flow, &None));
    three.does(0, &PhoneCommand::Digits("8".into(), DigitsBy::Info));
    let is_found_at_once = three.found.is_some();
    three.does(0, &PhoneCommand::Digits("9".into(), DigitsBy::Info));
    (is_found_at_once, three.found)
}

#[test]
fn every_key_of_who_was_handed_off_is_looked_for() {
    assert_eq!(second_key_of_who_was_handed_off(Plant::default()), (false, None));
    assert!(second_key_of_who_was_handed_off(Plant::new(Defect::ShownKey)).0);
    let (is_found_at_once, found) = second_key_of_who_was_handed_off(Plant::new(Defect::ShownNextKey));
    assert!(!is_found_at_once && found.is_some_and(|found| found.text.contains("7 was pressed")));
}
