//! Two endpoints and a wire between them, which may lose what it is told to.

use super::*;
use crate::name_addr::NameAddr;

pub(super) const A: &str = "192.0.2.1:5060";
pub(super) const B: &str = "192.0.2.2:5060";
pub(in crate::endpoint) const SDP: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";

/// `0` calls, `1` is called.
pub(in crate::endpoint) struct Pair {
    pub(in crate::endpoint) ends: [Endpoint; 2],
    pub(in crate::endpoint) now: Mono,
    pub(in crate::endpoint) wire: VecDeque<(Mono, usize, Vec<u8>)>,
    /// First words of messages to lose, each once, and who sends them.
    pub(in crate::endpoint) lose: Vec<(usize, &'static str)>,
    pub(in crate::endpoint) seen: Vec<String>,
    pub(in crate::endpoint) transport: Transport,
}

pub(super) fn endpoint(seed: u64) -> Endpoint {
    let settings = Settings {
        agent: "t".into(),
        session_expires: Duration::from_secs(1800),
        external: None,
        local_networks: vec![],
        credentials: None,
    };
    Endpoint::new(settings, Rng::from_number(seed))
}

impl Pair {
    pub(in crate::endpoint) fn new() -> Self {
        Self {
            ends: [endpoint(1), endpoint(2)],
            now: Mono(0),
            wire: VecDeque::new(),
            lose: vec![],
            seen: vec![],
            transport: Transport::Udp,
        }
    }

    pub(in crate::endpoint) fn flow(&self, end: usize) -> Flow {
        let (local, remote) = if end == 0 { (A, B) } else { (B, A) };
        let connection = u64::from(self.transport == Transport::Tcp);
        Flow {
            transport: self.transport,
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
            connection,
        }
    }

    pub(in crate::endpoint) fn collect(&mut self) {
        for end in 0..2 {
            while let Some(t) = self.ends[end].poll_transmit() {
                let text = String::from_utf8_lossy(&t.bytes).into_owned();
                let first: Vec<&str> = text.lines().next().unwrap().split(' ').collect();
                let word = if first[0] == "SIP/2.0" { first[1] } else { first[0] };
                let lost = self.lose.iter().position(|(from, w)| *from == end && *w == word);
                self.seen.push(format!(
                    "{}{word}{}",
                    ["a:", "b:"][end],
                    if lost.is_some() { " lost" } else { "" }
                ));
                match lost {
                    Some(at) => drop(self.lose.remove(at)),
                    None => self.wire.push_back((
                        self.now.after(Duration::from_millis(10)),
                        1 - end,
                        t.bytes.to_vec(),
                    )),
                }
            }
        }
    }

    /// Runs for that long.
    pub(in crate::endpoint) fn run(&mut self, span: Duration) {
        let end = self.now.after(span);
        loop {
            self.collect();
            let wire = self.wire.front().map(|(at, ..)| *at);
            let due =
                [wire, self.ends[0].poll_timeout(), self.ends[1].poll_timeout()].into_iter().flatten().min();
            let Some(due) = due.filter(|d| *d <= end) else { break };
            self.now = due.max(self.now);
            if wire == Some(due) {
                let (_, to, bytes) = self.wire.pop_front().unwrap();
                let flow = self.flow(to);
                self.ends[to].receive(self.now, flow, &bytes);
            } else {
                for e in &mut self.ends {
                    e.handle_due(self.now);
                }
            }
        }
        self.now = end;
    }

    pub(in crate::endpoint) fn ms(&mut self, ms: u64) {
        self.run(Duration::from_millis(ms));
    }

    pub(in crate::endpoint) fn call(&mut self, sdp: Option<&[u8]>, extra: &[(Name, &str)]) -> SessionId {
        let mut headers = Headers::default();
        for (name, value) in extra {
            headers.push(name.clone(), *value);
        }
        let uri = Uri::sip("102", "h", None);
        let call = Invite {
            flow: self.flow(0),
            uri: uri.clone(),
            from: NameAddr::bare(Uri::sip("101", "h", None)),
            to: NameAddr::bare(uri),
            contact_user: "101".into(),
            sdp: sdp.map(<[u8]>::to_vec),
            max_forwards: 70,
            headers,
        };
        self.ends[0].invite(self.now, call)
    }

    /// Takes the INVITE that came to the called end.
    pub(in crate::endpoint) fn take(&mut self) -> SessionId {
        match self.events(1).pop() {
            Some(Event::Request(incoming)) => self.ends[1].take_invite(self.now, *incoming, "102").unwrap(),
            other => panic!("{other:?} {:?}", self.seen),
        }
    }

    pub(in crate::endpoint) fn events(&mut self, end: usize) -> Vec<Event> {
        std::iter::from_fn(|| self.ends[end].poll_event()).collect()
    }

    pub(in crate::endpoint) fn told(&mut self, end: usize) -> Vec<SessionEvent> {
        self.events(end)
            .into_iter()
            .filter_map(|e| if let Event::Session(_, e) = e { Some(e) } else { None })
            .collect()
    }

    pub(in crate::endpoint) fn up(&mut self) -> (SessionId, SessionId) {
        let a = self.call(Some(SDP), &[]);
        self.ms(50);
        let b = self.take();
        self.ends[1].answer(self.now, b, SDP.to_vec());
        self.ms(50);
        assert_eq!(self.told(0), [SessionEvent::Answered(Some(SDP.to_vec()))]);
        assert_eq!(self.told(1), [SessionEvent::Confirmed(None)]);
        self.seen.clear();
        (a, b)
    }

    /// Everything must come to rest with nothing left.
    pub(in crate::endpoint) fn settle(&mut self) {
        self.run(Duration::from_secs(120));
        for e in &self.ends {
            assert_eq!((e.sessions(), e.transactions(), e.timers.len()), (0, 0, 0), "{:?}", self.seen);
            assert!(e.by_tag.is_empty() && e.by_invite.is_empty() && e.answerable.is_empty());
        }
    }
}
