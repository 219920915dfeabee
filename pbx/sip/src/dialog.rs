//! Dialogs: the lasting relation of two user agents (RFC 3261 §12).

use crate::header::Name;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::name_addr::NameAddr;
use crate::uri::Uri;

/// A dialog, possibly an early one whose remote tag is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    /// Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// The peer's tag; empty while unknown.
    pub remote_tag: String,
    /// Our From or To with tag.
    pub local: NameAddr,
    /// The peer's To or From.
    pub remote: NameAddr,
    /// Number of our last request.
    pub local_cseq: u32,
    /// Number of the peer's last request.
    pub remote_cseq: Option<u32>,
    /// Contact of the peer.
    pub target: Uri,
    /// Route set, nearest first.
    pub route: Vec<String>,
}

impl Dialog {
    /// The dialog that answering `request` opens (§12.1.1).
    pub fn of_server(request: &Request, local_tag: &str) -> Option<Self> {
        Some(Self {
            call_id: request.call_id().to_owned(),
            local_tag: local_tag.to_owned(),
            remote_tag: request.from_tag(),
            local: request.to()?.with_tag(local_tag),
            remote: request.from()?,
            // Below 2³¹, with room to count up for a long call.
            local_cseq: 1,
            remote_cseq: Some(request.cseq().number),
            target: request.contact()?.uri,
            route: request.headers.elements(&Name::RecordRoute).map(str::to_owned).collect(),
        })
    }

    /// The dialog that `request`, a request of ours, may open (§12.1.2).
    pub fn of_client(request: &Request) -> Option<Self> {
        Some(Self {
            call_id: request.call_id().to_owned(),
            local_tag: request.from_tag(),
            remote_tag: String::new(),
            local: request.from()?,
            remote: request.to()?,
            local_cseq: request.cseq().number,
            remote_cseq: None,
            target: request.uri.clone(),
            route: Vec::new(),
        })
    }

    /// Takes over what a response that opens the dialog says: tag, target, route.
    pub fn learn(&mut self, response: &Response) {
        if let Some(to) = response.to() {
            self.remote_tag = to.tag().unwrap_or_default().to_owned();
            self.remote = to;
        }
        if let Some(contact) = response.contact() {
            self.target = contact.uri;
        }
        let mut route: Vec<String> =
            response.headers.elements(&Name::RecordRoute).map(str::to_owned).collect();
        route.reverse();
        self.route = route;
    }

    /// Whether a request of the peer belongs here.
    pub fn matches(&self, request: &Request) -> bool {
        self.call_id == request.call_id()
            && !self.local_tag.is_empty()
            && request.tag_in(&Name::To) == self.local_tag
            && (self.remote_tag.is_empty() || self.remote_tag == request.tag_in(&Name::From))
    }

    /// A new request in the dialog, without Via and Contact. ACK takes the number of the INVITE it acknowledges.
    pub fn request(&mut self, method: Method, cseq: Option<u32>) -> Request {
        let number = cseq.unwrap_or_else(|| {
            self.local_cseq += 1;
            self.local_cseq
        });
        let is_strict = self
            .route
            .first()
            .and_then(|first| NameAddr::parse(first))
            .filter(|first| !first.uri.params.has("lr"));
        let mut request = match &is_strict {
            // A strict router wants itself in the Request-URI and the target last (§12.2.1.1).
            Some(first) => Request::new(method.clone(), first.uri.clone()),
            None => Request::new(method.clone(), request_uri(&self.target)),
        };
        request.headers.push(Name::MaxForwards, "70");
        for route in self.route.iter().skip(usize::from(is_strict.is_some())) {
            request.headers.push(Name::Route, route);
        }
        if is_strict.is_some() {
            request.headers.push(Name::Route, format!("<{}>", self.target));
        }
        request.headers.push_written(Name::From, |text| self.local.print(text));
        request.headers.push_written(Name::To, |text| self.remote.print(text));
        request.headers.push(Name::CallId, &self.call_id);
        request.headers.push(Name::CSeq, format!("{number} {method}"));
        request
    }
}

/// A contact as a Request-URI: without headers and `method` (§19.1.1).
pub fn request_uri(contact: &Uri) -> Uri {
    let mut uri = contact.clone();
    uri.headers = None;
    uri.params.remove("method");
    uri
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::message::Message;
    use crate::status::Status;

    fn invite() -> Request {
        let text = "INVITE sip:102@h SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=z9hG4bK1\r\nFrom: \"A\" <sip:101@h>;tag=f\r\n\
            To: <sip:102@h>\r\nCall-ID: c\r\nCSeq: 4 INVITE\r\nContact: <sip:101@p:5062;ob?x=y>\r\n\
            Record-Route: <sip:p1;lr>,<sip:p2;lr>\r\n\r\n";
        let Ok(Message::Request(r)) = Message::parse(text.as_bytes()) else { panic!() };
        r
    }

    #[test]
    fn both_ends_agree() {
        let invite = invite();
        let mut server = Dialog::of_server(&invite, "t").unwrap();
        let mut ok = invite.response(Status::OK, Some("t"));
        ok.headers.push(Name::RecordRoute, "<sip:p1;lr>,<sip:p2;lr>");
        ok.headers.push(Name::Contact, "<sip:102@q>");
        let mut client = Dialog::of_client(&invite).unwrap();
        client.learn(&ok);
        assert_eq!((client.route[0].as_str(), server.route[0].as_str()), ("<sip:p2;lr>", "<sip:p1;lr>"));
        let bye = client.request(Method::Bye, None);
        assert_eq!((bye.cseq().number, bye.uri.to_string().as_str()), (5, "sip:102@q"));
        assert!(server.matches(&bye));
        let bye = server.request(Method::Bye, None);
        assert_eq!(bye.uri.to_string(), "sip:101@p:5062;ob");
        assert!(client.matches(&bye) && !server.matches(&bye));
    }

    #[test]
    fn a_strict_router_gets_the_request_uri() {
        let mut dialog = Dialog::of_server(&invite(), "t").unwrap();
        dialog.route = vec!["<sip:old>".into(), "<sip:p;lr>".into()];
        let bye = dialog.request(Method::Bye, None);
        assert_eq!(bye.uri.to_string(), "sip:old");
        assert_eq!(
            bye.headers.all(&Name::Route).collect::<Vec<_>>(),
            ["<sip:p;lr>", "<sip:101@p:5062;ob?x=y>"]
        );
    }
}
