//! One run as data: the site, the phones, the calls and everything that goes wrong, drawn from a seed.

use super::asking::AskingSetup;
use super::dice::Dice;
use super::faults::{Fault, Faults, Habit};
use super::floor::FloorSetup;
use super::inbound::InboundSetup;
use super::trouble::{self, Trouble};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use switchroom_acd::config::SortKey;
use switchroom_phone::Codec;
use switchroom_phone::script::{Plan, PlannedCall, Profile};
use switchroom_sip::rng::Rng;

/// A phone of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneSetup {
    /// Its extension; several phones may have the same.
    pub extension: String,
    /// Its own address.
    pub own: SocketAddr,
    /// The address the exchange sees it at.
    pub public: SocketAddr,
    /// It comes over TCP.
    pub tcp: bool,
    /// It names its instance when it registers.
    pub instance: bool,
    /// It rings with sound.
    pub early_media: bool,
    /// It calls without an offer.
    pub late_offer: bool,
    /// It demands that ringing be acknowledged.
    pub demands_reliable: bool,
    /// It does not say that it knows UPDATE, so that sessions are refreshed by re-INVITE.
    #[serde(default)]
    pub no_update: bool,
    /// Codecs, best first.
    pub codecs: Vec<Codec>,
    /// How long it registers for, seconds.
    pub expires_s: u64,
    /// Session timer it proposes, seconds.
    pub session_expires_s: u64,
    /// It registers nowhere: the configuration says where it is.
    #[serde(default)]
    pub is_fixed: bool,
    /// The configuration names its host, and of a hundred look-ups so many fail or find another address.
    #[serde(default)]
    pub host_fails_percent: Option<u8>,
    /// Numbers beside its lamps.
    #[serde(default)]
    pub lamps: Vec<String>,
    /// Bad habits.
    pub habits: Vec<Habit>,
}

/// The site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SiteSetup {
    pub starts_ms: i64,
    pub calls_max: usize,
    pub calls_per_extension: usize,
    pub rtp_pairs: u16,
    pub ring_s: u64,
    pub session_expires_s: u64,
    pub keep_alive_s: u64,
    /// Zero: nobody is reminded of a hold.
    pub hold_reminder_s: u64,
    pub register_min_s: u64,
    pub register_max_s: u64,
    pub records: bool,
    pub md5: bool,
}

/// What may become of a datagram, in parts per million.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[allow(missing_docs)]
pub struct NetSetup {
    /// Shortest time on the way, microseconds.
    pub delay_us: u64,
    /// At most that much more.
    pub jitter_us: u64,
    pub loss_ppm: u32,
    pub duplicate_ppm: u32,
    /// Datagrams that are seconds late.
    pub late_ppm: u32,
    pub late_ms: u64,
    /// Messages of phones that come with a mutilated copy, or with noise.
    pub garbage_ppm: u32,
}

/// How the media engine behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[allow(missing_docs)]
pub struct MediaSetup {
    pub delay_ms: u64,
    pub open_fails_ppm: u32,
    pub record_fails_ppm: u32,
    /// Answered calls in which it has something to say of silence, loss and digits.
    pub news_ppm: u32,
    /// Legs whose end it never tells, or tells very late.
    pub late_close_ppm: u32,
    /// Sound always comes 50 ms after it was agreed on.
    #[serde(default)]
    pub is_steady: bool,
}

