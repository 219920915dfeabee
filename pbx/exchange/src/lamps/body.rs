//! The body of a NOTIFY about a lamp (RFC 4235 §4): always the full state, and one `dialog` even where there is none, for phones
//! put their lamp out by its `terminated`, not by its absence.

use super::Light;
use switchroom_sip::uri::Uri;

/// What it says. Of the other party there is nothing in it.
pub(super) fn of(number: &str, domain: &str, version: u32, light: Light) -> String {
    let uri = escaped(&Uri::sip(number, domain, None).to_string());
    let (state, direction) = match light {
        Light::Dark => ("terminated", ""),
        Light::Calls => ("early", " direction=\"initiator\""),
        Light::Blinks => ("early", " direction=\"recipient\""),
        Light::Lit => ("confirmed", ""),
    };
    let id = escaped(number);
    format!(
        "<?xml version=\"1.0\"?>\r\n\
         <dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{version}\" state=\"full\" entity=\"{uri}\">\r\n\
         <dialog id=\"{id}\"{direction}>\r\n\
         <state>{state}</state>\r\n\
         <local>\r\n<identity>{uri}</identity>\r\n<target uri=\"{uri}\"/>\r\n</local>\r\n\
         </dialog>\r\n\
         </dialog-info>\r\n"
    )
}

/// Text for content and attributes of XML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_what_the_rfc_says() {
        assert_eq!(
            of("102", "pbx.example", 7, Light::Blinks),
            "<?xml version=\"1.0\"?>\r\n\
             <dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"7\" state=\"full\" entity=\"sip:102@pbx.example\">\r\n\
             <dialog id=\"102\" direction=\"recipient\">\r\n\
             <state>early</state>\r\n\
             <local>\r\n\
             <identity>sip:102@pbx.example</identity>\r\n\
             <target uri=\"sip:102@pbx.example\"/>\r\n\
             </local>\r\n\
             </dialog>\r\n\
             </dialog-info>\r\n"
        );
        let told = |light| of("*50", "h", 0, light);
        assert!(told(Light::Dark).contains("<dialog id=\"*50\">\r\n<state>terminated</state>"));
        assert!(
            told(Light::Calls)
                .contains("<dialog id=\"*50\" direction=\"initiator\">\r\n<state>early</state>")
        );
        assert!(told(Light::Lit).contains("<dialog id=\"*50\">\r\n<state>confirmed</state>"));
    }

    #[test]
    fn nothing_in_a_number_or_domain_is_markup() {
        let body = of("#\"<&>'", "h", 0, Light::Dark);
        assert_eq!(body.matches('<').count(), 12, "{body}");
        assert!(body.contains("<dialog id=\"#&quot;&lt;&amp;&gt;&apos;\">"), "{body}");
    }
}
