//! PINs that let callers in, and the guard against who tries them all.
//!
//! A PIN has four to six digits: whoever gets hold of its hash finds it by trying all, salt or not. The hash keeps a PIN
//! from being read over a shoulder, no more; what protects it is that the configuration is private and that the guard locks.

use crate::csv::{CsvFault, records};
use crate::limits::{FAULTS_MAX, NAME_MAX, PIN_ACCOUNTS_MAX};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use subtle::ConstantTimeEq;

mod guard;

pub use guard::PinGuard;

/// A PIN that is not known: only its hash is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    salt: String,
    hash: [u8; 32],
}

/// The name of the PINs of agents.
pub const AGENT_PINS: &str = "agent";

/// PINs of one purpose.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pins {
    /// One for everybody.
    pub one: Option<Pin>,
    /// One for each account.
    pub by_account: BTreeMap<String, Pin>,
    /// Wrong tries that lock, at least one.
    pub tries_max: u32,
    /// For so long a wrong try counts.
    pub window: Duration,
    /// For so long nobody is let in then.
    pub lock: Duration,
}

impl Default for Pins {
    /// None yet, with the limits that a site has unless it says so.
    fn default() -> Self {
        let quarter = Duration::from_secs(900);
        Self { one: None, by_account: BTreeMap::new(), tries_max: 3, window: quarter, lock: quarter }
    }
}

/// Whether digits can be a PIN: four to six of them.
pub fn is_pin(digits: &str) -> bool {
    (4..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

impl Pin {
    /// Of digits, with what is to make its hash differ from that of the same digits elsewhere.
    pub fn of(digits: &str, salt: &str) -> Self {
        Self { salt: salt.to_owned(), hash: hash(salt, digits) }
    }

    /// Reads `4711`, or `sha256:SALT:HASH`, where HASH is SHA-256 of `SALT:PIN` in hexadecimal. `salt` is used for the first.
    ///
    /// # Errors
    /// One sentence that does not repeat the text.
    pub fn parse(text: &str, salt: &str) -> Result<Self, String> {
        if is_pin(text) {
            return Ok(Self::of(text, salt));
        }
        let wanted = "a PIN has four to six digits; write \"8520\", or \"sha256:SALT:HASH\" with the SHA-256 of SALT:PIN in hexadecimal";
        let (salt, hex) = text.strip_prefix("sha256:").and_then(|rest| rest.split_once(':')).ok_or(wanted)?;
        let fits = (1..=64).contains(&salt.len()) && salt.bytes().all(|b| b.is_ascii_graphic());
        let mut hash = [0; 32];
        if !fits || hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wanted.to_owned());
        }
        for (place, byte) in hash.iter_mut().enumerate() {
            let pair = hex.get(place * 2..place * 2 + 2).ok_or(wanted)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wanted)?;
        }
        Ok(Self { salt: salt.to_owned(), hash })
    }

    /// As it is written in a configuration: `sha256:SALT:HASH`.
    #[cfg(test)]
    pub(crate) fn written(&self) -> String {
        let hex: String = self.hash.iter().map(|b| format!("{b:02x}")).collect();
        format!("sha256:{}:{hex}", self.salt)
    }

    /// Whether these are its digits. How long it takes does not tell how far they are right.
    pub fn is(&self, digits: &str) -> bool {
        hash(&self.salt, digits).ct_eq(&self.hash).into()
    }

    /// One that nobody knows in its place, the same for the same PIN: for what leaves the machine. `key` must be random and
    /// thrown away.
    pub fn replaced(&self, key: &[u8; 32]) -> Self {
        let mut mixed = Sha256::new();
        mixed.update(key);
        mixed.update(self.hash);
        Self { salt: "replaced".to_owned(), hash: mixed.finalize().into() }
    }
}

fn hash(salt: &str, digits: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(":");
    hash.update(digits);
    hash.finalize().into()
}

impl Pins {
    /// Whether a PIN is right for an account, or for everybody if no account is asked for. An account that does not exist
    /// takes as long as one that does.
    pub fn is_right(&self, account: Option<&str>, digits: &str) -> bool {
        let nobody = Pin { salt: "nobody".to_owned(), hash: [0; 32] };
        let pin = match account {
            Some(account) => self.by_account.get(account),
            None => self.one.as_ref(),
        };
        let is_right = pin.unwrap_or(&nobody).is(digits);
        is_right && pin.is_some() && is_pin(digits)
    }

    /// Bytes of memory that they hold, near enough for a bound.
    pub fn weight(&self) -> usize {
        let of = |(account, pin): (&String, &Pin)| {
            size_of::<(String, Pin)>() + account.capacity() + pin.salt.capacity()
        };
        self.by_account.iter().map(of).sum()
    }

    /// Reads PINs of accounts, `account,PIN` a line, as [`Pin::parse`] takes them. A first line of names is passed over, so
    /// are empty lines and remarks. What an account is called is a [name](crate::read::name).
    ///
    /// # Errors
    /// All faults, at most [`FAULTS_MAX`]. They do not repeat what may be a PIN.
    pub fn parse_accounts(text: &str, salt: &str) -> Result<BTreeMap<String, Pin>, Vec<CsvFault>> {
        let (mut found, mut faults) = (BTreeMap::new(), Vec::new());
        for (place, record) in records(text).enumerate() {
            let is_names =
                |r: &crate::csv::Record<'_>| place == 0 && r.field(0).eq_ignore_ascii_case("account");
            let read = match record {
                Ok(record) if is_names(&record) => continue,
                Ok(record) => account_of(&record, salt, &found),
                Err(fault) => Err(fault),
            };
            match read {
                Ok((account, pin)) => drop(found.insert(account, pin)),
                Err(fault) => faults.push(fault),
            }
            if faults.len() >= FAULTS_MAX {
                break;
            }
        }
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }

    /// Every PIN replaced, as [`Pin::replaced`] does.
    pub fn replaced(&self, key: &[u8; 32]) -> Self {
        Self {
            one: self.one.as_ref().map(|pin| pin.replaced(key)),
            by_account: self.by_account.iter().map(|(a, pin)| (a.clone(), pin.replaced(key))).collect(),
            ..*self
        }
    }
}

fn account_of(
    record: &crate::csv::Record<'_>,
    salt: &str,
    known: &BTreeMap<String, Pin>,
) -> Result<(String, Pin), CsvFault> {
    let account = record.field(0);
    if crate::read::name(account).is_err() {
        let what = format!("an account has 1 to {NAME_MAX} letters, digits, _ or -");
        return Err(record.fault(0, what));
    }
    if known.contains_key(account) {
        return Err(record.fault(0, format!("account {account} is listed twice")));
    }
    if known.len() >= PIN_ACCOUNTS_MAX {
        return Err(record.fault(0, format!("there are at most {PIN_ACCOUNTS_MAX} accounts")));
    }
    if record.fields.len() > 2 {
        return Err(record.fault(2, "a line has two columns: account and PIN"));
    }
    let pin = Pin::parse(record.field(1), &format!("{salt}/{account}"));
    Ok((account.to_owned(), pin.map_err(|what| record.fault(1, what))?))
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(•••)")
    }
}

impl fmt::Debug for Pins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pins")
            .field("one", &self.one)
            .field("accounts", &self.by_account.len())
            .field("tries_max", &self.tries_max)
            .field("window", &self.window)
            .field("lock", &self.lock)
            .finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_right_or_wrong() {
        // printf 'salt:4711' | sha256sum
        let hashed = "sha256:salt:c5524c6781e93e18ad0791f0a1684f0029d44f5cc8f0382400245c78b6586f83";
        for text in ["4711", hashed] {
            let pin = Pin::parse(text, "service").unwrap();
            assert!(pin.is("4711") && !pin.is("4712") && !pin.is("") && !pin.is("47110"));
            assert_eq!(Pin::parse(&pin.written(), "").unwrap(), pin);
        }
        for text in [
            "",
            "471",
            "4711000",
            "47a1",
            "sha256",
            "sha256:salt:12",
            "sha256::c5524c6781e93e18ad0791f0a1684f0029d44f5cc8f0382400245c78b6586f83",
            "٤٧١١",
        ] {
            let told = Pin::parse(text, "").unwrap_err();
            assert!(text.is_empty() || text == "sha256" || !told.contains(text), "{told}");
        }
    }

    #[test]
    fn one_for_all_is_not_one_for_an_account() {
        let accounts =
            Pins::parse_accounts("account,pin\n# ours\n1001,1234\nMara-2, 123456\n", "customers").unwrap();
        let pins = Pins {
            one: Some(Pin::of("4711", "s")),
            by_account: accounts,
            tries_max: 3,
            window: Duration::from_secs(900),
            lock: Duration::from_secs(900),
        };
        for (account, digits, is_right) in [
            (None, "4711", true),
            (None, "1234", false),
            (Some("1001"), "1234", true),
            (Some("1001"), "4711", false),
            (Some("Mara-2"), "123456", true),
            (Some("1002"), "1234", false),
            (Some(""), "", false),
        ] {
            assert_eq!(pins.is_right(account, digits), is_right, "{account:?} {digits}");
        }
        let replaced = pins.replaced(&[7; 32]);
        assert!(!replaced.is_right(None, "4711") && replaced.by_account.len() == 2);
        assert_eq!(replaced, pins.replaced(&[7; 32]));
        assert_ne!(replaced, pins.replaced(&[8; 32]));
        let none = Pins { one: None, by_account: BTreeMap::new(), ..pins };
        assert!(!none.is_right(None, "4711") && !none.is_right(None, ""));
    }

    #[test]
    fn faults_of_a_file_have_places_and_no_pins() {
        let text = "1001,98765432\n1002,1234\n1002,5555\na b,1234\n1003,1234,x\n1004,\"1\n";
        let faults = Pins::parse_accounts(text, "s").unwrap_err();
        let places: Vec<_> = faults.iter().map(|f| (f.place.line, f.place.column)).collect();
        assert_eq!(places, [(1, 6), (3, 1), (4, 1), (5, 11), (6, 6)]);
        let told: String = faults.iter().map(|f| f.what.as_str()).collect();
        assert!(!told.contains("98765432") && !told.contains("1234") && !told.contains("5555"), "{told}");
    }

    #[test]
    fn nothing_is_shown_by_accident() {
        let pin = Pin::of("4711", "salt");
        let hex = pin.written();
        let pins = Pins {
            one: Some(pin.clone()),
            by_account: BTreeMap::from([("1001".to_owned(), pin.clone())]),
            tries_max: 3,
            window: Duration::from_secs(1),
            lock: Duration::from_secs(1),
        };
        let shown = format!("{pin:?} {pins:?} {:#?}", Some(&pins));
        assert!(!shown.contains("4711") && !shown.contains(hex.get(12..).unwrap()), "{shown}");
        let first = pin.hash.first().unwrap();
        assert!(!shown.contains(&format!("[{first}")), "{shown}");
    }
}
