//! What each message of RFC 4475 must become.

use Want::{Dropped, Refused, Request, Response};

/// What a message must be understood as.
#[derive(Debug, PartialEq)]
pub(crate) enum Want {
    /// method, Request-URI
    Request(&'static str, &'static str, Fields),
    /// status, reason phrase
    Response(u16, &'static str, Fields),
    /// A request that is answered with this status, for this reason.
    Refused(u16, &'static str),
    /// Not answered: a response, or nothing an answer could be made for.
    Dropped(&'static str),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Fields {
    pub(crate) from_tag: &'static str,
    pub(crate) to_tag: &'static str,
    pub(crate) call_id: &'static str,
    pub(crate) cseq: u32,
    pub(crate) vias: usize,
    pub(crate) top_via: (&'static str, &'static str, &'static str),
    pub(crate) contacts: usize,
    pub(crate) body: usize,
}

/// Shorthand: (from tag, to tag), Call-ID, CSeq, number of Via and the topmost (transport, host, branch), Contacts, body.
fn f(
    tags: (&'static str, &'static str),
    call_id: &'static str,
    cseq: u32,
    vias: usize,
    top_via: (&'static str, &'static str, &'static str),
    contacts: usize,
    body: usize,
) -> Fields {
    Fields { from_tag: tags.0, to_tag: tags.1, call_id, cseq, vias, top_via, contacts, body }
}

const METHOD: &str = "!interesting-Method0123456789_*+`.%indeed'~";
const LONG_ID: &str = "longreq.onereallyreallyreallyreallyreallyreallyreallyreallyreallyreallyreallyreally\
    reallyreallyreallyreallyreallyreallyreallyreallylongcallid";
const LONG_TAG: &str = "12982982982982982982982982982982982982982982982982982982982982982982982982982982982982982982\
    982982982982982982982982982982982982982982982982982982982982424";
const ID_200: &str = "unreason.1234ksdfak3j2erwedfsASdf";
const HOST: &str = "host.example.com";
const UP: &str = "UDP";

/// RFC 4475 §3.1.1: valid, however strange.
pub(crate) fn valid() -> Vec<(&'static str, Want)> {
    let cookie = "z9hG4bKkdjuw";
    vec![
        (
            "wsinv",
            Request(
                "INVITE",
                "sip:vivekg@chair-dnrc.example.com;unknownparam",
                f(
                    ("98asjd8", "1918181833n"),
                    "wsinv.ndaksdj@192.0.2.1",
                    9,
                    3,
                    (UP, "192.0.2.2", "390skdjuw"),
                    1,
                    150,
                ),
            ),
        ),
        (
            "intmeth",
            Request(
                METHOD,
                "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)\
                 @example.com",
                f(
                    ("_token~1'+`*%!-.", ""),
                    "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
                    139_122_385,
                    1,
                    ("TCP", "host1.example.com", "z9hG4bK-.!%66*_+`'~"),
                    0,
                    0,
                ),
            ),
        ),
        (
            "esc01",
            Request(
                "INVITE",
                "sip:sips%3Auser%40example.com@example.net",
                f(
                    ("938", ""),
                    "esc01.239409asdfakjkn23onasd0-3234",
                    234_234,
                    1,
                    (UP, "host5.example.net", cookie),
                    1,
                    150,
                ),
            ),
        ),
        (
            "escnull",
            Request(
                "REGISTER",
                "sip:example.com",
                f(
                    ("839923423", ""),
                    "escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd",
                    14_398_234,
                    1,
                    (UP, "host5.example.com", cookie),
                    2,
                    0,
                ),
            ),
        ),
        (
            "esc02",
            Request(
                "RE%47IST%45R",
                "sip:registrar.example.com",
                f(
                    ("f232jadfj23", ""),
                    "esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf",
                    29_344,
                    1,
                    ("TCP", HOST, "z9hG4bK209%fzsnel234"),
                    2,
                    0,
                ),
            ),
        ),
        (
            "lwsdisp",
            Request(
                "OPTIONS",
                "sip:user@example.com",
                f(
                    ("323", ""),
                    "lwsdisp.1234abcd@funky.example.com",
                    60,
                    1,
                    (UP, "funky.example.com", cookie),
                    0,
                    0,
                ),
            ),
        ),
        (
            "longreq",
            Request(
                "INVITE",
                "sip:user@example.com",
                f((LONG_TAG, ""), LONG_ID, 3_882_340, 34, ("TCP", "sip33.example.com", ""), 1, 150),
            ),
        ),
        (
            "dblreq",
            Request(
                "REGISTER",
                "sip:example.com",
                f(
                    ("43251j3j324", ""),
                    "dblreq.0ha0isndaksdj99sdfafnl3lk233412",
                    8,
                    1,
                    (UP, "192.0.2.125", "z9hG4bKkdjuw23492"),
                    1,
                    0,
                ),
            ),
        ),
        (
            "semiuri",
            Request(
                "OPTIONS",
                "sip:user;par=u%40example.net@example.com",
                f(("33242", ""), "semiuri.0ha0isndaksdj", 8, 1, (UP, "192.0.2.1", cookie), 0, 0),
            ),
        ),
        (
            "transports",
            Request(
                "OPTIONS",
                "sip:user@example.com",
                f(
                    ("323", ""),
                    "transports.kijh4akdnaqjkwendsasfdj",
                    60,
                    5,
                    (UP, "t1.example.com", cookie),
                    0,
                    0,
                ),
            ),
        ),
        (
            "mpart01",
            Request(
                "MESSAGE",
                "sip:kumiko@example.org",
                f(
                    ("2fb0dcc9", ""),
                    "3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..",
                    1,
                    1,
                    (UP, "127.0.0.1", "z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-"),
                    1,
                    553,
                ),
            ),
        ),
        (
            "unreason",
            Response(
                200,
                "= 2**3 * 5**2 но сто девяносто девять - простое",
                f(("11141343", "2229"), ID_200, 35, 1, (UP, "192.0.2.198", "z9hG4bK1324923"), 1, 154),
            ),
        ),
        (
            "noreason",
            Response(
                100,
                "",
                f(
                    ("39ansfi3", "902jndnke3"),
                    "noreason.asndj203insdf99223ndf",
                    35,
                    1,
                    (UP, "192.0.2.105", "z9hG4bK2398ndaoe"),
                    1,
                    0,
                ),
            ),
        ),
    ]
}

/// RFC 4475 §3.1.2: invalid. All are refused but `baddate`, of which the RFC says that an element to which the date does
/// not matter should not refuse it.
pub(crate) fn invalid() -> Vec<(&'static str, Want)> {
    vec![
        ("badinv01", Refused(400, "Via is missing or malformed")),
        ("clerr", Refused(400, "body is shorter than Content-Length")),
        ("ncl", Refused(400, "Content-Length is not a number")),
        ("scalar02", Refused(400, "CSeq is missing or malformed")),
        ("scalarlg", Dropped("CSeq is missing or malformed")),
        ("quotbal", Refused(400, "To is missing or malformed")),
        ("ltgtruri", Refused(400, "Request-URI is malformed")),
        ("lwsruri", Refused(400, "extra blanks in the request line")),
        ("lwsstart", Refused(400, "extra blanks in the request line")),
        ("trws", Refused(400, "extra blanks in the request line")),
        ("escruri", Refused(400, "Request-URI must not have headers")),
        (
            "baddate",
            Request(
                "INVITE",
                "sip:user@example.com",
                f(
                    ("2234923", ""),
                    "baddate.239423mnsadf3j23lj42--sedfnm234",
                    1_392_934,
                    1,
                    (UP, HOST, "z9hG4bKkdjuw"),
                    1,
                    150,
                ),
            ),
        ),
        ("regbadct", Refused(400, "Contact is malformed")),
        ("badaspec", Refused(400, "To is missing or malformed")),
        ("baddn", Refused(400, "From is missing or malformed")),
        ("badvers", Refused(505, "SIP version is not 2.0")),
        ("mismatch01", Refused(400, "CSeq names another method")),
        ("mismatch02", Refused(400, "CSeq names another method")),
        ("bigcode", Dropped("status code")),
    ]
}

/// RFC 4475 §3.2 to §3.4: well-formed bytes that ask too much of a transaction or an application. What this layer sees
/// it refuses; the rest is understood, so that the layer above can answer as the comment says.
pub(crate) fn meaning() -> Vec<(&'static str, Want)> {
    let cookie = "z9hG4bKkdjuw";
    let options = |fields| Request("OPTIONS", "sip:user@example.com", fields);
    let register = |fields| Request("REGISTER", "sip:example.com", fields);
    let invite = |fields| Request("INVITE", "sip:user@example.com", fields);
    let saturn = (UP, "saturn.example.com", cookie);
    let cookie9 = "z9hG4bKkdjuw39234";
    vec![
        ("badbranch", Refused(400, "branch is empty but for its cookie")),
        ("insuf", Refused(400, "From is missing or malformed")),
        // 416 by the application, for both.
        (
            "unkscm",
            Request(
                "OPTIONS",
                "nobodyknowsthisscheme:totallyopaquecontent",
                f(
                    ("384", ""),
                    "unkscm.nasdfasser0q239nwsdfasdkl34",
                    3_923_423,
                    1,
                    ("TCP", "host9.example.com", cookie9),
                    0,
                    0,
                ),
            ),
        ),
        (
            "novelsc",
            Request(
                "OPTIONS",
                "soap.beep://192.0.2.103:3002",
                f(
                    ("384", ""),
                    "novelsc.asdfasser0q239nwsdfasdkl34",
                    3_923_423,
                    1,
                    ("TCP", "host9.example.com", cookie9),
                    0,
                    0,
                ),
            ),
        ),
        // 404 or 400 by the registrar: To is no address of its domain.
        (
            "unksm2",
            register(f(
                ("3234233", ""),
                "unksm2.daksdj@hyphenated-host.example.com",
                234_902,
                1,
                (UP, "192.0.2.21", cookie),
                1,
                0,
            )),
        ),
        // 420 with Unsupported by the application.
        (
            "bext01",
            options(f(
                ("242etr", ""),
                "bext01.0ha0isndaksdj",
                8,
                1,
                ("TLS", "fold-and-staple.example.com", cookie),
                0,
                0,
            )),
        ),
        // 415 by the application.
        (
            "invut",
            invite(f(
                ("8392034", ""),
                "invut.0ha0isndaksdjadsfij34n23d",
                235_448,
                1,
                (UP, "somehost.example.com", cookie),
                1,
                40,
            )),
        ),
        // 401 by the registrar.
        (
            "regaut01",
            register(f(
                ("87321hj23128", ""),
                "regaut01.0ha0isndaksdj",
                9338,
                1,
                ("TCP", "192.0.2.253", cookie),
                0,
                0,
            )),
        ),
        ("multi01", Refused(400, "a header field that may stand once stands twice")),
        ("mcl01", Refused(400, "Content-Length stands twice")),
        // Discarded by the transaction layer: a response with more than one Via is not for us (RFC 3261 §8.1.3.3).
        (
            "bcast",
            Response(
                200,
                "OK",
                f(
                    ("11141343", "2229"),
                    "bcast.0384840201234ksdfak3j2erwedfsASdf",
                    35,
                    2,
                    (UP, "192.0.2.198", "z9hG4bK1324923"),
                    1,
                    154,
                ),
            ),
        ),
        // Answered as any other by the end it is for.
        (
            "zeromf",
            options(f(
                ("3ghsd41", ""),
                "zeromf.jfasdlfnm2o2l43r5u0asdfas",
                39_234_321,
                1,
                (UP, "host1.example.com", "z9hG4bKkdjuw2349i"),
                0,
                0,
            )),
        ),
        (
            "cparam01",
            register(f(("DkfVgjkrtMwaerKKpe", ""), "cparam01.70710@saturn.example.com", 2, 1, saturn, 1, 0)),
        ),
        ("cparam02", register(f(("838293", ""), "cparam02.70710@saturn.example.com", 3, 1, saturn, 1, 0))),
        (
            "regescrt",
            register(f(
                ("8", ""),
                "regescrt.k345asrl3fdbv@192.0.2.1",
                14_398_234,
                1,
                (UP, "host5.example.com", cookie),
                1,
                0,
            )),
        ),
        // 406 by the application.
        ("sdp01", invite(f(("234", ""), "sdp01.ndaksdj9342dasdd", 8, 1, (UP, "192.0.2.15", cookie), 1, 150))),
        // Good by RFC 2543; without Contact we could never hang up, so this one we refuse and say so.
        ("inv2543", Refused(400, "one Contact is expected")),
    ]
}

pub(crate) fn table() -> Vec<(&'static str, Want)> {
    let mut all = valid();
    all.extend(invalid());
    all.extend(meaning());
    all
}
