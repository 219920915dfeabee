//! Values as people write them: addresses, networks, port ranges, numbers, digests.
//!
//! Each reader says in one sentence what it wants instead.

use super::{Listen, Transport};
use std::net::{IpAddr, SocketAddr};

/// `udp 0.0.0.0:5060`.
pub(super) fn listen(text: &str) -> Result<Listen, String> {
    let wanted =
        || format!("\"{text}\" is not a place to listen; write \"udp 0.0.0.0:5060\" or \"tcp [::]:5060\"");
    let (transport, address) = text.split_once(' ').ok_or_else(wanted)?;
    let transport = match transport.to_ascii_lowercase().as_str() {
        "udp" => Transport::Udp,
        "tcp" => Transport::Tcp,
        _ => return Err(wanted()),
    };
    let address: SocketAddr = address.trim().parse().map_err(|_| wanted())?;
    Ok(Listen { transport, address })
}

/// An IP address that others can send to.
pub(super) fn external(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr =
        text.parse().map_err(|_| format!("\"{text}\" is not an IP address, such as \"203.0.113.7\""))?;
    if address.is_unspecified() || address.is_multicast() {
        return Err(format!("\"{text}\" is not an address that phones can send to"));
    }
    Ok(address)
}

/// `192.168.0.0/16`.
pub(super) fn network(text: &str) -> Result<(IpAddr, u8), String> {
    let wanted = || format!("\"{text}\" is not a network; write it as \"192.168.0.0/16\"");
    let (address, length) = text.split_once('/').ok_or_else(wanted)?;
    let address: IpAddr = address.parse().map_err(|_| wanted())?;
    let length: u8 = length.parse().map_err(|_| wanted())?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    if length > bits { Err(wanted()) } else { Ok((address, length)) }
}

/// `20000-20999`: the first port and the number of pairs.
pub(super) fn ports(text: &str) -> Result<(u16, u16), String> {
    let wanted = || format!("\"{text}\" is not a range of ports; write \"20000-20999\"");
    let (first, last) = text.split_once('-').ok_or_else(wanted)?;
    let first: u16 = first.trim().parse().map_err(|_| wanted())?;
    let last: u16 = last.trim().parse().map_err(|_| wanted())?;
    if first < 1024 || !first.is_multiple_of(2) {
        return Err(format!("the range \"{text}\" must begin with an even port of 1024 or more"));
    }
    match last.checked_sub(first) {
        Some(distance) if distance >= 3 && distance % 2 == 1 => Ok((first, distance / 2 + 1)),
        _ => Err(format!("the range \"{text}\" must end with an odd port and hold two pairs or more")),
    }
}

/// A name in DNS, or an IP address.
pub(super) fn domain(text: &str) -> Result<String, String> {
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    if text.len() <= 253 && text.split('.').all(label) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(format!("\"{text}\" is not a domain name, such as \"phones.example.com\""))
    }
}

/// A name for people.
pub(super) fn name(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("a name holds a control character".into());
    }
    if text.chars().count() > 64 {
        return Err("a name has at most 64 characters".into());
    }
    Ok(text.to_owned())
}

/// Whether text can be an extension or service: `[0-9*#]{1,32}`.
pub(super) fn is_number(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#')
}

/// A size: `500MB`, `50GB`, `2TB`, of 1,000 each.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match text.strip_prefix(number).unwrap_or_default() {
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => {
            return Err(format!("\"{text}\" is no size: write a whole number and MB, GB or TB, as \"50GB\""));
        }
    };
    let is_whole = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let whole = number.parse::<u64>().ok().filter(|n| is_whole && *n > 0).and_then(|n| n.checked_mul(unit));
    whole.ok_or_else(|| {
        format!("\"{text}\" is no size: write a whole number from 1 and MB, GB or TB, as \"50GB\"")
    })
}

/// The bytes of a digest in hexadecimal.
pub(super) fn digest<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let wanted = || format!("a digest has {} hexadecimal digits, and this is not one", N * 2);
    let mut bytes = [0; N];
    if text.len() != N * 2 || !text.is_ascii() {
        return Err(wanted());
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        let pair = text.get(place * 2..place * 2 + 2).ok_or_else(wanted)?;
        if !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wanted());
        }
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wanted())?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_ranges_are_whole_pairs() {
        assert_eq!(ports("20000-20999"), Ok((20_000, 500)));
        assert_eq!(ports("1024-65535"), Ok((1024, 32_256)));
        for text in ["20001-20999", "20000-20998", "20000-20001", "20999-20000", "0-1", "20000", "a-b"] {
            assert!(ports(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_whole_numbers_with_a_unit() {
        assert_eq!((bytes("500MB"), bytes("50GB")), (Ok(500_000_000), Ok(50_000_000_000)));
        for wrong in ["", "GB", "50", "50gb", "-1GB", "+1GB", "1.5GB", "1 GB", "0GB", "50é", "99999999999TB"]
        {
            assert!(bytes(wrong).is_err_and(|why| why.contains("is no size")), "{wrong}");
        }
    }

    #[test]
    fn numbers_addresses_networks_and_digests() {
        assert!(is_number("101") && is_number("*43") && is_number("#"));
        assert!(!is_number("") && !is_number("10a") && !is_number(&"1".repeat(33)) && !is_number("+41"));
        assert!(listen("udp 0.0.0.0:5060").is_ok() && listen("TCP [::]:5060").is_ok());
        assert!(listen("udp 5060").is_err() && listen("tls 0.0.0.0:5061").is_err());
        assert!(
            network("10.0.0.0/8").is_ok() && network("10.0.0.0/33").is_err() && network("10.0.0.0").is_err()
        );
        assert!(external("0.0.0.0").is_err() && external("203.0.113.7").is_ok());
        assert_eq!(digest::<2>("00fF"), Ok([0, 255]));
        assert!(digest::<2>("00f").is_err() && digest::<2>("+0+0").is_err() && digest::<2>("ééé").is_err());
        assert!(domain("phones.example.com").is_ok() && domain("192.0.2.1").is_ok());
        assert!(
            domain("a b").is_err() && domain("a..b").is_err() && domain("-a").is_err() && domain("").is_err()
        );
    }
}
