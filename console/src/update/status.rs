//! Answers about the exchange and about one call as lines for people: `name  value`.

use crate::format::{clock_ms, moment};
use crate::rows::Form;
use switchroom_wire::{EndedView, SystemView, WhyView, clean, fit};

/// Columns of the names.
const NAME_COLUMNS: usize = 14;

/// One line of a box.
pub(super) fn line(name: &str, value: &str) -> String {
    format!("{}{}", fit(name, NAME_COLUMNS), clean(value))
}

/// How the exchange stands.
pub(super) fn system_lines(system: &SystemView, form: Form<'_>) -> Vec<String> {
    let words = form.words;
    let n = |count: u64| count.to_string();
    let counted = |key: &str, fields: &[(&str, String)]| words.f(key, fields);
    let disk = system.disk_free_ppk.map_or_else(|| "-".to_owned(), |ppk| format!("{}%", ppk / 10));
    let calls = [
        ("calls", n(system.calls.into())),
        ("most", n(system.calls_max.into())),
        ("total", n(system.calls_total)),
    ];
    let registered = [("lines", n(system.registered.into())), ("phones", n(system.bindings.into()))];
    let refused = [
        ("malformed", n(system.malformed)),
        ("passwords", n(system.auth_failures)),
        ("ignored", n(system.ignored)),
    ];
    let rows = [
        ("system.server", format!("{}   {}", system.server, system.site).trim_end().to_owned()),
        ("system.domain", system.domain.clone()),
        ("system.started", moment(system.started_ms, form.now_ms, form.utc_offset_min, words)),
        ("system.listen", system.listen.join(", ")),
        ("system.calls", counted("system.calls_of", &calls)),
        ("system.registered", counted("system.registered_of", &registered)),
        ("system.ports", format!("{} / {}", system.rtp_ports, system.rtp_ports_max)),
        ("system.transactions", n(system.transactions.into())),
        ("system.dialogs", n(system.dialogs.into())),
        ("system.refused", counted("system.refused_of", &refused)),
        ("system.store", system.store.clone()),
        ("system.disk", disk),
    ];
    rows.iter().map(|(key, value)| line(words.t(key), value)).collect()
}

/// The path of a call, and how it ended.
pub(super) fn path_lines(path: &[WhyView], ended: Option<&EndedView>, form: Form<'_>) -> Vec<String> {
    let words = form.words;
    let step = |step: &str| words.find(&format!("step.{step}")).unwrap_or(step).to_owned();
    let at = |ms| clock_ms(ms, form.utc_offset_min);
    let steps =
        path.iter().map(|why| format!("{}  {} {}", at(why.at_ms), fit(&step(&why.step), 9), why.text));
    let end =
        ended.map(|ended| format!("{}  {} {}", at(ended.at_ms), fit(words.t("call.end"), 9), ended.text));
    steps.chain(end).map(|text| clean(&form.party().sentence(&text)).into_owned()).collect()
}
