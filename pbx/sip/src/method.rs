//! Request methods.

use std::fmt;

/// A request method. rsip knows the standard ones; a name it does not know is kept, so that it can be refused by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Method {
    Ack,
    Bye,
    Cancel,
    Info,
    Invite,
    Message,
    Notify,
    Options,
    Prack,
    Publish,
    Refer,
    Register,
    Subscribe,
    Update,
    /// A method we have no word for. Method names are case-sensitive (RFC 3261 §7.1).
    Other(Box<str>),
}

impl Method {
    /// The method of that name; `None` if the text is not a token.
    pub fn parse(text: &str) -> Option<Self> {
        use rsip::Method as R;
        if text.is_empty() || !text.bytes().all(crate::params::is_token_byte) {
            return None;
        }
        // rsip takes names in any case; SIP does not.
        let known = if text.bytes().all(|b| b.is_ascii_uppercase()) { text.parse::<R>().ok() } else { None };
        Some(match known {
            Some(R::Ack) => Self::Ack,
            Some(R::Bye) => Self::Bye,
            Some(R::Cancel) => Self::Cancel,
            Some(R::Info) => Self::Info,
            Some(R::Invite) => Self::Invite,
            Some(R::Message) => Self::Message,
            Some(R::Notify) => Self::Notify,
            Some(R::Options) => Self::Options,
            Some(R::PRack) => Self::Prack,
            Some(R::Publish) => Self::Publish,
            Some(R::Refer) => Self::Refer,
            Some(R::Register) => Self::Register,
            Some(R::Subscribe) => Self::Subscribe,
            Some(R::Update) => Self::Update,
            None => Self::Other(text.into()),
        })
    }

    /// The name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Info => "INFO",
            Self::Invite => "INVITE",
            Self::Message => "MESSAGE",
            Self::Notify => "NOTIFY",
            Self::Options => "OPTIONS",
            Self::Prack => "PRACK",
            Self::Publish => "PUBLISH",
            Self::Refer => "REFER",
            Self::Register => "REGISTER",
            Self::Subscribe => "SUBSCRIBE",
            Self::Update => "UPDATE",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_known_name_comes_back_and_case_matters() {
        for name in
            "ACK BYE CANCEL INFO INVITE MESSAGE NOTIFY OPTIONS PRACK PUBLISH REFER REGISTER SUBSCRIBE UPDATE"
                .split(' ')
        {
            let method = Method::parse(name).unwrap();
            assert!(!matches!(method, Method::Other(_)), "{name}");
            assert_eq!(method.name(), name);
        }
        assert_eq!(Method::parse("invite"), Some(Method::Other("invite".into())));
        assert_eq!(
            Method::parse("!interesting-Method0123456789_*+`.%indeed'~"),
            Some(Method::Other("!interesting-Method0123456789_*+`.%indeed'~".into()))
        );
        assert_eq!(Method::parse("BY E"), None);
        assert_eq!(Method::parse(""), None);
    }
}
