//! Session timers (RFC 4028): who refreshes, when, and when a silent session is over.

use crate::header::{Headers, Name, parse_number};
use std::time::Duration;

/// The shortest interval we agree to, which is also the least the RFC allows.
pub const MIN_SE: Duration = Duration::from_secs(90);

/// The longest interval to which a peer can bring us, unless we want a longer one ourselves: in a longer one it would not be
/// noticed within the day that the peer has vanished.
pub const PEERS_MAX: Duration = Duration::from_secs(4 * 3600);

/// What both sides agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimer {
    /// The session ends this long after the last refresh.
    pub interval: Duration,
    /// Whether refreshing is up to us.
    pub we_refresh: bool,
}

impl SessionTimer {
    /// When to refresh, or, if the peer should, when to give it up (§10).
    pub fn wait(self) -> Duration {
        if self.we_refresh {
            self.interval / 2
        } else {
            self.interval.saturating_sub(Duration::from_secs(32).min(self.interval / 3))
        }
    }
}

/// Session-Expires as it stands in a message.
fn read(headers: &Headers) -> Option<(Duration, Option<bool>)> {
    let value = headers.get(&Name::SessionExpires)?;
    let seconds = headers.number(&Name::SessionExpires)?;
    let refresher = value.split(';').skip(1).find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("refresher").then(|| value.trim().eq_ignore_ascii_case("uas"))
    });
    Some((Duration::from_secs(u64::from(seconds)), refresher))
}

/// The peer's request proposes an interval below [`MIN_SE`]: answer 422 with Min-SE (§9).
pub fn is_too_small(request: &Headers) -> bool {
    read(request).is_some_and(|(interval, _)| interval < MIN_SE) && request.lists(&Name::Supported, "timer")
}

/// Decides as the server of an INVITE or UPDATE, and writes the decision into the 2xx (§9). `ours` is the longest
/// interval we want.
pub fn answer(request: &Headers, response: &mut Headers, ours: Duration) -> Option<SessionTimer> {
    let supports = request.lists(&Name::Supported, "timer");
    let min = request.number(&Name::MinSe).map_or(MIN_SE, |s| Duration::from_secs(u64::from(s)).max(MIN_SE));
    // Who wants no refresh for longer than that gets more of them than it wants.
    let min = min.min(longest(ours));
    let (asked, refresher_is_uas) = read(request).unzip();
    let interval = asked.map_or(ours, |asked| asked.min(ours)).max(min);
    // If the peer leaves it open, or knows nothing of timers, refreshing is ours.
    let we_refresh = !supports || refresher_is_uas.flatten().unwrap_or(true);
    let word = if we_refresh { "uas" } else { "uac" };
    response.set(Name::SessionExpires, format!("{};refresher={word}", interval.as_secs()));
    if !we_refresh {
        response.push(Name::Require, "timer");
    }
    Some(SessionTimer { interval, we_refresh })
}

/// Writes our proposal into an INVITE or UPDATE. `keep` names the refresher in a refresh: true if it is us.
pub fn propose(request: &mut Headers, interval: Duration, min: Duration, keep: Option<bool>) {
    let refresher = match keep {
        Some(true) => ";refresher=uac",
        Some(false) => ";refresher=uas",
        None => "",
    };
    request.set(Name::SessionExpires, format!("{}{refresher}", interval.max(min).as_secs()));
    request.set(Name::MinSe, min.as_secs().to_string());
}

/// The longest interval that a peer gets, where `ours` is what we want.
fn longest(ours: Duration) -> Duration {
    ours.max(PEERS_MAX)
}

/// The interval that a 422 to our request asks for at least (§6). `None`: it names none, or one that is too long for us.
pub fn least(response: &Headers, ours: Duration) -> Option<Duration> {
    let seconds = parse_number(response.get(&Name::MinSe)?.split(';').next()?)?;
    let least = Duration::from_secs(u64::from(seconds)).max(MIN_SE);
    (least <= longest(ours)).then_some(least)
}

