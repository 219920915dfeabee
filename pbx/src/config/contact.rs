//! Where an extension is that registers nowhere.

use super::Listen;
use super::reader::{Reader, Section};
use std::net::SocketAddr;
use switchroom_exchange::FixedContact;
use switchroom_sip::uri::{Scheme, Uri};

/// Where SIP is spoken unless a URI says so (RFC 3261 §19.1.2).
const SIP_PORT: u16 = 5060;
/// Longest URI.
const URI_MAX: usize = 256;

/// The `contact` of an extension. Which of our addresses reaches it is found when the daemon starts: here it is the one that
/// is listened to.
pub(super) fn fixed(reader: &mut Reader, section: Section<'_>, listen: &[Listen]) -> Option<FixedContact> {
    let (uri, remote) = reader.text(section, "contact", &address)?;
    let is_way =
        |l: &&Listen| l.transport == super::Transport::Udp && l.address.is_ipv4() == remote.is_ipv4();
    let Some(way) = listen.iter().find(is_way) else {
        let kind = if remote.is_ipv4() { "udp 0.0.0.0:5060" } else { "udp [::]:5060" };
        let what = format!("nothing in listen reaches {remote}");
        reader.faults.push(
            &section.span("contact"),
            what,
            Some(format!("add \"{kind}\" to listen in [sip]")),
        );
        return None;
    };
    Some(FixedContact { uri, local: way.address, remote })
}

/// A SIP URI whose host is an IP address, and where requests to it go.
fn address(text: &str) -> Result<(String, SocketAddr), String> {
    let wanted = || format!("\"{text}\" cannot be called; write an address as \"sip:ana@192.0.2.7:5060\"");
    let uri = Uri::parse(text).filter(|_| text.len() <= URI_MAX).ok_or_else(wanted)?;
    if uri.scheme != Scheme::Sip || uri.headers.is_some() || uri.password.is_some() {
        return Err(wanted());
    }
    let ip = uri.ip().ok_or_else(|| {
        format!("\"{text}\" names a host; a contact has an IP address, as in \"sip:ana@192.0.2.7:5060\"")
    })?;
    if uri.param("transport").is_some_and(|transport| !transport.eq_ignore_ascii_case("udp")) {
        return Err(format!(
            "\"{text}\" is not reached over UDP, and a contact is; phones that need TCP register"
        ));
    }
    let port = uri.port.unwrap_or(SIP_PORT);
    if ip.is_unspecified() || ip.is_multicast() || port == 0 {
        return Err(wanted());
    }
    Ok((uri.to_string(), SocketAddr::new(ip, port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_sip_uri_over_udp() {
        let at = |text| address(text).map(|(uri, at)| (uri, at.to_string()));
        let good = |text: &'static str, to: &str| assert_eq!(at(text), Ok((text.to_owned(), to.to_owned())));
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
        ] {
            assert!(at(bad).is_err_and(|why| why.contains("cannot be called")), "{bad}: {:?}", at(bad));
        }
        assert!(at("sip:ana@pbx.example").is_err_and(|why| why.contains("names a host")));
        assert!(at("sip:ana@192.0.2.7;transport=tcp").is_err_and(|why| why.contains("not reached over UDP")));
        assert!(at(&format!("sip:{}@192.0.2.7", "a".repeat(300))).is_err());
    }
}
