//! Why a call goes where it goes, in words.

use super::{Asked, Fit, Routed, Told, Traffic, shown};
use crate::calendar::RuleTried;
use crate::number::normal;
use crate::site::SiteConfig;
use std::fmt;
use std::time::Duration;

/// Where a call goes, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteExplanation {
    /// The call: `4001, called by 13800138000, Thursday 2026-10-01 12:10 (Asia/Shanghai, +08:00)`.
    pub call: String,
    /// Routes that were tried, in order, up to the one that was taken.
    pub rules: Vec<RuleTried>,
    /// Routes after that one.
    pub not_tried: usize,
    /// Where it goes; `None`: nowhere.
    pub to: Option<String>,
    /// What came of it, in one sentence.
    pub outcome: String,
}

impl SiteConfig {
    /// Each route that is tried for a call, whether it fits, and why.
    pub fn explain_route(&self, asked: &Asked<'_>, traffic: &mut dyn Traffic) -> RouteExplanation {
        let (mut rules, mut told) = (Vec::new(), Told(Some(Vec::new())));
        let routed = self.try_routes(asked, traffic, &mut told, &mut |route, fit, told| {
            let mut reasons = told.0.as_mut().map(std::mem::take).unwrap_or_default();
            if reasons.is_empty() {
                reasons.push("always".to_owned());
            }
            rules.push(RuleTried {
                rule: format!("{} to {} (line {})", route.name, route.to, route.line),
                matched: fit == Fit::Yes,
                why: reasons.join("; "),
            });
        });
        let (to, outcome) = match routed {
            Routed::To(route) => (Some(route.to.to_string()), format!("goes to {}", route.to)),
            Routed::Full(route) => (
                None,
                format!("refused: {} has as many calls as it may, and no other route fits", route.name),
            ),
            Routed::Nowhere => (None, "no route fits".to_owned()),
        };
        RouteExplanation {
            call: format!(
                "{}, called by {}, {}",
                shown(&normal(asked.number)),
                shown(&normal(asked.caller)),
                self.zone.shown(asked.at_ms)
            ),
            not_tried: self.routes.len().saturating_sub(rules.len()),
            rules,
            to,
            outcome,
        }
    }
}

/// A time in its largest whole unit: `90s`, `1h`.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds > 0 && seconds.is_multiple_of(length) {
            return format!("{}{unit}", seconds / length);
        }
    }
    format!("{seconds}s")
}

impl fmt::Display for RouteExplanation {
    /// Several lines: the call, each route with a mark, and what came of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.call)?;
        for tried in &self.rules {
            let mark = if tried.matched { "yes" } else { "no " };
            writeln!(f, "  {mark} {}  --  {}", tried.rule, tried.why)?;
        }
        match self.not_tried {
            0 => (),
            1 => writeln!(f, "  1 more route was not tried")?,
            n => writeln!(f, "  {n} more routes were not tried")?,
        }
        writeln!(f, "{}", self.outcome)
    }
}