/// How the store behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[allow(missing_docs)]
pub struct StoreSetup {
    pub flush_us: u64,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Setup {
    pub seed: u64,
    /// How long calls are made, milliseconds.
    pub length_ms: u64,
    pub site: SiteSetup,
    pub net: NetSetup,
    pub media: MediaSetup,
    pub store: StoreSetup,
    #[serde(default)]
    pub asking: AskingSetup,
    /// Flows and routes; none in what was written before there were any.
    #[serde(default)]
    pub inbound: InboundSetup,
    /// Queues and agents; none in what was written before there were any.
    #[serde(default)]
    pub floor: FloorSetup,
    pub phones: Vec<PhoneSetup>,
    pub calls: Vec<PlannedCall>,
    /// What happens when, milliseconds from the start.
    pub troubles: Vec<(u64, Trouble)>,
}

/// Half past midnight on a Sunday before clocks change in Europe, and others that are nothing special.
const STARTS_MS: [i64; 4] = [1_774_744_200_000, 1_792_888_200_000, 1_700_000_000_000, 1_767_225_590_000];

/// Some minutes before the office opens on a Monday, and before it closes for lunch: queues have its hours.
const BY_HOURS_MS: [i64; 2] = [1_795_416_960_000, 1_795_431_240_000];

impl Setup {
    /// Draws a run. The same arguments give the same run.
    pub fn draw(seed: u64, length: Duration, phones: usize, faults: &Faults) -> Self {
        let mut rng = Rng::from_number(seed);
        let mut site = site(&mut rng, phones, faults);
        start_by_hours(seed, &mut site);
        let net = net(&mut rng, faults);
        let media = media(&mut rng, faults);
        let store = StoreSetup { flush_us: 500 + rng.below(4_500) };
        let planned = phones.max(2);
        let mut all: Vec<PhoneSetup> =
            (0..planned).map(|n| phone(&mut rng, n, (101 + n).to_string(), faults)).collect();
        // Second and third phones of some people: they fork.
        for n in 0..planned {
            for _ in 0..2 {
                if !rng.percent(15) {
                    break;
                }
                let place = all.len();
                all.push(phone(&mut rng, place, (101 + n).to_string(), faults));
            }
        }
        if faults.has(Fault::Phones) {
            consulting(seed, &mut all);
            stretch(seed, &mut site, &mut all);
        }
        fix_one(seed, faults.has(Fault::Phones), &mut all);
        let profile = profile(&mut rng, planned, site.ring_s);
        let mut calls = Plan::draw(&profile, planned, length, rng.bits()).calls;
        let mut troubles = trouble::draw(&mut rng, length, all.len(), faults);
        let asking = AskingSetup::draw(&mut rng, faults);
        let inbound = InboundSetup::draw(&mut rng, faults);
        let length_ms = millis(length);
        let mut floor = FloorSetup::draw(&mut rng, planned);
        if faults.0.is_empty() {
            floor = evened(seed, planned, floor);
        }
        troubles.extend(floor.wishes(&mut rng, length_ms, !faults.0.is_empty()));
        let mut numbers: Vec<String> = all.iter().map(|phone| phone.extension.clone()).collect();
        let routes = inbound.numbers().chain(floor.numbers()).map(str::to_owned);
        if !faults.0.is_empty() {
            lamps(seed, &mut all, inbound.numbers().chain(floor.numbers()).collect());
        }
        // As many calls to what routes are for as to people.
        numbers.extend(routes.cycle().take(all.len()));
        if floor.fair.is_none() {
            troubles.extend(trouble::placed(seed, length, all.len(), &numbers));
            troubles.extend(trouble::supervised(seed, length, all.len()));
        } else {
            // Who answers does nothing else. Somebody is free mostly, or never.
            let gap = if floor.is_crowded() { Duration::ZERO } else { floor.pace() };
            let mut next = Duration::ZERO;
            calls.retain(|call| {
                let is_kept = call.from >= floor.agents && call.at >= next;
                next = if is_kept { call.at + gap } else { next };
                is_kept
            });
        }
        troubles.sort_by_key(|(at, _)| *at);
        Self {
            seed,
            length_ms,
            site,
            net,
            media,
            store,
            asking,
            inbound,
            floor,
            phones: all,
            calls,
            troubles,
        }
    }
}

/// Whole milliseconds.
pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn site(rng: &mut Rng, phones: usize, faults: &Faults) -> SiteSetup {
    let tight = !faults.0.is_empty() && rng.percent(15);
    SiteSetup {
        starts_ms: rng.pick(&STARTS_MS),
        calls_max: if tight { phones / 4 + 1 } else { 4 * phones + 10 },
        calls_per_extension: if tight { 1 } else { 4 },
        rtp_pairs: u16::try_from(if tight { phones + 2 } else { 20 * phones + 20 }).unwrap_or(u16::MAX),
        ring_s: rng.pick(&[5, 8, 15, 30]),
        session_expires_s: rng.pick(&[90, 120, 600, 1800]),
        keep_alive_s: rng.pick(&[0, 5, 30, 30]),
        hold_reminder_s: 5,
        register_min_s: rng.pick(&[30, 60]),
        register_max_s: rng.pick(&[60, 120, 600]),
        records: rng.percent(70),
        md5: rng.percent(50),
    }
}

fn net(rng: &mut Rng, faults: &Faults) -> NetSetup {
    let rate = |rng: &mut Rng, fault: Fault, of: &[u32]| if faults.has(fault) { rng.pick(of) } else { 0 };
    NetSetup {
        delay_us: rng.pick(&[100, 1_000, 20_000, 80_000]),
        jitter_us: rng.pick(&[0, 500, 10_000]),
        loss_ppm: rate(rng, Fault::Loss, &[0, 1_000, 10_000, 50_000, 100_000, 200_000, 300_000]),
        duplicate_ppm: rate(rng, Fault::Duplicates, &[0, 1_000, 50_000, 200_000]),
        late_ppm: rate(rng, Fault::Reorder, &[0, 1_000, 20_000, 100_000]),
        late_ms: rng.pick(&[50, 600, 5_000, 40_000]),
        garbage_ppm: rate(rng, Fault::Garbage, &[0, 1_000, 20_000, 100_000]),
    }
}

fn media(rng: &mut Rng, faults: &Faults) -> MediaSetup {
    if !faults.has(Fault::Media) {
        return MediaSetup { delay_ms: 1, ..MediaSetup::default() };
    }
    MediaSetup {
        delay_ms: rng.pick(&[0, 1, 20, 500, 2_500]),
        open_fails_ppm: rng.pick(&[0, 0, 5_000, 100_000]),
        record_fails_ppm: rng.pick(&[0, 0, 50_000]),
        news_ppm: rng.pick(&[0, 50_000, 400_000]),
        late_close_ppm: rng.pick(&[0, 0, 20_000]),
        is_steady: false,
    }
}

fn phone(rng: &mut Rng, place: usize, extension: String, faults: &Faults) -> PhoneSetup {
    let n = u32::try_from(place).unwrap_or(0);
    let own_ip = Ipv4Addr::from_bits(0x0a00_0000 + 0x100 + n);
    // A few share one translator's address, most have their own.
    let behind = rng.percent(30);
    let public_ip = if behind { Ipv4Addr::from_bits(0xc633_6400 + n % 3) } else { own_ip };
    let port = if behind { 20_000 + u16::try_from(n).unwrap_or(0) } else { 5060 };
    let mut habits = Vec::new();
    if faults.has(Fault::Phones) {
        while rng.percent(35) && habits.len() < 3 {
            habits.push(rng.pick(&Habit::ALL));
        }
        if rng.percent(15) {
            habits.push(Habit::Transfers);
        }
    }
    let codecs: &[&[Codec]] = &[
        &[Codec::Pcma, Codec::Pcmu],
        &[Codec::Pcmu],
        &[Codec::G722, Codec::Pcma],
        &[Codec::Opus, Codec::Pcma, Codec::Pcmu],
    ];
    let odd = !faults.0.is_empty();
    PhoneSetup {
        extension,
        own: SocketAddr::new(IpAddr::V4(own_ip), 5060),
        public: SocketAddr::new(IpAddr::V4(public_ip), port),
        tcp: rng.percent(25),
        instance: rng.percent(50),
        early_media: rng.percent(15),
        late_offer: rng.percent(8),
        demands_reliable: rng.percent(10),
        no_update: rng.percent(25),
        codecs: if odd { rng.pick(codecs).to_vec() } else { codecs[0].to_vec() },
        expires_s: rng.pick(&[60, 120, 300, 3600]),
        session_expires_s: rng.pick(&[90, 120, 1800]),
        is_fixed: false,
        host_fails_percent: None,
        lamps: Vec::new(),
        habits,
    }
}

/// Where nothing goes wrong, agents of some sites are all alike, so that one sees whether turns are fair.
fn evened(seed: u64, phones: usize, drawn: FloorSetup) -> FloorSetup {
    match seed % 16 {
        11 => FloorSetup::fair(seed, phones, SortKey::RoundRobin),
        13 => FloorSetup::fair(seed, phones, SortKey::FewestCalls),
        _ => drawn,
    }
}

/// Some days begin, or pause, during the run. Drawn apart, so that all else is what it was.
fn start_by_hours(seed: u64, site: &mut SiteSetup) {
    let mut rng = Rng::from_number(seed ^ 0x686f_7572_7300);
    if rng.percent(30) {
        site.starts_ms = rng.pick(&BY_HOURS_MS);
    }
}

/// Some ask somebody before they put a call through. Drawn apart, so that runs in which nobody does are what they were.
fn consulting(seed: u64, phones: &mut [PhoneSetup]) {
    let mut rng = Rng::from_number(seed ^ 0x636f_6e73_756c_7400);
    if !rng.percent(50) {
        return;
    }
    for phone in phones {
        if rng.percent(50) {
            phone.habits.push(Habit::Consults);
        }
    }
}

/// On some sites one of the phones that stand in the exchange's own network registers nowhere; of some of these the configuration
/// has a name, and no address. Drawn apart, so that all else is what it was.
fn fix_one(seed: u64, fails: bool, phones: &mut [PhoneSetup]) {
    let mut rng = Rng::from_number(seed ^ 0x6669_7865_6400);
    if !rng.percent(25) {
        return;
    }
    let mut near: Vec<&mut PhoneSetup> =
        phones.iter_mut().filter(|phone| !phone.tcp && phone.own == phone.public).collect();
    let place = rng.place(near.len());
    if let Some(phone) = near.get_mut(place) {
        phone.is_fixed = true;
        if rng.percent(50) {
            phone.host_fails_percent = Some(if fails { 30 } else { 0 });
        }
    }
}

/// On some sites it rings for long, and phones that meddle want their callers' answers to be reliable, or describe themselves
/// late: what waits for an answer waits long enough for others to come between. Drawn apart, so that all else is what it was.
fn stretch(seed: u64, site: &mut SiteSetup, phones: &mut [PhoneSetup]) {
    let mut rng = Rng::from_number(seed ^ 0x7374_7265_7463_6800);
    if rng.percent(10) {
        site.ring_s = 45;
    }
    for phone in phones.iter_mut().filter(|phone| phone.habits.contains(&Habit::Meddles)) {
        phone.demands_reliable |= rng.percent(50);
        phone.late_offer |= rng.percent(25);
    }
}

/// On some sites phones have lamps: of others, of queues, of flows. Drawn apart, so that runs without are what they were. What
/// comes over TCP would have to begin anew with each connection, which is no matter of lamps.
fn lamps(seed: u64, phones: &mut [PhoneSetup], routes: Vec<&str>) {
    let mut rng = Rng::from_number(seed ^ 0x6c61_6d70_7300);
    if !rng.percent(50) {
        return;
    }
    let people: Vec<String> = phones.iter().map(|phone| phone.extension.clone()).collect();
    for phone in phones.iter_mut().filter(|phone| !phone.tcp && !phone.is_fixed) {
        if !rng.percent(60) {
            continue;
        }
        let person = people.get(rng.place(people.len().max(1))).cloned();
        let route = routes.get(rng.place(routes.len().max(1))).map(|route| (*route).to_owned());
        phone.lamps = person.into_iter().chain(route).collect();
    }
}

/// The kind of traffic: from hurried to leisurely, always enough to keep most phones engaged.
fn profile(rng: &mut Rng, phones: usize, ring_s: u64) -> Profile {
    let span = |least: u64, most: u64| (Duration::from_millis(least), Duration::from_millis(most));
    let (least, most) =
        rng.pick(&[(100, 2_000), (100, 2_000), (1_000, 20_000), (1_000, 20_000), (20_000, 400_000)]);
    let ring = Duration::from_secs(ring_s);
    let mean_s = (least + most) / 2 / 1000 + 4;
    let per_min = (phones as u64 / 2 * 60 / mean_s * rng.pick(&[30, 60, 90]) / 100).max(1);
    Profile {
        calls_per_min: u32::try_from(per_min).unwrap_or(u32::MAX),
        talk: 60,
        no_answer: 3,
        busy: 6,
        decline: 6,
        cancel: 15,
        hold_percent: 25,
        digits_percent: 20,
        caller_ends_percent: 55,
        answer_after: span(0, 3_000),
        talk_for: span(least, most),
        cancel_after: span(0, ring_s * 1000 + 1_000),
        ring,
        rest: Duration::from_millis(rng.pick(&[50, 500, 2_000])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_some_runs_the_hours_of_queues_begin_or_end() {
        let inbound = InboundSetup { share_percent: 30, ..InboundSetup::default() };
        let site = inbound.site();
        let opening = |at_ms: i64| site.hours["office"].opening(at_ms, &site.zone);
        for at_ms in BY_HOURS_MS {
            assert_ne!(opening(at_ms), opening(at_ms + 600_000), "within ten minutes of {at_ms}");
        }
        let draw = |seed| Setup::draw(seed, Duration::from_secs(60), 4, &Faults::all()).site.starts_ms;
        let by_hours = (0..100).filter(|seed| BY_HOURS_MS.contains(&draw(*seed))).count();
        assert!((15..=45).contains(&by_hours), "{by_hours} of a hundred");
    }
}
