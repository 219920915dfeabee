//! Who sent a request: credentials, and nothing else, tell (classes "stateless 401", "uniform answers",
//! "identity from credentials only").

use crate::guard::{Guard, Place};
use crate::limits::NONCE_LIFE;
use crate::registrar::Registrar;
use crate::{Config, Extension};
use std::net::{IpAddr, SocketAddr};
use switchroom_sip::digest::{Algorithm, Challenge, Credentials, NonceVerdict, Nonces, to_hex};
use switchroom_sip::header::{Headers, Name};
use switchroom_sip::message::Request;
use switchroom_sip::time::Mono;
use switchroom_sip::uri::Uri;

/// What the credentials of a request are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are this extension's.
    Is(String),
    /// None, or of no use: ask for them, saying whether only the nonce is at fault.
    Ask {
        /// The nonce is not ours for that address, too old, or used up. What the answer is worth was not looked at.
        stale: bool,
    },
    /// Wrong, in answer to our challenge. Ask again as if nothing had been sent; true if silence begins.
    Wrong {
        /// As which user.
        user: String,
        /// From now on that source is met with silence.
        silenced: bool,
    },
    /// Say nothing at all.
    Silence,
}

/// Judges credentials.
#[derive(Debug)]
pub(crate) struct Auth {
    nonces: Nonces,
    guard: Guard,
}

impl Auth {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { nonces: Nonces::new(key, NONCE_LIFE), guard: Guard::default() }
    }

    /// Judges the credentials of a request from `source`.
    ///
    /// The nonce comes first: it shows that its sender has read what we sent to that address. Whoever has not may have
    /// written any address of others onto a datagram; it is asked again, is told the same whether the answer is right or wrong, and
    /// counts against nobody. So nobody can lock out a phone from afar, and nothing can be learnt by guessing without a count.
    pub(crate) fn judge(
        &mut self,
        now: Mono,
        config: &Config,
        source: SocketAddr,
        registrar: &Registrar,
        request: &Request,
    ) -> Verdict {
        // Phones may send several; the first in an algorithm we offer for our realm counts.
        let offered = request
            .headers
            .all(&Name::Authorization)
            .filter_map(Credentials::parse)
            .find(|c| c.realm == config.domain && (config.allow_md5 || c.algorithm == Algorithm::Sha256));
        let Some(credentials) = offered else { return Verdict::Ask { stale: false } };
        if self.nonces.look(now, source.ip(), &credentials) == NonceVerdict::Stale {
            return Verdict::Ask { stale: true };
        }
        let place = Place::of(registrar, source, &credentials.user);
        if self.guard.is_silenced(now, source, &credentials.user, place) {
            return Verdict::Silence;
        }
        if !is_right(config, &credentials, request) {
            let silenced = self.guard.wrong(now, source, &credentials.user, place);
            return Verdict::Wrong { user: credentials.user, silenced };
        }
        self.nonces.spend(&credentials);
        self.guard.right(source, &credentials.user, place);
        Verdict::Is(credentials.user)
    }

    /// Whether another challenge may go to that source: strangers get so many a second and no more.
    pub(crate) fn may_ask(&mut self, now: Mono, source: IpAddr) -> bool {
        self.guard.may_answer(now, source)
    }

    /// The challenges of a 401: SHA-256 first (RFC 8760), MD5 if allowed. Where MD5 is allowed and no extension has a
    /// digest of SHA-256, it is not offered: some phones read only the first challenge and know only MD5.
    pub(crate) fn challenge(&mut self, now: Mono, config: &Config, source: IpAddr, stale: bool) -> Headers {
        let mut headers = Headers::default();
        let nonce = self.nonces.make(now, source);
        let only_md5 = config.allow_md5 && config.extensions.values().all(|e| e.ha1_sha256.is_none());
        for algorithm in [Algorithm::Sha256, Algorithm::Md5] {
            let is_offered = match algorithm {
                Algorithm::Sha256 => !only_md5,
                Algorithm::Md5 => config.allow_md5,
            };
            if !is_offered {
                continue;
            }
            let challenge =
                Challenge { realm: config.domain.clone(), nonce: nonce.clone(), algorithm, stale };
            headers.push(Name::WwwAuthenticate, challenge.print());
        }
        headers
    }
}

/// Whether credentials are those of an extension, for that request. An unknown user costs the same work as a wrong password.
fn is_right(config: &Config, credentials: &Credentials, request: &Request) -> bool {
    let extension = config.extensions.get(&credentials.user);
    let ha1 = extension.and_then(|e| ha1_of(e, credentials.algorithm));
    let is_known_user = ha1.is_some();
    let ha1 =
        ha1.unwrap_or_else(|| "0".repeat(if credentials.algorithm == Algorithm::Md5 { 32 } else { 64 }));
    let answers = credentials.answers(&ha1, request.method.name());
    answers && is_known_user && is_about(&credentials.uri, &request.uri)
}

fn ha1_of(extension: &Extension, algorithm: Algorithm) -> Option<String> {
    match algorithm {
        Algorithm::Md5 => extension.ha1_md5.map(|h| to_hex(&h)),
        Algorithm::Sha256 => extension.ha1_sha256.map(|h| to_hex(&h)),
    }
}

/// Whether the hashed `uri` names what the request asks for: user and host, whatever the rest.
fn is_about(hashed: &str, asked: &Uri) -> bool {
    Uri::parse(hashed)
        .is_some_and(|uri| uri.user_text() == asked.user_text() && uri.host.eq_ignore_ascii_case(&asked.host))
}
