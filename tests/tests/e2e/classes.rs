//! The classes of attack that broke other systems, from outside, against the running program; one test each.
//!
//! The same classes are proven in depth beside the code they touch; here it is the whole that is asked.

use crate::setup;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::time::Duration;
use switchroom_tests::daemon::{DOMAIN, Daemon, password};
use switchroom_tests::process::{eventually, within};
use switchroom_tests::raw::{
    Dialog, RawPhone, Request, audio_address, body, field, fields, fresh, response, rtp, sdp, status,
};
use switchroom_wire::CallState;

/// How long nothing may come before it counts as never.
const SILENCE: Duration = Duration::from_millis(700);

/// Two phones in a call, with their sound.
struct Talk {
    daemon: Daemon,
    caller: RawPhone,
    callee: RawPhone,
    /// The dialog as the caller sees it.
    dialog: Dialog,
    sound: [UdpSocket; 2],
    /// Where the exchange takes the caller's sound, and the callee's.
    ports: [SocketAddr; 2],
}

fn talk() -> Talk {
    let daemon = Daemon::start(setup().recording());
    let (caller, callee) = (RawPhone::new(daemon.sip), RawPhone::new(daemon.sip));
    callee.register("102");
    let sound = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    let addresses = sound.each_ref().map(|s| s.local_addr().unwrap());
    let (dialog, invite) = std::thread::scope(|scope| {
        let answering = scope.spawn(|| callee.take_call(addresses[1]));
        (caller.call("101", "102", addresses[0]), answering.join().unwrap())
    });
    let ports = [audio_address(body(&dialog.answer)), audio_address(body(&invite))];
    eventually("the call on the board", || {
        daemon.calls().into_iter().find(|c| c.state == CallState::Talking)
    });
    Talk { daemon, caller, callee, dialog, sound, ports }
}

impl Talk {
    fn is_up(&self) -> bool {
        self.daemon.calls().iter().any(|c| c.state == CallState::Talking)
    }

