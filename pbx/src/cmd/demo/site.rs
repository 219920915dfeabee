//! The place of a demo: a temporary folder, free ports, a configuration with phones and their passwords.

use super::Failure;
use crate::config::{self, Loaded};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;
use switchroom_phone::Codec;
use switchroom_sip::flow::Transport;
use switchroom_sip::rng::Rng;
use tempfile::TempDir;

/// SIP domain of the demo.
const DOMAIN: &str = "demo.switchroom";
/// The extension for a person's own softphone.
const GUEST: &str = "2001";
/// Number of the first phone.
const FIRST_NUMBER: usize = 101;
/// Letters of a password.
const PASSWORD_LETTERS: usize = 10;
/// Where ports for sound are looked for: below those that the system gives away by itself.
const RTP_PORTS: std::ops::Range<u16> = 20_000..32_000;
/// Tones of the phones, Hz: from, and how far.
const TONES: (usize, usize) = (400, 3_000);
const NAMES: [&str; 20] = [
    "Ana", "Bo", "Chen", "Dora", "Emil", "Fatou", "Goran", "Hana", "Igor", "Jun", "Kofi", "Lena", "Mei",
    "Nils", "Olu", "Pia", "Quirin", "Rosa", "Sami", "Tara",
];

/// Somebody who may register.
pub(super) struct Resident {
    pub(super) number: String,
    pub(super) name: String,
    pub(super) password: String,
    /// The tone they speak.
    pub(super) hz: u16,
    pub(super) transport: Transport,
    pub(super) codecs: Vec<Codec>,
}

/// The place of a demo.
pub(super) struct Site {
    dir: TempDir,
    pub(super) loaded: Loaded,
    /// Where SIP is listened to.
    pub(super) sip: SocketAddr,
    pub(super) domain: &'static str,
    pub(super) bots: Vec<Resident>,
    pub(super) guest: Resident,
    pub(super) seed: u64,
}

impl Site {
    /// Makes it. Passwords come from the seed: they protect nothing but a demo on loopback.
    pub(super) fn make(phones: usize, seed: u64, ring: Duration) -> Result<Self, Failure> {
        let cannot = |e: std::io::Error| {
            Failure::new(format!("cannot make a temporary folder: {e}"), "TMPDIR names another place for it")
        };
        let dir = tempfile::Builder::new().prefix("switchroom-demo-").tempdir().map_err(cannot)?;
        let mut rng = Rng::from_number(seed);
        let bots: Vec<Resident> = (0..phones).map(|place| resident(place, phones, &mut rng)).collect();
        let guest = Resident { number: GUEST.into(), name: "You".into(), ..resident(0, phones, &mut rng) };
        let sip = free_sip()?;
        let (first, last) = free_rtp(phones)?;
        let mut text = format!(
            "[site]\nname = \"Demo\"\ndomain = \"{DOMAIN}\"\n\n\
             [sip]\nlisten = [\"udp {sip}\", \"tcp {sip}\"]\nring = \"{}s\"\n\n\
             [media]\nports = \"{first}-{last}\"\n\n\
             [recording]\nrule = \"always\"\ndir = \"recordings\"\n\n[store]\ndir = \"data\"\n\n\
             [control]\nsocket = \"{}\"\n\n[stop]\ndrain = \"2s\"\n",
            ring.as_secs(),
            dir.path().join("control.sock").display()
        );
        for resident in bots.iter().chain([&guest]) {
            let (md5, sha256) = config::digests(&resident.number, DOMAIN, &resident.password);
            let _ = write!(
                text,
                "\n[extensions.{}]\nname = \"{}\"\ndigest_md5 = \"{md5}\"\ndigest_sha256 = \"{sha256}\"\n",
                resident.number, resident.name
            );
        }
        let path = dir.path().join("switchroom.toml");
        std::fs::write(&path, text).map_err(cannot)?;
        let loaded = config::load(&path)?;
        Ok(Self { dir, loaded, sip, domain: DOMAIN, bots, guest, seed })
    }

    /// Leaves the folder where it is, and says where.
    pub(super) fn keep(self) -> PathBuf {
        self.dir.keep()
    }
}

fn resident(place: usize, phones: usize, rng: &mut Rng) -> Resident {
    let name = NAMES.get(place % NAMES.len()).copied().unwrap_or_default();
    let round = place / NAMES.len();
    let hz = TONES.0 + place * TONES.1 / phones.max(1);
    Resident {
        number: (FIRST_NUMBER + place).to_string(),
        name: if round == 0 { name.to_owned() } else { format!("{name} {}", round + 1) },
        password: rng.token(PASSWORD_LETTERS),
        hz: u16::try_from(hz).unwrap_or(440),
        transport: if place % 3 == 2 { Transport::Tcp } else { Transport::Udp },
        // Some know only one law, so that the exchange has something to translate.
        codecs: match place % 4 {
            0 => vec![Codec::Pcma, Codec::Pcmu],
            1 => vec![Codec::Pcmu, Codec::Pcma],
            2 => vec![Codec::Pcma],
            _ => vec![Codec::Pcmu],
        },
    }
}

/// Port 5060 if it is free, so that a softphone needs no more than the address; else any that is.
fn free_sip() -> Result<SocketAddr, Failure> {
    let is_free = |port: u16| {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
        let address = udp.local_addr().ok()?;
        TcpListener::bind(address).ok().map(|_| address)
    };
    std::iter::once(5_060)
        .chain(std::iter::repeat_n(0, 20))
        .find_map(is_free)
        .ok_or_else(|| Failure::new("no port is free for SIP on 127.0.0.1", "what holds them? ss -lnup"))
}

/// A range of free ports: a pair for each phone, and some for guests and for calls that just ended.
fn free_rtp(phones: usize) -> Result<(u16, u16), Failure> {
    let count = u16::try_from(2 * (2 * phones + 20)).unwrap_or(1_000);
    let is_free = |port: u16| UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let mut first = RTP_PORTS.start;
    while first + count <= RTP_PORTS.end {
        match (first..first + count).find(|port| !is_free(*port)) {
            None => return Ok((first, first + count - 1)),
            Some(taken) => first = (taken + 2) & !1,
        }
    }
    let what = format!("no {count} UDP ports in a row are free for sound on 127.0.0.1");
    Err(Failure::new(what, "fewer phones need fewer ports: --phones 4"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_site_is_a_configuration_without_faults_and_leaves_nothing() {
        let Ok(site) = Site::make(25, 7, Duration::from_secs(8)) else { panic!("no site") };
        assert_eq!(site.loaded.warnings, []);
        assert_eq!(site.loaded.config.extensions.len(), 26);
        assert!(site.loaded.config.extensions.contains_key(GUEST));
        let mut tones: Vec<u16> = site.bots.iter().map(|b| b.hz).collect();
        tones.dedup();
        assert_eq!(tones.len(), 25);
        let Ok(again) = Site::make(25, 7, Duration::from_secs(8)) else { panic!("no site") };
        assert!(site.bots.iter().zip(&again.bots).all(|(a, b)| a.password == b.password));
        let dir = site.dir.path().to_owned();
        drop(site);
        assert!(!dir.exists());
    }
}
