//! Rules of lamps, each broken once.

use super::{breaks, breaks_also, world};
use crate::lamps::{Light, Means, Subject};
use crate::tests::agents_by_phone;
use crate::tests::lamps::Panel;
use crate::tests::world::World;
use crate::*;
use switchroom_acd::Presence;

/// 101 is in a talk, which a lamp at 103 shows.
fn lit() -> World {
    let mut w = world();
    let panel = Panel::of(&mut w, "103");
    panel.watch(&mut w, "101");
    w
}

#[test]
fn lamps_are_found_told_and_mean_something() {
    breaks(
        lit(),
        |x| x.subscriptions.only_lamp().told = Some(Light::Dark),
        "lamp 1 of 101 was told Some(Dark) and is Lit",
    );
    breaks(
        lit(),
        |x| x.lamps.misplace(Subject::Phones("102".into())),
        "lamp 1 is not found by Phones(\"101\")",
    );
    breaks_also(
        lit(),
        |x| x.subscriptions.only_lamp().means = Means::Phones("102".into()),
        "lamp 1 of 101 is one of Phones(\"102\"), and that means Some(Phones(\"101\"))",
    );
    breaks(lit(), |x| x.lamps.copy(), "1 lamps are found by 2 entries");
}

#[test]
fn who_sits_where_there_are_lamps_is_known() {
    let mut w = World::with(agents_by_phone::site(), Restored::default());
    let panel = Panel::of(&mut w, "102");
    panel.watch(&mut w, "*52");
    let act =
        AgentAct::Choose { agent: "2002".into(), presence: Presence::Ready, extension: Some("102".into()) };
    w.command("boss", Command::Agent(act)).unwrap();
    breaks(w, |x| x.lamps.unseat(), "agent 2002 sits at 102, which is watched, by one account only");
}
