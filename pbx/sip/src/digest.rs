//! Digest access authentication, both sides (RFC 7616, RFC 8760), `qop=auth` only.
//!
//! Only H(user:realm:password) is ever needed, so only that is stored. A server keeps nothing for a challenge it
//! sends: the nonce proves itself, and counts are remembered for nonces that a right answer has used.

use crate::limits::NONCES_MAX;
use crate::params::{cut_at, quote, split_list, unquote};
use crate::time::Mono;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// MD5, for phones that know nothing better.
    Md5,
    /// SHA-256 (RFC 8760).
    Sha256,
}

impl Algorithm {
    /// The token in the header.
    pub fn token(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn from_token(token: &str) -> Option<Self> {
        [Self::Md5, Self::Sha256].into_iter().find(|a| a.token().eq_ignore_ascii_case(token))
    }

    fn hex(self, parts: &[&[u8]]) -> String {
        let joined = parts.join(&b':');
        match self {
            Self::Md5 => to_hex(&Md5::digest(&joined)),
            Self::Sha256 => to_hex(&Sha256::digest(&joined)),
        }
    }
}

/// Lower-case hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    let digit = |d: u8| char::from(b"0123456789abcdef"[usize::from(d & 15)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(*b)]).collect()
}

/// H(user:realm:password), as lower-case hexadecimal.
pub fn ha1(algorithm: Algorithm, user: &str, realm: &str, password: &str) -> String {
    algorithm.hex(&[user.as_bytes(), realm.as_bytes(), password.as_bytes()])
}

/// What a client sent in Authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Realm.
    pub realm: String,
    /// The nonce it answers.
    pub nonce: String,
    /// `uri` as it was written: that text is hashed, not a normalised one.
    pub uri: String,
    /// The answer, hexadecimal.
    pub response: String,
    /// Algorithm; MD5 if none was named.
    pub algorithm: Algorithm,
    /// Client nonce.
    pub cnonce: String,
    /// Nonce count.
    pub count: u32,
}

/// Fields of a challenge or of credentials, as they were written.
struct Fields<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Fields<'a> {
    fn of(value: &'a str) -> Option<Self> {
        let value = value.trim();
        let scheme = value.get(..6).filter(|s| s.eq_ignore_ascii_case("Digest"))?;
        let fields = split_list(&value[scheme.len()..]).map(|field| {
            let (name, text) = cut_at(field, b'=')?;
            Some((name.trim(), text))
        });
        Some(Self(fields.collect::<Option<_>>()?))
    }

    /// The value of the first field of that name, without quotes.
    fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, text)| unquote(text))
    }
}

impl Credentials {
    /// Reads an Authorization value. `None` if it is not Digest with `qop=auth` and an algorithm we know.
    pub fn parse(value: &str) -> Option<Self> {
        let f = Fields::of(value)?;
        if !f.get("qop")?.eq_ignore_ascii_case("auth") {
            return None;
        }
        let count = f.get("nc").filter(|nc| nc.len() == 8)?;
        let count = u32::from_str_radix(&count, 16).ok()?;
        let algorithm = f.get("algorithm").map_or(Some(Algorithm::Md5), |a| Algorithm::from_token(&a))?;
        Some(Self {
            user: f.get("username")?,
            realm: f.get("realm")?,
            nonce: f.get("nonce")?,
            uri: f.get("uri")?,
            response: f.get("response")?,
            algorithm,
            cnonce: f.get("cnonce").filter(|c| !c.is_empty())?,
            count,
        })
    }

    /// Whether the answer is right for this H(user:realm:password), compared in constant time.
    pub fn answers(&self, ha1_hex: &str, method: &str) -> bool {
        let want = self.expected(ha1_hex, method);
        want.as_bytes().ct_eq(self.response.to_ascii_lowercase().as_bytes()).into()
    }

    fn expected(&self, ha1_hex: &str, method: &str) -> String {
        let ha2 = self.algorithm.hex(&[method.as_bytes(), self.uri.as_bytes()]);
        let count = format!("{:08x}", self.count);
        self.algorithm.hex(&[
            ha1_hex.as_bytes(),
            self.nonce.as_bytes(),
            count.as_bytes(),
            self.cnonce.as_bytes(),
            b"auth",
            ha2.as_bytes(),
        ])
    }

