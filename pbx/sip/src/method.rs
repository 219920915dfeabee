//! Request methods.

use std::fmt;

/// A request method. The standard ones have a word, the same as in rsip; any other name is kept, so that it can be
/// refused by name.
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
        Some(match text {
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "INFO" => Self::Info,
            "INVITE" => Self::Invite,
            "MESSAGE" => Self::Message,
            "NOTIFY" => Self::Notify,
            "OPTIONS" => Self::Options,
            "PRACK" => Self::Prack,
            "PUBLISH" => Self::Publish,
            "REFER" => Self::Refer,
            "REGISTER" => Self::Register,
            "SUBSCRIBE" => Self::Subscribe,
            "UPDATE" => Self::Update,
            _ if text.is_empty() || !text.bytes().all(crate::params::is_token_byte) => return None,
            _ => Self::Other(text.into()),
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
            assert!(name.parse::<rsip::Method>().is_ok(), "{name}");
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
