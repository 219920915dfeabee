//! The place of a demo: a temporary folder, free ports, a configuration with phones and their passwords.

use super::{Failure, crowd};
use crate::config::{self, Loaded};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
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
/// Where ports for sound are looked for: above those of the usual configuration, below those that the system gives
/// away by itself.
const RTP_PORTS: std::ops::Range<u16> = 21_000..32_000;
/// Ports of one demo: a pair for each of 200 phones, for calls that just ended, and for guests.
const RTP_BLOCK: u16 = 1_000;
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
    /// Held so that no other demo takes the same ports for sound.
    _reserved: TcpListener,
    pub(super) loaded: Loaded,
    /// Where SIP is listened to.
    pub(super) sip: SocketAddr,
    pub(super) domain: &'static str,
    pub(super) bots: Vec<Resident>,
    pub(super) guest: Resident,
    /// Callers of flows, and who answers them.
    pub(super) crowd: Vec<Resident>,
    pub(super) seed: u64,
}

impl Site {
    /// Makes it. Passwords come from the seed: they protect nothing but a demo on loopback.
    /// SIP is on `port` if that is free, else on any that is.
    pub(super) fn make(phones: usize, seed: u64, ring: Duration, port: u16) -> Result<Self, Failure> {
        let cannot = |e: std::io::Error| {
            Failure::new(format!("cannot make a temporary folder: {e}"), "TMPDIR names another place for it")
        };
        // Its socket and the sound of calls are nobody else's business.
        let own = std::fs::Permissions::from_mode(0o700);
        let dir =
            tempfile::Builder::new().prefix("switchroom-demo-").permissions(own).tempdir().map_err(cannot)?;
        let mut rng = Rng::from_number(seed);
        let bots: Vec<Resident> = (0..phones).map(|place| resident(place, phones, &mut rng)).collect();
        let guest = resident(0, phones, &mut rng);
        // Its name is where a person who watches the console finds the password.
        let name = format!("You (password {})", guest.password);
        let guest = Resident { number: GUEST.into(), name, ..guest };
        let crowd: Vec<Resident> = crowd::residents()
            .enumerate()
            .map(|(place, (number, name))| {
                let one = resident(place, phones, &mut rng);
                Resident { number: number.to_owned(), name: name.to_owned(), ..one }
            })
            .collect();
        let sip = free_sip(port)?;
        let (reserved, first) = free_rtp()?;
        let last = first + RTP_BLOCK - 1;
        let mut text = format!(
            "[site]\nname = \"Demo\"\ndomain = \"{DOMAIN}\"\n\n\
             [sip]\nlisten = [\"udp {sip}\", \"tcp {sip}\"]\nring = \"{}s\"\n\n\
             [media]\nports = \"{first}-{last}\"\n\n\
             [recording]\nrule = \"always\"\ndir = \"recordings\"\n\n[store]\ndir = \"data\"\n\n\
             [control]\nsocket = \"{}\"\n\n[stop]\ndrain = \"2s\"\n",
            ring.as_secs(),
            dir.path().join("control.sock").display()
        );
        text.push_str(&crowd::with_agents(crowd::SITE));
        for resident in bots.iter().chain([&guest]).chain(&crowd) {
            let (md5, _) = config::digests(&resident.number, DOMAIN, &resident.password);
            let _ = write!(
                text,
                "\n[extensions.{}]\nname = \"{}\"\ndigest_md5 = \"{md5}\"\n",
                resident.number, resident.name
            );
        }
        let flows =
            crowd::FLOWS.iter().map(|(name, text)| (format!("flows/{name}.toml"), crowd::with_agents(text)));
        let lists = crowd::LISTS.iter().map(|(name, text)| (format!("lists/{name}.csv"), (*text).to_owned()));
        let pins = ("lists/pins.csv".to_owned(), crowd::PINS.to_owned());
        for (name, text) in flows.chain(lists).chain([pins]) {
            let path = dir.path().join(name);
            path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(cannot)?;
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(cannot)?;
            file.write_all(text.as_bytes()).map_err(cannot)?;
        }
        let path = dir.path().join("switchroom.toml");
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(cannot)?;
        file.write_all(text.as_bytes()).map_err(cannot)?;
        let loaded = config::load(&path)?;
        Ok(Self { dir, _reserved: reserved, loaded, sip, domain: DOMAIN, bots, guest, crowd, seed })
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

/// An address whose port is free for UDP and TCP: `wanted`, else any.
fn free_sip(wanted: u16) -> Result<SocketAddr, Failure> {
    let is_free = |port: u16| {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
        let address = udp.local_addr().ok()?;
        TcpListener::bind(address).ok().map(|_| address)
    };
    std::iter::once(wanted)
        .chain(std::iter::repeat_n(0, 20))
        .find_map(is_free)
        .ok_or_else(|| Failure::new("no port is free for SIP on 127.0.0.1", "what holds them? ss -lnup"))
}

/// A block of ports that are free for sound, its first port, and what reserves it: the exchange takes them one by one
/// when calls need them, so demos that run at the same time agree by a TCP port that each holds as long as it lives.
fn free_rtp() -> Result<(TcpListener, u16), Failure> {
    let is_free = |port: u16| UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    RTP_PORTS
        .step_by(usize::from(RTP_BLOCK))
        .find_map(|first| {
            let reserved = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).ok()?;
            (first..first + RTP_BLOCK).all(is_free).then_some((reserved, first))
        })
        .ok_or_else(|| {
            let what = format!("no {RTP_BLOCK} UDP ports in a row are free for sound on 127.0.0.1");
            Failure::new(what, "are other demos running? what else holds them? ss -lnup")
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_site_is_a_configuration_without_faults_and_leaves_nothing() {
        let Ok(site) = Site::make(25, 7, Duration::from_secs(8), 0) else { panic!("no site") };
        assert_eq!(site.loaded.warnings, []);
        assert_eq!(site.loaded.config.extensions.len(), 26 + site.crowd.len());
        assert!(site.loaded.config.extensions.contains_key(GUEST));
        // The agents sit where the crowd answers, not at the phones that are busy with the plan.
        let floor = &site.loaded.config.floor;
        let mut seats = floor.agents.values().filter_map(|agent| agent.extension.as_deref());
        assert_eq!((floor.queues.len(), floor.agents.len()), (2, 7));
        assert!(seats.all(|seat| site.crowd.iter().any(|one| one.number == seat)));
        let mut tones: Vec<u16> = site.bots.iter().map(|b| b.hz).collect();
        tones.dedup();
        assert_eq!(tones.len(), 25);
        let Ok(again) = Site::make(25, 7, Duration::from_secs(8), 0) else { panic!("no site") };
        assert!(site.bots.iter().zip(&again.bots).all(|(a, b)| a.password == b.password));
        let dir = site.dir.path().to_owned();
        drop(site);
        assert!(!dir.exists());
    }
}