    /// The header value.
    pub fn print(&self) -> String {
        format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\", algorithm={}, cnonce={}, qop=auth, \
             nc={:08x}",
            quote(&self.user),
            quote(&self.realm),
            quote(&self.nonce),
            quote(&self.uri),
            self.response,
            self.algorithm.token(),
            quote(&self.cnonce),
            self.count
        )
    }
}

/// What a server asked for in WWW-Authenticate or Proxy-Authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Realm.
    pub realm: String,
    /// Nonce.
    pub nonce: String,
    /// Algorithm.
    pub algorithm: Algorithm,
    /// The last answer was right but its nonce too old.
    pub stale: bool,
}

impl Challenge {
    /// Reads a header value. `None` if it is not a Digest challenge we can answer.
    pub fn parse(value: &str) -> Option<Self> {
        let f = Fields::of(value)?;
        if !f.get("qop")?.split(',').any(|q| q.trim().eq_ignore_ascii_case("auth")) {
            return None;
        }
        Some(Self {
            algorithm: f.get("algorithm").map_or(Some(Algorithm::Md5), |a| Algorithm::from_token(&a))?,
            stale: f.get("stale").is_some_and(|s| s.eq_ignore_ascii_case("true")),
            realm: f.get("realm")?,
            nonce: f.get("nonce")?,
        })
    }

    /// The strongest of several challenges.
    pub fn strongest<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        values.filter_map(Self::parse).max_by_key(|c| c.algorithm)
    }

    /// The header value.
    pub fn print(&self) -> String {
        let stale = if self.stale { ", stale=true" } else { "" };
        format!(
            "Digest realm={}, nonce=\"{}\", algorithm={}, qop=\"auth\"{stale}",
            quote(&self.realm),
            self.nonce,
            self.algorithm.token()
        )
    }

    /// The answer to it.
    pub fn answer(
        &self,
        user: &str,
        password: &str,
        method: &str,
        uri: &str,
        cnonce: &str,
        count: u32,
    ) -> Credentials {
        let mut credentials = Credentials {
            user: user.into(),
            realm: self.realm.clone(),
            nonce: self.nonce.clone(),
            uri: uri.into(),
            response: String::new(),
            algorithm: self.algorithm,
            cnonce: cnonce.into(),
            count,
        };
        credentials.response =
            credentials.expected(&ha1(self.algorithm, user, &self.realm, password), method);
        credentials
    }
}

/// How a nonce in credentials is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceVerdict {
    /// Ours, fresh, and this count was not used before.
    Good,
    /// Not ours any more, too old, or its count was seen: challenge again with `stale=true`.
    Stale,
}

/// The counts with which a nonce was used. Datagrams overtake each other: a window of 64 tells replays from latecomers.
#[derive(Debug, Clone, Copy)]
struct Used {
    highest: u32,
    /// Which of the 64 from the highest down were used.
    seen: u64,
}

impl Used {
    /// Whether that count was used, or is so old that it may have been.
    fn has(self, count: u32) -> bool {
        match self.highest.checked_sub(count) {
            None => false,
            Some(back) => back >= 64 || self.seen >> back & 1 == 1,
        }
    }

    fn take(&mut self, count: u32) {
        if let Some(back) = self.highest.checked_sub(count) {
            self.seen |= 1_u64.checked_shl(back).unwrap_or(0);
            return;
        }
        let step = count - self.highest;
        self.seen = self.seen.checked_shl(step).unwrap_or(0) | 1;
        self.highest = count;
    }
}

/// Makes nonces and judges those that come back.
///
/// A nonce is its time of birth, a number of its own and an HMAC over both and the client's address, so nothing is kept
/// until it has been answered rightly, and it is of no use from another address. The number keeps the counts of phones
/// apart that share an address and are challenged in the same second.
#[derive(Debug)]
pub struct Nonces {
    /// The HMAC with its key taken in.
    keyed: Hmac<Sha256>,
    life: Duration,
    made: u32,
    used: BTreeMap<String, Used>,
    by_age: BTreeSet<(u64, String)>,
    /// Nonces born before this are stale, because their counts may have been forgotten.
    forgotten_before_s: u64,
}

