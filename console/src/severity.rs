//! How bad things are: the thresholds behind the marks.

use switchroom_wire::{
    Board, CallView, DirectionQuality, ExtensionState, ExtensionView, RecordingState, Severity,
};

/// How bad a call is: its alarms, its troubles, its quality.
pub(crate) fn call_severity(call: &CallView, board: &Board) -> Severity {
    if call.ended.is_some() {
        return Severity::Info;
    }
    let alarms = board.alarms.values().filter(|alarm| alarm.call.as_deref() == Some(&call.id));
    let worst = alarms.map(|alarm| alarm.severity).max().unwrap_or_default();
    let trouble = !call.troubles.is_empty() || call.recording == RecordingState::Failed;
    worst.max(if trouble { Severity::Warn } else { Severity::Info }).max(mos_severity(call_mos(call)))
}

/// The mean opinion score of the worse direction, in hundredths; 0 while unknown.
pub(crate) fn call_mos(call: &CallView) -> u16 {
    let directions = call.legs.iter().flat_map(|leg| [leg.quality.received, leg.quality.sent]);
    directions.map(|direction| direction.mos_centi).filter(|mos| *mos > 0).min().unwrap_or(0)
}

/// 3.6 is fair, 3.1 poor.
pub(crate) fn mos_severity(centi: u16) -> Severity {
    match centi {
        0 | 361.. => Severity::Info,
        311..=360 => Severity::Warn,
        _ => Severity::Crit,
    }
}

/// The worst of loss (1 %, 3 %), jitter (30, 60 ms) and score of one direction.
pub(crate) fn direction_severity(direction: &DirectionQuality) -> Severity {
    let of = |value: u32, warn: u32, crit: u32| {
        if value >= crit {
            Severity::Crit
        } else if value >= warn {
            Severity::Warn
        } else {
            Severity::Info
        }
    };
    of(direction.loss_ppm, 10_000, 30_000)
        .max(of(direction.jitter_us, 30_000, 60_000))
        .max(mos_severity(direction.mos_centi))
}

/// How bad a line is.
pub(crate) fn line_severity(extension: &ExtensionView) -> Severity {
    if extension.state == ExtensionState::Lost {
        return Severity::Crit;
    }
    let missed = extension.bindings.iter().any(|binding| binding.missed > 0);
    if extension.problem.is_some() || missed { Severity::Warn } else { Severity::Info }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds() {
        for (mos, want) in
            [(0, Severity::Info), (361, Severity::Info), (360, Severity::Warn), (310, Severity::Crit)]
        {
            assert_eq!(mos_severity(mos), want, "{mos}");
        }
        let direction = |loss_ppm, jitter_us| DirectionQuality { loss_ppm, jitter_us, ..Default::default() };
        assert_eq!(direction_severity(&direction(9_999, 29_999)), Severity::Info);
        assert_eq!(direction_severity(&direction(10_000, 0)), Severity::Warn);
        assert_eq!(direction_severity(&direction(0, 60_000)), Severity::Crit);
    }

    #[test]
    fn what_ended_is_no_trouble_any_more() {
        let mut call = CallView { troubles: vec!["loss caller 2.1%".into()], ..Default::default() };
        assert_eq!(call_severity(&call, &Board::default()), Severity::Warn);
        call.ended = Some(Default::default());
        assert_eq!(call_severity(&call, &Board::default()), Severity::Info);
    }
}