/// Reads what the server decided, from the 2xx to our request (§7.2), in which we proposed `ours`.
pub fn accept(response: &Headers, ours: Duration) -> Option<SessionTimer> {
    let (interval, refresher_is_uas) = read(response)?;
    // An interval that the RFC forbids is not worth ending a call for: take the least, or the longest.
    let interval = interval.clamp(MIN_SE, longest(ours));
    Some(SessionTimer { interval, we_refresh: !refresher_is_uas.unwrap_or(false) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(fields: &[(Name, &str)]) -> Headers {
        let mut h = Headers::default();
        for (name, value) in fields {
            h.push(name.clone(), *value);
        }
        h
    }

    #[test]
    fn the_server_decides() {
        let ours = Duration::from_secs(1800);
        for (se, supported, want, refresh) in [
            (Some("300"), true, "300;refresher=uas", true),
            (Some("300;refresher=uac"), true, "300;refresher=uac", false),
            (Some("300;refresher=uas"), true, "300;refresher=uas", true),
            (Some("7200"), true, "1800;refresher=uas", true),
            (None, true, "1800;refresher=uas", true),
            (None, false, "1800;refresher=uas", true),
        ] {
            let mut fields = vec![];
            fields.extend(se.map(|se| (Name::SessionExpires, se)));
            fields.extend(supported.then_some((Name::Supported, "replaces, timer")));
            let mut response = Headers::default();
            let timer = answer(&headers(&fields), &mut response, ours).unwrap();
            assert_eq!((response.get(&Name::SessionExpires), timer.we_refresh), (Some(want), refresh));
            assert_eq!(response.lists(&Name::Require, "timer"), !refresh);
        }
    }

    #[test]
    fn the_client_obeys() {
        let read = |v| {
            let timer = accept(&headers(&[(Name::SessionExpires, v)]), Duration::from_secs(1800));
            timer.map(|t| (t.interval.as_secs(), t.we_refresh))
        };
        assert_eq!(read("1800;refresher=uac"), Some((1800, true)));
        assert_eq!(read("1800 ; refresher = uas"), Some((1800, false)));
        assert_eq!(read("20"), Some((90, true)));
        assert_eq!(read("14400"), Some((14_400, true)));
        assert_eq!(read("14401"), Some((14_400, true)));
        assert_eq!(read("99999999999"), Some((14_400, true)));
        assert_eq!(read("x"), None);
        let timer = SessionTimer { interval: Duration::from_secs(90), we_refresh: false };
        assert_eq!(timer.wait(), Duration::from_secs(60));
    }

    /// A peer that vanishes is noticed, whatever least interval it named: a call on hold has no media that would tell.
    #[test]
    fn no_peer_makes_a_session_last_for_years() {
        let ours = Duration::from_secs(1800);
        let years = u32::MAX.to_string();
        let years = years.as_str();
        for (min, ours_s, want) in
            [("3600", 1800, 3600), ("14400", 1800, 14_400), (years, 1800, 14_400), (years, 86_400, 86_400)]
        {
            let request =
                headers(&[(Name::MinSe, min), (Name::SessionExpires, years), (Name::Supported, "timer")]);
            let timer = answer(&request, &mut Headers::default(), Duration::from_secs(ours_s)).unwrap();
            assert_eq!(timer.interval.as_secs(), want, "Min-SE {min} where we want {ours_s}");
        }
        for (min, want) in
            [("60", Some(90)), ("3600;x", Some(3600)), ("14401", None), (years, None), ("x", None)]
        {
            let asked = least(&headers(&[(Name::MinSe, min)]), ours).map(|min| min.as_secs());
            assert_eq!(asked, want, "{min}");
        }
        assert_eq!(least(&Headers::default(), ours), None);
    }

    /// Class "integer headers", Session-Expires: too small is 422 for those who know what that means.
    #[test]
    fn too_small_is_told() {
        assert!(is_too_small(&headers(&[(Name::SessionExpires, "1"), (Name::Supported, "timer")])));
        assert!(!is_too_small(&headers(&[(Name::SessionExpires, "1")])));
        assert!(!is_too_small(&headers(&[(Name::SessionExpires, "90"), (Name::Supported, "timer")])));
    }
}