impl Nonces {
    /// `key` must be random and secret; `life` is how long a nonce may be used.
    pub fn new(key: [u8; 32], life: Duration) -> Self {
        // A key is filled with zeros up to the block of its hash (RFC 2104 §2).
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(&key);
        Self {
            keyed: Hmac::new(&block.into()),
            life,
            made: 0,
            used: BTreeMap::new(),
            by_age: BTreeSet::new(),
            forgotten_before_s: 0,
        }
    }

    /// A nonce for that client.
    pub fn make(&mut self, now: Mono, client: IpAddr) -> String {
        self.made = self.made.wrapping_add(1);
        self.sign(now.0 / 1_000_000, self.made, client)
    }

    fn sign(&self, birth_s: u64, number: u32, client: IpAddr) -> String {
        let mut mac = self.keyed.clone();
        mac.update(&birth_s.to_be_bytes());
        mac.update(&number.to_be_bytes());
        mac.update(client.to_string().as_bytes());
        format!("{birth_s:08x}{number:08x}{}", to_hex(&mac.finalize().into_bytes()[..12]))
    }

    /// Looks at the nonce of credentials and at its count, whatever their answer is worth. Nothing is kept of it.
    pub fn look(&mut self, now: Mono, client: IpAddr, credentials: &Credentials) -> NonceVerdict {
        let now_s = now.0 / 1_000_000;
        self.forget_old(now_s);
        let hex = |range| credentials.nonce.get(range).and_then(|t| u32::from_str_radix(t, 16).ok());
        let (Some(birth_s), Some(number)) = (hex(0..8), hex(8..16)) else { return NonceVerdict::Stale };
        let birth_s = u64::from(birth_s);
        let genuine: bool =
            self.sign(birth_s, number, client).as_bytes().ct_eq(credentials.nonce.as_bytes()).into();
        let fresh =
            birth_s <= now_s && now_s - birth_s <= self.life.as_secs() && birth_s >= self.forgotten_before_s;
        let is_used = self.used.get(&credentials.nonce).is_some_and(|counts| counts.has(credentials.count));
        if genuine && fresh && credentials.count > 0 && !is_used {
            NonceVerdict::Good
        } else {
            NonceVerdict::Stale
        }
    }

    /// Remembers the count of credentials whose nonce was found good, and whose answer right.
    pub fn spend(&mut self, credentials: &Credentials) {
        let Some(birth_s) = credentials.nonce.get(0..8).and_then(|t| u64::from_str_radix(t, 16).ok()) else {
            return;
        };
        match self.used.get_mut(&credentials.nonce) {
            Some(counts) => counts.take(credentials.count),
            None => {
                self.used.insert(credentials.nonce.clone(), Used { highest: credentials.count, seen: 1 });
                self.by_age.insert((birth_s, credentials.nonce.clone()));
            }
        }
        if self.used.len() > NONCES_MAX
            && let Some((birth_s, nonce)) = self.by_age.pop_first()
        {
            self.used.remove(&nonce);
            self.forgotten_before_s = self.forgotten_before_s.max(birth_s + 1);
        }
    }

