//! Two endpoints whose users do anything at any moment, over a wire that loses and mixes up: all rules hold at every step,
//! both ends agree whether they talk, and nothing is left in the end.

use super::super::chart::tests::row;
use super::super::chart::{Happening, SessionState};
use super::*;
use std::collections::BTreeSet;

/// One thing that a user may do to a session.
fn act(e: &mut Endpoint, now: Mono, id: SessionId, dice: u64) {
    match dice {
        0 => e.progress(now, id, Status::RINGING, None),
        1 => e.progress(now, id, Status::SESSION_PROGRESS, Some(SDP.to_vec())),
        2 | 3 => e.answer(now, id, SDP.to_vec()),
        4 => e.reject(now, id, Status::BUSY, &Headers::default()),
        5 => e.hang_up(now, id, None),
        6 | 7 => _ = e.offer(now, id, NewOffer(SDP.to_vec())),
        8 => _ = e.ask_offer(now, id),
        9..=11 => e.answer_asked(now, id, SDP.to_vec()),
        12..=14 => e.answer_offer(now, id, Ok(SDP.to_vec())),
        15 => e.answer_offer(now, id, Err(Status::NOT_ACCEPTABLE_HERE)),
        16 => e.info(now, id, "text/plain", vec![b'x']),
        17 => e.refer(now, id, &Uri::sip("103", "h", None), None),
        18 => e.answer_refer(now, id, Ok(())),
        19 => e.answer_refer(now, id, Err(Status::DECLINE)),
        20 => e.tell_refer(now, id, Status::RINGING),
        21 => e.tell_refer(now, id, Status::OK),
        _ => {}
    }
}

struct Chance {
    p: Pair,
    rng: Rng,
    /// Sessions that each end's user has not been told the end of.
    known: [Vec<SessionId>; 2],
}

impl Chance {
    fn new(seed: u64) -> Self {
        let mut p = Pair::new();
        p.ends = [endpoint(2 * seed), endpoint(2 * seed + 1)];
        Self { p, rng: Rng::from_number(seed), known: [vec![], vec![]] }
    }

    /// What comes up: calls are taken, ends are noted.
    fn listen(&mut self) {
        for end in 0..2 {
            for event in self.p.events(end) {
                match event {
                    Event::Request(incoming) if incoming.request.method == Method::Invite => {
                        let id = self.p.ends[end].take_invite(self.p.now, *incoming, "x");
                        self.known[end].extend(id);
                    }
                    Event::Session(id, SessionEvent::Ended(_) | SessionEvent::Rejected(_)) => {
                        assert!(self.known[end].contains(&id), "told after its end");
                        self.known[end].retain(|known| *known != id);
                    }
                    Event::Session(id, told) => {
                        assert!(self.known[end].contains(&id), "{told:?} told after its end");
                    }
                    _ => {}
                }
            }
        }
    }

    /// Loses one message of eight and delays one of eight behind those that follow.
    fn disturb(&mut self) {
        self.p.collect();
        let wire: Vec<_> = self.p.wire.drain(..).collect();
        let mut late = vec![];
        for one in wire {
            match self.rng.below(8) {
                0 => {}
                1 => late.push(one),
                _ => self.p.wire.push_back(one),
            }
        }
        self.p.wire.extend(late);
    }

    fn step(&mut self) {
        for end in 0..2 {
            for id in self.known[end].clone() {
                let dice = self.rng.below(24);
                act(&mut self.p.ends[end], self.p.now, id, dice);
                if matches!(dice, 4 | 5) && !(dice == 4 && self.p.ends[end].sessions.contains_key(&id)) {
                    self.known[end].retain(|known| *known != id);
                }
            }
        }
        let slices = [1, 6, 40, 140][usize::try_from(self.rng.below(4)).unwrap()];
        for _ in 0..slices {
            self.disturb();
            self.p.ms(5);
        }
        self.listen();
        for e in &self.p.ends {
            assert_eq!(e.audit(), [""; 0], "{:?}", self.p.seen);
        }
    }
}

#[test]
fn anything_at_any_moment() {
    let mut happened = BTreeSet::new();
    for seed in 0..300 {
        let mut c = Chance::new(seed);
        let sdp = (c.rng.below(3) > 0).then_some(SDP);
        let extra: &[(Name, &str)] = if c.rng.below(2) == 0 { &[(Name::Require, "100rel")] } else { &[] };
        let id = c.p.call(sdp, extra);
        c.known[0].push(id);
        for _ in 0..60 {
            c.step();
        }
        for end in 0..2 {
            for id in std::mem::take(&mut c.known[end]) {
                c.p.ends[end].hang_up(c.p.now, id, None);
            }
        }
        c.p.run(Duration::from_secs(400));
        for (end, e) in c.p.ends.iter().enumerate() {
            for &state in SessionState::ALL {
                let happens = |what: &&Happening| e.seen.get(state as usize, **what as usize) > 0;
                happened.extend(Happening::ALL.iter().filter(happens).map(|what| (state, *what)));
            }
            let left = (e.sessions(), e.transactions(), e.timers.len());
            assert_eq!(left, (0, 0, 0), "seed {seed}, end {end}: {:?}", c.p.seen);
        }
    }
    // Nothing of it is what the table of the session's machine calls impossible.
    let odd: Vec<_> = happened.iter().filter(|(state, what)| row(*state, *what).is_err()).collect();
    assert!(odd.is_empty(), "{odd:?}");
    assert!(happened.len() > 250, "{} pairs are few", happened.len());
}
