//! A caller types a secret in a flow, by each of the ways there are: a file holds none of its digits.

use super::rig::{Rig, config};
use super::{dump, plain};
use crate::flight::{Reader, Recorded};
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;
use switchroom_exchange::{Config, MediaEvent};
use switchroom_flow::number::Pattern;
use switchroom_flow::routes::{Destination, Route};
use switchroom_flow::{Asking, read};
use switchroom_phone::PhoneCommand;
use switchroom_phone::digits::DigitsBy;

/// Long enough to be nothing else by chance.
const SECRET: &str = "7391564828";

const DOOR: &str = "start = \"code\"
[nodes.code]
kind = \"collect\"
prompt = \"Your code, please.\"
into = \"code\"
min = 10
max = 10
secret = true
next = \"check\"
failed = \"bye\"
[nodes.check]
kind = \"exec\"
argv = [\"/bin/door\"]
input = { code = \"code\" }
next = \"bye\"
failed = \"bye\"
[nodes.bye]
kind = \"hang_up\"
";

/// 401 leads to a door that asks for a code.
fn site() -> Config {
    let (flow, faults) = read("door.toml", 1, DOOR);
    let flow = flow.unwrap_or_else(|| panic!("{faults:?}"));
    let mut config = config("secret");
    config.inbound.routes = vec![Route {
        name: "door".into(),
        line: 1,
        number: Pattern::parse("401").unwrap(),
        from: vec![],
        hours: None,
        to: Destination::Flow("door".into()),
        calls_max: None,
        calls_per_second: None,
        calls_per_caller: None,
        back: false,
    }];
    config.flows = [("door".to_owned(), Arc::new(flow))].into();
    config
}

/// How the caller types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    Events,
    InBand,
    Info,
}

/// A caller who types the code, and when it was asked for.
fn caller(typed: Typed) -> Rig {
    let mut rig = Rig::with(site(), "secret", "secret");
    rig.has_no_events = typed == Typed::InBand;
    rig.tell(0, &PhoneCommand::Register);
    rig.run(Duration::from_secs(1));
    rig.tell(0, &PhoneCommand::Call("401".into()));
    rig.run(Duration::from_secs(1));
    let leg = rig.exchange.calls().next().unwrap().caller;
    // Whether the sound is looked at is for the media engine to say, which knows what was agreed.
    assert!(rig.listened_to.contains(&leg), "{typed:?}");
    match typed {
        Typed::Info => rig.tell(0, &PhoneCommand::Digits(SECRET.into(), DigitsBy::Info)),
        Typed::Events | Typed::InBand => {
            for digit in SECRET.chars() {
                rig.give(Recorded::Media(Box::new(MediaEvent::Digit { leg, digit })));
            }
        }
    }
    rig.run(Duration::from_secs(5));
    rig
}

#[test]
fn a_secret_typed_in_a_flow_is_in_no_file() {
    for typed in [Typed::Events, Typed::InBand, Typed::Info] {
        let rig = caller(typed);
        // It did get there, all of it.
        let [Asking::Exec { input, .. }] = rig.asked.as_slice() else { panic!("{typed:?}: {:?}", rig.asked) };
        assert!(input.text.contains(SECRET), "{typed:?}");
        let bytes = dump(&rig);
        assert!(!plain(&bytes).contains(SECRET), "{typed:?}");
        let (mut reader, mut keys) = (Reader::new(Cursor::new(&bytes)).unwrap(), Vec::new());
        while let Some((_, line)) = reader.next_line().unwrap() {
            match line.input {
                Recorded::Media(event) => {
                    if let MediaEvent::Digit { digit, .. } = *event {
                        keys.push(digit.to_string());
                    }
                }
                Recorded::Message { bytes, .. } if bytes.0.starts_with(b"INFO ") => {
                    let text = String::from_utf8(bytes.0).unwrap();
                    keys.extend(text.split_once("Signal=").map(|(_, rest)| rest[..1].to_owned()));
                }
                _ => {}
            }
        }
        assert_eq!(keys, vec!["0"; SECRET.len()], "{typed:?}");
    }
}