    fn forget_old(&mut self, now_s: u64) {
        while let Some((birth_s, _)) = self.by_age.first()
            && now_s.saturating_sub(*birth_s) > self.life.as_secs()
            && let Some((_, nonce)) = self.by_age.pop_first()
        {
            self.used.remove(&nonce);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The example of RFC 7616 §3.9.1, both algorithms.
    #[test]
    fn matches_the_example_of_the_rfc() {
        for (algorithm, want) in [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let challenge = Challenge {
                realm: "http-auth@example.org".into(),
                nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v".into(),
                algorithm,
                stale: false,
            };
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let answer = challenge.answer("Mufasa", "Circle of Life", "GET", "/dir/index.html", cnonce, 1);
            assert_eq!(answer.response, want);
            assert_eq!(Credentials::parse(&answer.print()).unwrap(), answer);
            assert!(
                answer.answers(&ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life"), "GET")
            );
            assert!(!answer.answers(&ha1(algorithm, "Mufasa", "http-auth@example.org", "x"), "GET"));
        }
    }

    #[test]
    fn the_stronger_challenge_is_answered() {
        let values = [
            "Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth,auth-int\"",
            "Digest realm=\"r\",nonce=\"n\",algorithm=SHA-256,qop=\"auth\", stale=TRUE",
            "Basic realm=\"r\"",
        ];
        let best = Challenge::strongest(values.into_iter()).unwrap();
        assert_eq!((best.algorithm, best.stale), (Algorithm::Sha256, true));
        assert_eq!(Challenge::parse(&best.print()).unwrap(), best);
    }

    fn used(nonce: &str, count: u32) -> Credentials {
        let value = format!(
            "Digest username=\"u\", realm=\"r\", nonce=\"{nonce}\", uri=\"sip:r\", response=\"x\", cnonce=\"c\", qop=auth, nc={count:08x}"
        );
        Credentials::parse(&value).unwrap()
    }

    /// What a nonce in credentials with a right answer is worth, which uses it up.
    fn judge(nonces: &mut Nonces, now: Mono, client: IpAddr, credentials: &Credentials) -> NonceVerdict {
        let verdict = nonces.look(now, client, credentials);
        if verdict == NonceVerdict::Good {
            nonces.spend(credentials);
        }
        verdict
    }

    /// Class "nonce replay, forged nonce".
    #[test]
    fn nonce_replay_and_forgery() {
        let (a, b): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let mut nonces = Nonces::new([7; 32], Duration::from_secs(60));
        let t = Mono(100_000_000);
        let nonce = nonces.make(t, a);
        assert_eq!(nonces.look(t, a, &used(&nonce, 1)), NonceVerdict::Good);
        assert_eq!(nonces.used.len(), 0, "a challenge leaves nothing behind, nor does looking at its nonce");
        for (count, verdict) in [
            (1, NonceVerdict::Good),
            (1, NonceVerdict::Stale),
            (5, NonceVerdict::Good),
            (3, NonceVerdict::Good),
            (3, NonceVerdict::Stale),
            (0, NonceVerdict::Stale),
            (100, NonceVerdict::Good),
            (5, NonceVerdict::Stale),
        ] {
            assert_eq!(judge(&mut nonces, t, a, &used(&nonce, count)), verdict, "count {count}");
        }
        assert_eq!(judge(&mut nonces, t, b, &used(&nonce, 200)), NonceVerdict::Stale, "another address");
        let neighbour = nonces.make(t, a);
        assert_eq!(
            judge(&mut nonces, t, a, &used(&neighbour, 1)),
            NonceVerdict::Good,
            "same second, same address"
        );
        let forged = format!("{}0", &nonce[..nonce.len() - 1]);
        assert_eq!(judge(&mut nonces, t, a, &used(&forged, 1)), NonceVerdict::Stale);
        assert_eq!(judge(&mut nonces, t, a, &used("ж", 1)), NonceVerdict::Stale);
        assert_eq!(
            judge(&mut nonces, Mono(161_000_000), a, &used(&nonce, 300)),
            NonceVerdict::Stale,
            "too old"
        );
        assert_eq!((nonces.used.len(), nonces.by_age.len()), (0, 0));
    }

    #[test]
    fn remembered_nonces_are_bounded_and_forgetting_opens_no_replay() {
        let mut nonces = Nonces::new([7; 32], Duration::from_secs(60));
        let ip = |n: u32| IpAddr::from(n.to_be_bytes());
        let first = nonces.make(Mono(0), ip(0));
        for n in 0..=u32::try_from(NONCES_MAX).unwrap() {
            let t = Mono(u64::from(n) * 1_000);
            let nonce = nonces.make(t, ip(n));
            assert_eq!(judge(&mut nonces, t, ip(n), &used(&nonce, 1)), NonceVerdict::Good);
        }
        assert_eq!(nonces.used.len(), NONCES_MAX);
        assert_eq!(judge(&mut nonces, Mono(20_000_000), ip(0), &used(&first, 1)), NonceVerdict::Stale);
    }

    #[test]
    fn what_is_not_digest_is_refused() {
        for value in [
            "",
            "Digest",
            "Basic abc",
            "Digest username",
            "Digest username=\"a\", qop=auth-int, nc=00000001",
            "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", cnonce=\"c\", qop=auth, nc=1",
            "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", algorithm=SHA-1, cnonce=\"c\", qop=auth, nc=00000001",
        ] {
            assert_eq!(Credentials::parse(value), None, "{value}");
        }
    }
}