    /// Sends sound of one party, packets of one value, 20 ms each; `from` is the number of the first.
    fn say(&self, party: usize, from: u16, value: u8) {
        for n in from..from + 10 {
            let packet = rtp(n, u32::from(n) * 160, 7 + party as u32, &[value; 160]);
            self.sound[party].send_to(&packet, self.ports[party]).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The first bytes of the sound of every packet that waits.
fn heard(socket: &UdpSocket, wait: Duration) -> Vec<u8> {
    socket.set_read_timeout(Some(wait)).unwrap();
    let mut values = Vec::new();
    let mut buffer = [0; 2048];
    while let Ok(count) = socket.recv(&mut buffer) {
        values.extend(buffer[..count].get(12));
    }
    values
}

#[test]
fn stateless_401() {
    let daemon = Daemon::start(setup());
    let phones: Vec<RawPhone> = (0..100).map(|_| RawPhone::new(daemon.sip)).collect();
    let flood = |rounds: usize| {
        for _ in 0..rounds {
            for phone in &phones {
                phone.send(Request::new("REGISTER", "101", "101").text(phone.local(), "UDP"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let answers = phones.iter().flat_map(|p| std::iter::from_fn(|| p.receive(Duration::from_millis(5))));
        answers.inspect(|answer| assert_eq!(status(answer), 401, "{answer}")).count()
    };
    flood(10);
    let before = daemon.memory_kb();
    // A stranger is answered some hundred times a second and then no more.
    let answered = flood(100);
    assert!((1..=10_000).contains(&answered), "{answered}");
    let now = daemon.status();
    assert_eq!((now.transactions, now.dialogs, now.bindings, now.registered), (0, 0, 0, 0));
    let grown = daemon.memory_kb().saturating_sub(before);
    // The flight recorder keeps what came last, about 450 bytes each here and 12 MiB at most; nothing else may grow.
    assert!(grown < 4_500 + 4_096, "{grown} kB for 10,000 requests that proved nothing");
    // Nor does it keep anybody else out.
    RawPhone::new(daemon.sip).register_patiently("101");
}

/// What is left of an answer when what it only repeats or draws by chance is taken out.
fn shape(answer: &str, user: &str) -> String {
    let plain = answer.replace(user, "USER");
    let mut shape = String::new();
    for line in plain.split("\r\n") {
        let name = line.split(':').next().unwrap_or_default();
        let kept = match name {
            "Via" | "From" | "Call-ID" => name,
            "To" => line.split(";tag=").next().unwrap_or_default(),
            "WWW-Authenticate" => {
                let (before, after) = line.split_once("nonce=\"").expect("a nonce");
                shape.push_str(before);
                after.split_once('"').expect("its end").1
            }
            _ => line,
        };
        shape.push_str(kept);
        shape.push('\n');
    }
    shape
}

#[test]
fn user_enumeration() {
    let daemon = Daemon::start(setup());
    let phone = RawPhone::new(daemon.sip);
    let answers = |method: &str, user: &str, secret: Option<&str>| {
        let to = if method == "REGISTER" { user } else { "104" };
        let mut request = Request::new(method, user, to);
        let mut answer = phone.ask(&request);
        if let Some(secret) = secret {
            request.authorize(&answer, user, secret);
            answer = phone.ask(&request);
        }
        shape(&answer, user)
    };
    for method in ["REGISTER", "INVITE", "MESSAGE", "SUBSCRIBE"] {
        for secret in [None, Some("wrong")] {
            let known = answers(method, "103", secret);
            assert!(known.starts_with("SIP/2.0 401 "), "{known}");
            assert_eq!(known, answers(method, "999", secret), "{method} with {secret:?}");
        }
    }
}

#[test]
fn digest_replay() {
    let daemon = Daemon::start(setup());
    let phone = RawPhone::new(daemon.sip);
    let mut request = Request::new("REGISTER", "101", "101");
    let challenge = phone.ask(&request);
    request.authorize(&challenge, "101", &password("101"));
    assert_eq!(status(&phone.ask(&request)), 200);
    // The same credentials once more, in another request from elsewhere on the same machine.
    let thief = RawPhone::new(daemon.sip);
    let replayed = Request { call_id: fresh("c"), ..request };
    let answer = thief.ask(&replayed);
    assert_eq!(status(&answer), 401, "{answer}");
    assert!(fields(&answer, "WWW-Authenticate").iter().all(|c| c.contains("stale=true")), "{answer}");
    eventually("the one registration", || (daemon.status().bindings == 1).then_some(()));
}

#[test]
fn registration_hijack() {
    let daemon = Daemon::start(setup());
    let phone = RawPhone::new(daemon.sip);
    let mut request = Request::new("REGISTER", "101", "102");
    assert_eq!(status(&phone.ask_as(&mut request, "101")), 403);
    assert_eq!(daemon.status().bindings, 0);
}

#[test]
fn unauthenticated_requests() {
    let daemon = Daemon::start(setup());
    let phone = RawPhone::new(daemon.sip);
    for method in
        ["INVITE", "MESSAGE", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER", "INFO", "UPDATE", "FOO", "OPTIONS"]
    {
        let answer = phone.ask(&Request::new(method, "101", "102"));
        assert_eq!(status(&answer), 401, "{method}: {answer}");
    }
    assert_eq!(daemon.status().calls_total, 0);
}

#[test]
fn in_dialog_hijack() {
    let mut talk = talk();
    let stranger = RawPhone::new(talk.daemon.sip);
    let bye = talk.dialog.request("BYE");
    let answer = stranger.ask(&bye);
    assert_eq!(status(&answer), 401, "{answer}");
    // Another extension's right password does not help either.
    let mut bye = Request { cseq: bye.cseq + 1, ..bye };
    let answer = stranger.ask_as(&mut bye, "103");
    assert!(matches!(status(&answer), 401 | 403 | 481), "{answer}");
    assert_eq!(talk.callee.receive(SILENCE), None, "nothing of it reaches the other phone");
    assert!(talk.is_up());
    let bye = talk.dialog.request("BYE");
    assert_eq!(status(&talk.caller.ask(&Request { cseq: bye.cseq + 10, ..bye })), 200, "the caller may");
    talk.callee.expect("the BYE", |m| m.starts_with("BYE "));
}

#[test]
fn digest_leak() {
    let talk = talk();
    // The called phone challenges our BYE: it must not be told any credentials.
    let daemon = &talk.daemon;
    let call = daemon.calls()[0].id.clone();
    daemon.ask(switchroom_wire::Command::HangUp { call });
    let bye = talk.callee.expect("the BYE", |m| m.starts_with("BYE "));
    let more = format!("WWW-Authenticate: Digest realm=\"{DOMAIN}\", nonce=\"abc\", qop=\"auth\"\r\n");
    talk.callee.answer(&bye, 401, "Unauthorized", &more, "");
    while let Some(message) = talk.callee.receive(SILENCE) {
        assert!(field(&message, "Authorization").is_empty(), "{message}");
    }
}

#[test]
fn reflection() {
    let daemon = Daemon::start(setup());
    let (phone, victim) = (RawPhone::new(daemon.sip), RawPhone::new(daemon.sip));
    let text = Request::new("REGISTER", "101", "101").text(victim.local(), "UDP");
    for text in [
        text.replace(";rport", ""),
        text.replace(
            ";rport",
            &format!(";maddr=127.0.0.1;received=127.0.0.1;rport={}", victim.local().port()),
        ),
    ] {
        phone.send(&text);
        let answer = phone.receive(Duration::from_secs(5)).expect("an answer to where it came from");
        assert_eq!(status(&answer), 401);
        assert!(answer.len() <= 3 * text.len(), "{} bytes for {}", answer.len(), text.len());
        assert_eq!(phone.receive(SILENCE), None, "one answer for one request");
        assert_eq!(victim.receive(Duration::from_millis(50)), None, "nothing to a third party");
    }
    let short = format!(
        "OPTIONS sip:{DOMAIN} SIP/2.0\r\nv:SIP/2.0/UDP x;branch=z9hG4bK1\r\nf:<sip:a@b>;tag=1\r\nt:<sip:a@b>\r\ni:1\r\n\
         CSeq:1 OPTIONS\r\nMax-Forwards:9\r\n\r\n"
    );
    phone.send(&short);
    let answer = phone.receive(SILENCE).unwrap_or_default();
    assert!(answer.len() <= 3 * short.len(), "{} bytes for {}", answer.len(), short.len());
}

#[test]
fn rtp_bleed() {
    let talk = talk();
    // From another address, before anybody spoke: never accepted.
    let far = UdpSocket::bind("127.0.0.2:0").unwrap();
    let near = UdpSocket::bind("127.0.0.1:0").unwrap();
    let inject = |socket: &UdpSocket| {
        for n in 0..50 {
            for port in talk.ports {
                socket.send_to(&rtp(n, u32::from(n) * 160, 99, &[0xAA; 160]), port).unwrap();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    inject(&far);
    talk.say(0, 100, 0x55);
    talk.say(1, 100, 0x66);
    // From the phones' own address, once they have spoken: locked out.
    inject(&near);
    talk.say(0, 110, 0x55);
    talk.say(1, 110, 0x66);
    let wait = Duration::from_millis(300);
    assert_eq!((heard(&far, wait).len(), heard(&near, wait).len()), (0, 0), "sound went to a third party");
    for (party, own) in [(0, 0x66), (1, 0x55)] {
        let values = heard(&talk.sound[party], wait);
        assert!(values.iter().filter(|v| **v == own).count() >= 19, "{values:?}");
        assert!(!values.contains(&0xAA), "a third party is heard");
    }
    // An RTCP BYE of nobody in the call ends nothing.
    let bye = [0x81, 203, 0, 1, 0, 0, 0, 7];
    for port in talk.ports {
        near.send_to(&bye, SocketAddr::new(port.ip(), port.port() + 1)).unwrap();
    }
    talk.say(0, 120, 0x55);
    assert!(heard(&talk.sound[1], wait).len() >= 9 && talk.is_up());
}

#[test]
fn header_smuggling() {
    let daemon = Daemon::start(setup());
    let (caller, callee) = (RawPhone::new(daemon.sip), RawPhone::new(daemon.sip));
    callee.register("102");
    let mut invite = Request::new("INVITE", "103", "102");
    invite.from = format!("\"Boss\" <sip:103@{DOMAIN}>;tag={}", fresh("f"));
    invite.more = format!(
        "P-Asserted-Identity: <sip:103@{DOMAIN}>\r\nP-Asserted-Identity : <sip:104@{DOMAIN}>\r\n\
         Remote-Party-ID\t: <sip:104@{DOMAIN}>\r\nDiversion: <sip:104@{DOMAIN}>\r\nX-Any: 1\r\n \r\n"
    );
    invite.body = Some(("application/sdp".into(), sdp(caller.local())));
    let challenge = caller.ask(&invite);
    invite.authorize(&challenge, "101", &password("101"));
    caller.send(invite.text(caller.local(), "UDP"));
    let arrived = callee.expect("the INVITE", |m| m.starts_with("INVITE "));
    assert!(
        field(&arrived, "From").contains("sip:101@"),
        "the account's number, whatever From says: {arrived}"
    );
    for smuggled in ["Boss", "sip:103@", "sip:104@", "P-Asserted", "Remote-Party", "Diversion", "X-Any"] {
        assert!(!arrived.contains(smuggled), "{smuggled} in\n{arrived}");
    }
    callee.answer(&arrived, 486, "Busy Here", "", "");
    let cdr = eventually("the record", || daemon.cdrs().pop());
    assert_eq!(cdr.from.number, "101");
}

/// Characters that steer a terminal or turn the direction of text.
fn is_hostile(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn hostile_names() {
    let daemon = Daemon::start(setup().recording());
    let (caller, callee) = (RawPhone::new(daemon.sip), RawPhone::new(daemon.sip));
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[31m\u{202e}evil";
    for phone in [&caller, &callee] {
        let number = if std::ptr::eq(phone, &caller) { "101" } else { "102" };
        let mut request = Request::new("REGISTER", number, number);
        request.more = "Expires: 600\r\n".to_owned();
        let challenge = phone.ask(&request);
        request.authorize(&challenge, number, &password(number));
        let text =
            request.text(phone.local(), "UDP").replace("User-Agent: raw", &format!("User-Agent: raw {evil}"));
        phone.send(&text);
        phone.expect("an answer", |m| status(m) >= 200);
        // If that was too much, then without.
        if daemon.extensions().iter().all(|e| e.number != number || e.bindings.is_empty()) {
            phone.register(number);
        }
    }
    let sound = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut invite = Request::new("INVITE", "101", "102");
    invite.from = format!("\"{evil}\" <sip:101@{DOMAIN}>;tag={}", fresh("f"));
    invite.more = format!("Subject: {evil}\r\nReason: SIP;text=\"{evil}\"\r\n");
    invite.body = Some(("application/sdp".into(), sdp(sound.local_addr().unwrap())));
    let challenge = caller.ask(&invite);
    if status(&challenge) == 401 {
        invite.authorize(&challenge, "101", &password("101"));
        caller.send(invite.text(caller.local(), "UDP"));
        let arrived = callee.expect("the INVITE", |m| m.starts_with("INVITE "));
        callee.answer(
            &arrived,
            200,
            "OK",
            &format!("Server: {evil}\r\nContent-Type: application/sdp\r\n"),
            &sdp(sound.local_addr().unwrap()),
        );
    } else {
        assert_eq!(status(&challenge), 400, "{challenge}");
        std::thread::scope(|scope| {
            scope.spawn(|| callee.take_call(sound.local_addr().unwrap()));
            caller.call("101", "102", sound.local_addr().unwrap());
        });
    }
    eventually("the call", || daemon.calls().into_iter().find(|c| c.state == CallState::Talking));
    // A number that is none, escaped so that it passes for one.
    let mut dialled = Request::new("INVITE", "101", "%1b%5b31m%e2%80%aeevil");
    dialled.body = Some(("application/sdp".into(), sdp(sound.local_addr().unwrap())));
    let answer = RawPhone::new(daemon.sip).ask_as(&mut dialled, "101");
    assert!(status(&answer) >= 400, "{answer}");

    let call = daemon.calls().iter().find(|c| c.state == CallState::Talking).unwrap().number.to_string();
    for words in [
        &["ctl", "calls"] as &[&str],
        &["ctl", "extensions"],
        &["ctl", "events"],
        &["ctl", "ladder", &call],
        &["ctl", "cdr"],
        &["console", "once", "all"],
        &["console", "once", "all", "--csv"],
    ] {
        let shown = daemon.run(words);
        let text = String::from_utf8(shown.stdout).expect("UTF-8").replace("\r\n", "\n");
        let text = text.replace('\t', " ");
        assert!(
            shown.status.success() && !text.is_empty(),
            "{words:?}: {}",
            String::from_utf8_lossy(&shown.stderr)
        );
        let found: String = text.lines().filter(|l| l.chars().any(is_hostile)).collect();
        assert!(found.is_empty(), "{words:?} shows {found:?}");
    }
    assert!(!daemon.log().chars().any(is_hostile), "in the log");
    let mut folders = vec![daemon.recordings_dir()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let name = entry.file_name().into_string().expect("a plain name");
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{name:?}");
            files += 1;
            if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    assert!(files >= 4, "a year, a month, a day and a file");
}

#[test]
fn tcp_slowloris() {
    let daemon = Daemon::start(setup());
    let begun = "REGISTER sip:x SIP/2.0\r\nVia: ";
    let mut open: Vec<TcpStream> = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(daemon.sip).unwrap();
        let _ = stream.write_all(begun.as_bytes());
        open.push(stream);
    }
    let closed = within(Duration::from_secs(10), "the surplus closed", || {
        let count = open.iter().filter(|s| is_closed(s)).count();
        (count >= 30).then_some(count)
    });
    assert!(closed < 100, "some may stay");
    // Others come in meanwhile: by UDP, and by TCP from another address.
    RawPhone::new(daemon.sip).register("101");
    let socket = socket_from("127.0.0.2:0".parse().unwrap(), daemon.sip);
    let answer = ask_tcp(socket, &Request::new("REGISTER", "102", "102").text(daemon.sip, "TCP"));
    assert_eq!(status(&answer), 401, "{answer}");
}

/// A TCP connection from that address.
fn socket_from(from: SocketAddr, to: SocketAddr) -> TcpStream {
    use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
    let handle = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&handle, &from).unwrap();
    connect(&handle, &to).unwrap();
    TcpStream::from(handle)
}

fn is_closed(mut stream: &TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    match stream.read(&mut [0; 64]) {
        Ok(count) => count == 0,
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}

/// Sends one message over a connection and reads what comes first.
fn ask_tcp(mut stream: TcpStream, text: &str) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut buffer = [0; 8192];
    let count = stream.read(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..count]).into_owned()
}

#[test]
fn content_length_lies() {
    let daemon = Daemon::start(setup());
    let text = Request::new("REGISTER", "101", "101").text(daemon.sip, "TCP");
    for lie in ["4294967295", "99999999999999999999", "-1", "1, 2", "x"] {
        let mut stream = TcpStream::connect(daemon.sip).unwrap();
        stream
            .write_all(text.replace("Content-Length: 0", &format!("Content-Length: {lie}")).as_bytes())
            .unwrap();
        drop(stream);
        let phone = RawPhone::new(daemon.sip);
        phone.send(
            text.replace("Content-Length: 0", &format!("Content-Length: {lie}")).replace("/TCP", "/UDP"),
        );
    }
    let answer = ask_tcp(TcpStream::connect(daemon.sip).unwrap(), &text);
    assert_eq!(status(&answer), 401, "{answer}");
    RawPhone::new(daemon.sip).register("101");
}

#[test]
fn torture_over_udp_and_tcp() {
    let mut daemon = Daemon::start(setup());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sip/torture");
    let files: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .filter(|f| f.path().extension().is_some_and(|e| e == "dat"))
        .map(|f| std::fs::read(f.path()).unwrap())
        .collect();
    assert!(files.len() >= 49, "{} messages", files.len());
    let phone = RawPhone::new(daemon.sip);
    for message in &files {
        phone.send(message);
        let mut stream = TcpStream::connect(daemon.sip).unwrap();
        stream.write_all(message).unwrap();
        // Cut off in the middle, and as an answer to nothing.
        phone.send(&message[..message.len() / 2]);
        phone.send(response(&String::from_utf8_lossy(message), 200, "OK", "", ""));
    }
    assert!(daemon.is_alive());
    RawPhone::new(daemon.sip).register("101");
    assert_eq!(daemon.status().calls, 0);
}

#[test]
fn control_socket_bounds() {
    let daemon = Daemon::start(setup());
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(daemon.socket()).unwrap().permissions());
    assert_eq!(mode & 0o007, 0, "others may not even connect: {mode:o}");
    let mut stream = std::os::unix::net::UnixStream::connect(daemon.socket()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let line = vec![b'{'; 1 << 20];
    let _ = stream.write_all(&line);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.len() < 4096, "it is cut off, not listened to");
    daemon.status();
}
