//! Where an extension is that registers nowhere.

use super::reader::{Reader, Section};
use super::{Listen, Transport};
use std::net::{IpAddr, SocketAddr};
use switchroom_exchange::{FixedContact, Place};
use switchroom_sip::uri::{Scheme, Uri};

/// Where SIP is spoken unless a URI says so (RFC 3261 §19.1.2).
const SIP_PORT: u16 = 5060;
/// Longest URI.
const URI_MAX: usize = 256;
/// Longest name of a host, and longest part of one (RFC 1035 §2.3.4).
const HOST_MAX: usize = 253;
const LABEL_MAX: usize = 63;

/// The `contact` of an extension. Which of our addresses reaches it is found when the daemon starts: here it is the one that
/// is listened to. Where a host is that it names is found while it runs.
pub(super) fn fixed(reader: &mut Reader, section: Section<'_>, listen: &[Listen]) -> Option<FixedContact> {
    let (uri, to) = reader.text(section, "contact", &address)?;
    let over = match to.over {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
    };
    let mut ways = listen.iter().filter(|l| l.transport == to.over).map(|l| l.address);
    let is_v6 = to.ip.is_some_and(|ip| ip.is_ipv6());
    let way = ways.find(|way| to.ip.is_none_or(|ip| way.is_ipv4() == ip.is_ipv4()));
    let Some(local) = way else {
        let kind = if is_v6 { "[::]:5060" } else { "0.0.0.0:5060" };
        let hint = format!("add \"{over} {kind}\" to listen in [sip]");
        let what = format!("nothing in listen reaches {} over {}", to.host, over.to_uppercase());
        reader.faults.push(&section.span("contact"), what, Some(hint));
        return None;
    };
    let To { host, ip, port, over } = to;
    let place = match (over, ip) {
        (Transport::Tcp, _) => Place::Connection { host, port },
        (Transport::Udp, Some(ip)) => Place::Address { local, remote: SocketAddr::new(ip, port) },
        (Transport::Udp, None) => Place::Host { name: host, port },
    };
    Some(FixedContact { uri, place })
}

/// Where requests go.
#[derive(Debug, PartialEq, Eq)]
struct To {
    /// An IP address without brackets, or a name in lower case.
    host: String,
    ip: Option<IpAddr>,
    port: u16,
    over: Transport,
}

/// A SIP URI, and where requests to it go.
fn address(text: &str) -> Result<(String, To), String> {
    let wanted = || {
        format!(
            "\"{text}\" cannot be called; write an address as \"sip:ana@192.0.2.7:5060\" or \"sip:ana@phones.example.com\""
        )
    };
    let uri = Uri::parse(text).filter(|_| text.len() <= URI_MAX).ok_or_else(wanted)?;
    let port = uri.port.unwrap_or(SIP_PORT);
    let is_plain = uri.scheme == Scheme::Sip && uri.headers.is_none() && uri.password.is_none();
    if !is_plain || port == 0 {
        return Err(wanted());
    }
    let over = match uri.param("transport").unwrap_or_default().to_ascii_lowercase().as_str() {
        "udp" => Transport::Udp,
        "tcp" => Transport::Tcp,
        "" if !uri.has_param("transport") => Transport::Udp,
        _ => return Err(format!("\"{text}\" is reached over neither UDP nor TCP, and a contact is")),
    };
    let ip = uri.ip().map(|ip| ip.to_canonical());
    let host = match ip {
        Some(ip) if ip.is_unspecified() || ip.is_multicast() => return Err(wanted()),
        Some(ip) => ip.to_string(),
        None if is_host(&uri.host) => uri.host.to_ascii_lowercase(),
        None => return Err(format!("\"{text}\" has neither an IP address nor the name of a host")),
    };
    Ok((uri.to_string(), To { host, ip, port, over }))
}

