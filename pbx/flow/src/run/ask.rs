//! Questions to local services and programs, and what of their answers becomes variables.

use super::{Run, State, Step};
use crate::boundary::{Answer, Asking, Effect, Payload, Site};
use crate::expr::Expr;
use crate::node::{Job, Next, Request};
use crate::prompt::Piece;
use crate::value::{Kind, Value, parse_decimal};
use serde_json::Value as Json;

impl Run {
    pub(super) fn ask(&mut self, site: &mut dyn Site, job: &Job) -> Step {
        let (asking, timeout) = match job {
            Job::Http { request, failed, .. } => {
                let Some(url) = self.url(site, request) else {
                    self.set("error", Value::text("a value would leave its part of the address"));
                    return Step::On(*failed, "failed".to_owned());
                };
                let body = request.is_post.then(|| self.json(site, &request.body));
                (Asking::Http { url, body }, request.timeout)
            }
            Job::Exec { argv, input, timeout, .. } => {
                (Asking::Exec { argv: argv.clone(), input: self.json(site, input) }, *timeout)
            }
            _ => return Step::On(None, String::new()),
        };
        let number = self.next_number();
        self.effects.push_back(Effect::Ask { number, asking, timeout });
        self.state = State::Asking { number };
        Step::Waits
    }

    pub(super) fn answered(&mut self, site: &mut dyn Site, number: u64, answer: &Answer) {
        if !matches!(self.state, State::Asking { number: awaited } if awaited == number) {
            return;
        }
        let Some((flow, id, _)) = self.at() else { return };
        let flow = flow.clone();
        let Some(node) = flow.node(id) else { return };
        let (fields, next, failed): (_, Next, Next) = match &node.job {
            Job::Http { request, next, failed } => (&request.fields, *next, *failed),
            Job::Exec { fields, next, failed, .. } => (fields, *next, *failed),
            _ => return,
        };
        match answer {
            Answer::Json(json) => {
                for (name, path) in fields {
                    self.set(name, field(json, path));
                }
                self.go(site, next, "answered");
            }
            Answer::Failed(why) => {
                self.set("error", Value::text(why));
                self.go(site, failed, "failed");
            }
        }
    }

    /// The address, values in it encoded so that they stay within their part of it; `None` if one makes a part `.` or `..`,
    /// which cannot be encoded: servers take `%2E` for a dot.
    fn url(&mut self, site: &mut dyn Site, request: &Request) -> Option<String> {
        let (_, pieces) = request.url.pieces(self.language);
        // The same with a letter for each value, to tell what was written so from what values make.
        let (mut url, mut written) = (String::new(), String::new());
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    url.push_str(text);
                    written.push_str(text);
                }
                Piece::Value { of, .. } => {
                    let value = self.eval(site, of);
                    if !value.is_secret {
                        encode(&value.plain(), &mut url);
                    }
                    written.push('x');
                }
                Piece::Named(_) => {}
            }
        }
        (dots(&url) == dots(&written)).then_some(url)
    }

    fn json(&mut self, site: &mut dyn Site, fields: &[(String, Expr)]) -> Payload {
        let mut is_secret = false;
        let fields = fields.iter().map(|(name, expr)| {
            let value = self.eval(site, expr);
            is_secret |= value.is_secret;
            let json = match &value.kind {
                Kind::Nothing => Json::Null,
                Kind::Truth(fact) => Json::Bool(*fact),
                Kind::Text(text) => Json::String(text.clone()),
                Kind::Number(_) => serde_json::from_str(&value.plain()).unwrap_or(Json::Null),
            };
            (name.clone(), json)
        });
        let text = Json::Object(fields.collect()).to_string();
        Payload { text, is_secret }
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// How many parts of the path of an address are `.` or `..`.
fn dots(url: &str) -> usize {
    let path = url.split('?').next().unwrap_or_default();
    path.split('/').filter(|part| matches!(*part, "." | "..")).count()
}

/// What stands at `items.0.price`; nothing if there is none, or if it is no single value.
fn field(json: &Json, path: &str) -> Value {
    let at = path.split('.').filter(|part| !part.is_empty()).try_fold(json, |at, part| match at {
        Json::Object(fields) => fields.get(part),
        Json::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    });
    match at {
        Some(Json::String(text)) => Value::text(text),
        Some(Json::Bool(fact)) => Value::truth(*fact),
        Some(Json::Number(number)) => {
            let text = number.to_string();
            parse_decimal(&text).map_or_else(|| Value::text(&text), Value::millionths)
        }
        Some(Json::Null | Json::Array(_) | Json::Object(_)) | None => Value::NOTHING,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_found_by_their_path() {
        let json =
            json!({"customer": {"name": "Anna", "vip": true}, "items": [{"price": 12.5}], "id": 1e300});
        assert_eq!(field(&json, "customer.name"), Value::text("Anna"));
        assert_eq!(field(&json, "customer.vip"), Value::truth(true));
        assert_eq!(field(&json, "items.0.price"), Value::millionths(12_500_000));
        assert_eq!(field(&json, "id"), Value::text("1e+300"));
        for path in ["customer", "items", "items.1.price", "items.x", "nothing", "customer.name.first"] {
            assert_eq!(field(&json, path), Value::NOTHING, "{path}");
        }
    }

    #[test]
    fn values_cannot_leave_their_part_of_an_address() {
        let mut out = String::new();
        encode("a/../b?x=1&y#\u{e9} %", &mut out);
        assert_eq!(out, "a%2F..%2Fb%3Fx%3D1%26y%23%C3%A9%20%25");
    }
}
