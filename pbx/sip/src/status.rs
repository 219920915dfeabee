//! Status codes.

use std::fmt;

/// A status code, 100 to 699, with the reason phrase of its RFC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(u16);

macro_rules! statuses {
    ($($name:ident $code:literal,)*) => {
        #[allow(missing_docs)]
        impl Status { $(pub const $name: Self = Self($code);)* }
    };
}

statuses! {
    TRYING 100, RINGING 180, SESSION_PROGRESS 183, OK 200, ACCEPTED 202, MOVED_TEMPORARILY 302, BAD_REQUEST 400,
    UNAUTHORIZED 401, FORBIDDEN 403, NOT_FOUND 404, METHOD_NOT_ALLOWED 405, NOT_ACCEPTABLE 406, PROXY_AUTH 407, REQUEST_TIMEOUT 408,
    TOO_LARGE 413, URI_TOO_LONG 414, UNSUPPORTED_MEDIA 415, UNSUPPORTED_SCHEME 416, BAD_EXTENSION 420,
    INTERVAL_TOO_SMALL 422, INTERVAL_TOO_BRIEF 423, UNAVAILABLE 480, NO_SUCH_CALL 481, LOOP 482, TOO_MANY_HOPS 483,
    BUSY 486, TERMINATED 487, NOT_ACCEPTABLE_HERE 488, BAD_EVENT 489, PENDING 491, SERVER_ERROR 500, NOT_IMPLEMENTED 501,
    SERVICE_UNAVAILABLE 503, VERSION 505, MESSAGE_TOO_LARGE 513, BUSY_EVERYWHERE 600, DECLINE 603,
}

impl Status {
    /// The status of that code, if it is one.
    pub fn new(code: u16) -> Option<Self> {
        (100..700).contains(&code).then_some(Self(code))
    }

    /// The number.
    pub fn code(self) -> u16 {
        self.0
    }

    /// 100 to 199.
    pub fn is_provisional(self) -> bool {
        self.0 < 200
    }

    /// 200 to 299.
    pub fn is_success(self) -> bool {
        (200..300).contains(&self.0)
    }

    /// 200 and above.
    pub fn is_final(self) -> bool {
        self.0 >= 200
    }

    /// The reason phrase. rsip knows the codes; its names are turned into the phrases of the RFCs
    /// (`BusyHere` → `Busy Here`), with those it has no right name for spelled out.
    pub fn reason(self) -> String {
        match self.0 {
            200 => return "OK".into(),
            201 => return "Unknown".into(),
            202 => return "Accepted".into(),
            414 => return "Request-URI Too Long".into(),
            416 => return "Unsupported URI Scheme".into(),
            422 => return "Session Interval Too Small".into(),
            423 => return "Interval Too Brief".into(),
            481 => return "Call/Transaction Does Not Exist".into(),
            491 => return "Request Pending".into(),
            513 => return "Message Too Large".into(),
            501 => return "Not Implemented".into(),
            504 => return "Server Time-out".into(),
            606 => return "Not Acceptable".into(),
            _ => {}
        }
        match rsip::StatusCode::from(self.0) {
            rsip::StatusCode::Other(..) => "Unknown".into(),
            known => {
                let name = format!("{known:?}");
                let mut phrase = String::with_capacity(name.len() + 4);
                for (place, c) in name.chars().enumerate() {
                    if place > 0 && c.is_ascii_uppercase() {
                        phrase.push(' ');
                    }
                    phrase.push(c);
                }
                phrase
            }
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.reason())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_those_of_the_rfcs() {
        for (code, phrase) in [
            (100, "Trying"),
            (180, "Ringing"),
            (183, "Session Progress"),
            (200, "OK"),
            (202, "Accepted"),
            (302, "Moved Temporarily"),
            (400, "Bad Request"),
            (401, "Unauthorized"),
            (403, "Forbidden"),
            (404, "Not Found"),
            (405, "Method Not Allowed"),
            (406, "Not Acceptable"),
            (408, "Request Timeout"),
            (413, "Request Entity Too Large"),
            (415, "Unsupported Media Type"),
            (414, "Request-URI Too Long"),
            (416, "Unsupported URI Scheme"),
            (420, "Bad Extension"),
            (480, "Temporarily Unavailable"),
            (482, "Loop Detected"),
            (483, "Too Many Hops"),
            (486, "Busy Here"),
            (487, "Request Terminated"),
            (488, "Not Acceptable Here"),
            (489, "Bad Event"),
            (500, "Server Internal Error"),
            (503, "Service Unavailable"),
            (504, "Server Time-out"),
            (505, "Version Not Supported"),
            (600, "Busy Everywhere"),
            (603, "Decline"),
            (606, "Not Acceptable"),
        ] {
            assert_eq!(Status(code).reason(), phrase);
        }
    }
}