/// Whether it can be the name of a host (RFC 1123 §2.1). One whose last part is digits only is an address that somebody mistyped.
fn is_host(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    name.len() <= HOST_MAX && name.split('.').all(is_label) && !name.rsplit('.').next().is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    #[test]
    fn an_address_is_a_sip_uri_over_udp() {
        let good = |text: &str, to: &str| {
            let to: SocketAddr = to.parse().unwrap();
            let (ip, port) = (to.ip(), to.port());
            let to = To { host: ip.to_string(), ip: Some(ip), port, over: Transport::Udp };
            assert_eq!(address(text), Ok((text.to_owned(), to)));
        };
        good("sip:ana@192.0.2.7", "192.0.2.7:5060");
        good("sip:192.0.2.7:5070;transport=udp", "192.0.2.7:5070");
        good("sip:ana@[2001:db8::7]:5062;user=phone", "[2001:db8::7]:5062");
        for bad in [
            "",
            "ana",
            "ana@192.0.2.7",
            "sips:ana@192.0.2.7",
            "tel:+4912345",
            "sip:ana:pw@192.0.2.7",
            "sip:ana@192.0.2.7?Subject=x",
            "sip:ana@192.0.2.7\r\nX: y",
            "sip:ana@0.0.0.0",
            "sip:ana@224.0.0.1",
            "sip:ana@192.0.2.7:0",
            "sip:ana@phones.example.com:0",
            "sip:ana@phones.example.com:99999",
            "sip:ana@phones example.com",
            "sip:ana@phönes.example.com",
            "sip:ana@",
            "sips:ana@phones.example.com",
        ] {
            assert!(
                address(bad).is_err_and(|why| why.contains("cannot be called")),
                "{bad}: {:?}",
                address(bad)
            );
        }
        for other in ["sip:ana@192.0.2.7;transport=ws", "sip:ana@phones.example.com;transport"] {
            assert!(address(other).is_err_and(|why| why.contains("over neither UDP nor TCP")));
        }
        let over = |text| address(text).map(|(_, to)| (to.host, to.over));
        assert_eq!(over("sip:ana@192.0.2.7;transport=TCP"), Ok(("192.0.2.7".into(), Transport::Tcp)));
        assert_eq!(over("sip:ana@[2001:DB8::7];transport=tcp"), Ok(("2001:db8::7".into(), Transport::Tcp)));
        assert!(address(&format!("sip:{}@192.0.2.7", "a".repeat(300))).is_err());
    }

    #[test]
    fn a_host_has_a_name() {
        let good = |text: &str, name: &str, port| {
            assert_eq!(
                address(text),
                Ok((text.to_owned(), To { host: name.to_owned(), ip: None, port, over: Transport::Udp }))
            );
        };
        good("sip:ana@phones.example.com", "phones.example.com", 5060);
        good("sip:ana@Phones.Example.com:5070;transport=udp", "phones.example.com", 5070);
        good("sip:desk-7", "desk-7", 5060);
        good("sip:ana@pbx_2.lan.", "pbx_2.lan.", 5060);
        let long = |labels: usize| vec!["a".repeat(63); labels].join(".");
        for bad in [
            "sip:ana@192.0.2.300",
            "sip:ana@192.0.2",
            "sip:ana@7",
            "sip:ana@.",
            "sip:ana@a..b",
            "sip:ana@-a.example",
            "sip:ana@a-.example",
            &format!("sip:ana@{}.example", "a".repeat(64)),
            &format!("sip:{}", long(4)),
        ] {
            let is_known = |why: &String| why.contains("neither") || why.contains("cannot be called");
            assert!(address(bad).as_ref().is_err_and(is_known), "{bad}: {:?}", address(bad));
        }
        assert!(address(&format!("sip:{}", long(3))).is_ok());
    }

    /// A name is no fault, whether anybody knows it or not: nothing is asked while a file is read.
    #[test]
    fn a_file_names_hosts_and_something_must_reach_them() {
        let read = |listen: &str, contact: &str| {
            let text = format!(
                "[sip]\nlisten = [\"{listen}\"]\n[extensions.102]\nname = \"Bo\"\ncontact = \"{contact}\"\n"
            );
            crate::config::parse(&text, Path::new("/etc/switchroom.toml"), Path::new("/"))
        };
        let loaded = read("udp 0.0.0.0:5060", "sip:bo@nowhere.invalid:5070").unwrap();
        let place = Place::Host { name: "nowhere.invalid".into(), port: 5070 };
        let contact = FixedContact { uri: "sip:bo@nowhere.invalid:5070".into(), place };
        assert_eq!(loaded.config.extensions["102"].contact, Some(contact));
        assert_eq!(loaded.warnings.len(), 0, "it needs no password");
        let loaded = read("tcp 0.0.0.0:5060", "sip:bo@[2001:db8::7]:5070;transport=tcp");
        let hint = "add \"tcp [::]:5060\" to listen in [sip]";
        assert!(loaded.is_err_and(|faults| faults[0].hint.as_deref() == Some(hint)));
        let loaded = read("tcp 0.0.0.0:5060", "sip:bo@Phones.example.com;transport=tcp").unwrap();
        let place = Place::Connection { host: "phones.example.com".into(), port: 5060 };
        assert_eq!(loaded.config.extensions["102"].contact.as_ref().unwrap().place, place);
        for (listen, contact, what) in [
            (
                "tcp 0.0.0.0:5060",
                "sip:bo@phones.example.com",
                "nothing in listen reaches phones.example.com over UDP",
            ),
            ("udp 0.0.0.0:5060", "sip:bo@[2001:db8::7]", "nothing in listen reaches 2001:db8::7 over UDP"),
        ] {
            let faults = read(listen, contact).unwrap_err();
            assert_eq!(faults.len(), 1, "{faults:?}");
            let fault = faults[0].to_string();
            assert!(fault.contains(what) && fault.contains(":5:"), "{fault}");
        }
    }
}
