//! Servers and programs of every mood, asked for real.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use switchroom_flow::Payload;
use tokio::runtime::Runtime;

const LONG: Duration = Duration::from_secs(20);

struct Rig {
    runtime: Option<Runtime>,
    asker: Asker,
    answers: Receiver<Reply>,
}

fn rig() -> Rig {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (tell, answers) = channel();
    let tell = Mutex::new(tell);
    let on_answer: OnAnswer = Arc::new(move |reply| {
        let _ = tell.lock().unwrap().send(reply);
    });
    let asker = Asker::new(runtime.handle().clone(), on_answer);
    Rig { runtime: Some(runtime), asker, answers }
}

impl Rig {
    fn begin(&self, number: u64, asking: Asking, timeout: Duration) {
        self.asker.begin(CallId(1), number, asking, timeout);
    }

    fn next(&self) -> (u64, Answer) {
        let Reply { number, answer, .. } = self.answers.recv_timeout(LONG).unwrap();
        (number, answer)
    }

    fn ask(&self, asking: Asking, timeout: Duration) -> Result<Value, String> {
        self.begin(1, asking, timeout);
        let answer = self.next();
        assert!(self.answers.recv_timeout(Duration::from_millis(5)).is_err(), "answered twice");
        match answer {
            (1, Answer::Json(json)) => Ok(json),
            (1, Answer::Failed(why)) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    fn get(&self, url: String, timeout: Duration) -> Result<Value, String> {
        self.ask(Asking::Http { url, body: None }, timeout)
    }
}

fn open(text: &str) -> Payload {
    Payload { text: text.into(), is_secret: false }
}

/// Reads a request to its end: head, and as much of a body as it says.
fn request(stream: &mut TcpStream) -> String {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        let count = stream.read(&mut part).unwrap();
        assert!(count > 0, "the request breaks off: {text}");
        bytes.extend_from_slice(&part[..count]);
    }
}

/// A server that does this with each connection; its address.
fn server(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    format!("http://{at}")
}

/// A server that answers every request with these bytes and closes.
fn says(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    server(move |mut stream| {
        request(&mut stream);
        let _ = stream.write_all(&bytes);
    })
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn get_and_post_say_what_they_should_and_bring_json() {
    let rig = rig();
    let (seen, requests) = channel();
    let seen = Mutex::new(seen);
    let at = server(move |mut stream| {
        seen.lock().unwrap().send(request(&mut stream)).unwrap();
        let _ = stream.write_all(ok("{\"class\":\"gold\",\"n\":[1,2.5,null]}").as_bytes());
    });
    let want = json!({"class": "gold", "n": [1, 2.5, null]});
    assert_eq!(rig.get(format!("{at}/who?n=%2B41%20x"), LONG), Ok(want.clone()));
    let get = requests.recv().unwrap().to_lowercase();
    assert!(get.starts_with("get /who?n=%2b41%20x http/1.1\r\n"), "{get}");
    assert!(get.contains(&format!("host: {}\r\n", at.trim_start_matches("http://"))), "{get}");
    let body = Some(open("{\"a\":1}"));
    assert_eq!(rig.ask(Asking::Http { url: at, body }, LONG), Ok(want));
    let post = requests.recv().unwrap().to_lowercase();
    assert!(post.starts_with("post / http/1.1\r\n") && post.ends_with("\r\n\r\n{\"a\":1}"), "{post}");
    assert!(
        post.contains("content-type: application/json\r\n") && post.contains("connection: close"),
        "{post}"
    );
}

#[test]
fn an_answer_is_a_secret_if_one_was_in_the_question() {
    let rig = rig();
    let secret = Payload { text: "{}".into(), is_secret: true };
    let url = || says(ok("1"));
    for (number, asking, is_secret) in [
        (1, Asking::Http { url: url(), body: None }, false),
        (2, Asking::Http { url: url(), body: Some(open("{}")) }, false),
        (3, Asking::Http { url: url(), body: Some(secret.clone()) }, true),
        (4, exec(&["/bin/cat"], open("{}")), false),
        (5, exec(&["/bin/cat"], secret), true),
    ] {
        rig.begin(number, asking, LONG);
        let reply = rig.answers.recv_timeout(LONG).unwrap();
        assert_eq!((reply.number, reply.is_secret), (number, is_secret));
        assert!(matches!(reply.answer, Answer::Json(_)), "{reply:?}");
    }
}

#[test]
fn what_servers_do_wrong_is_a_failure_in_words() {
    let rig = rig();
    let huge = "9".repeat(70_000);
    let endless_head = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(200_000));
    let deep = "[".repeat(1_000);
    let chunks = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n{huge}\r\n0\r\n\r\n");
    for (server, why) in [
        (says(ok("<html>")), "its answer is not JSON: expected value at line 1"),
        (says(ok("{\"a\":")), "its answer is not JSON"),
        (says(ok(&deep)), "recursion limit"),
        (says(ok(&huge)), "it answered more than 64 kB"),
        (says(chunks), "it answered more than 64 kB"),
        (says(endless_head), "it did not answer with HTTP"),
        (says("SSH-2.0-x\r\n"), "it did not answer with HTTP"),
        (says(""), "it did not answer with HTTP"),
        (says("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}"), "its answer broke off"),
        (
            says("HTTP/1.1 500 \u{9b}31m\r\nContent-Length: 2\r\n\r\n{}"),
            "it answered 500 Internal Server Error",
        ),
        (
            says("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
            "it answered 302 Found, and redirects are not followed",
        ),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\"\xff\"".to_vec()), "its answer is not JSON"),
        ("http://127.0.0.1:1".to_owned(), "127.0.0.1:1 cannot be reached"),
        ("http://no-such-host.invalid".to_owned(), "no-such-host.invalid is not found"),
        ("https://127.0.0.1/x?pin=4711".to_owned(), "\"https://127.0.0.1/x\" is not http://"),
        ("file:///etc/passwd".to_owned(), "is not a URL"),
        ("ftp://127.0.0.1/x".to_owned(), "is not http://"),
        ("http://ana:secret@127.0.0.1/".to_owned(), "no user or password"),
        ("http:///x".to_owned(), "is not a URL"),
        ("\u{1b}[2J".to_owned(), "is not a URL"),
    ] {
        let failed = rig.get(server, LONG).unwrap_err();
        assert!(failed.contains(why) && !failed.contains('\u{1b}'), "{failed:?} and not {why:?}");
    }
    assert_eq!(rig.get(says("HTTP/1.1 204 No Content\r\n\r\n"), LONG), Ok(Value::Null));
}

#[test]
fn servers_that_hang_or_drip_are_left_in_time() {
    let rig = rig();
    let hangs = server(|mut stream| {
        request(&mut stream);
        // Until the other side has gone.
        let _ = stream.read(&mut [0; 1]);
    });
    let drips = server(|mut stream| {
        request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n[");
        while stream.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    });
    for at in [hangs, drips] {
        let begin = crate::clock::mono_us();
        assert_eq!(rig.get(at, Duration::from_millis(300)), Err("no answer within 300 ms".to_owned()));
        assert!(crate::clock::mono_us() - begin < 5_000_000);
    }
}

#[test]
fn what_is_too_many_fails_at_once_and_places_become_free_again() {
    let rig = rig();
    let hangs = server(|mut stream| {
        request(&mut stream);
        let _ = stream.read(&mut [0; 1]);
    });
    let all = AT_ONCE_MAX as u64;
    for number in 0..all + 5 {
        rig.begin(number, Asking::Http { url: hangs.clone(), body: None }, Duration::from_millis(1_500));
    }
    let mut numbers = Vec::new();
    for _ in 0..all + 5 {
        let (number, answer) = rig.next();
        let why = if number < all { "no answer within" } else { "too many" };
        assert!(matches!(&answer, Answer::Failed(said) if said.starts_with(why)), "{number}: {answer:?}");
        numbers.push(number);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..all + 5).collect::<Vec<_>>(), "each exactly once");
    assert_eq!(rig.get(says(ok("1")), LONG), Ok(json!(1)));
}

#[test]
fn what_is_under_way_when_everything_stops_is_answered_too() {
    let mut rig = rig();
    let hangs = server(|mut stream| {
        request(&mut stream);
        let _ = stream.read(&mut [0; 1]);
    });
    rig.begin(7, Asking::Http { url: hangs, body: None }, LONG);
    rig.begin(8, sleeps(), LONG);
    thread::sleep(Duration::from_millis(100));
    rig.runtime.take().unwrap().shutdown_timeout(Duration::from_secs(1));
    let mut answers = [rig.next(), rig.next()];
    answers.sort_by_key(|(number, _)| *number);
    let stopping = || Answer::Failed("the exchange is stopping".into());
    assert_eq!(answers, [(7, stopping()), (8, stopping())]);
}

fn script(dir: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = dir.path().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn exec(argv: &[&str], input: Payload) -> Asking {
    Asking::Exec { argv: argv.iter().map(ToString::to_string).collect(), input }
}

fn sleeps() -> Asking {
    exec(&["/bin/sleep", "1000"], open("{}"))
}

#[test]
fn programs_get_their_arguments_as_they_are_and_nothing_else_of_us() {
    let (rig, dir) = (rig(), tempfile::tempdir().unwrap());
    let text = r#"read line; printf '{"in":%s,"argument":"%s","count":%d}' "$line" "$1" "$#""#;
    let path = script(&dir, "echo", text);
    let said = rig.ask(exec(&[&path, "$(id); *|x", "two"], open("{\"n\":[1]}")), LONG);
    assert_eq!(said, Ok(json!({"in": {"n": [1]}, "argument": "$(id); *|x", "count": 2})));
    let path =
        script(&dir, "env", r#"env | cut -d= -f1 | sort | grep -v '^_$' | tr '\n' ' ' >&2; pwd >&2; exit 3"#);
    let said = rig.ask(exec(&[&path], open("{}")), LONG).unwrap_err();
    let tail = said.split(" ended with status 3: ").nth(1).unwrap();
    let words: Vec<&str> = tail.split(' ').collect();
    assert!(
        words.iter().all(|word| ["PATH", "LANG", "PWD", "OLDPWD", "SHLVL", "/"].contains(word)),
        "{said}"
    );
    assert_eq!(words.last(), Some(&"/"), "{said}");
}

#[test]
fn what_programs_do_wrong_is_a_failure_in_words() {
    let (rig, dir) = (rig(), tempfile::tempdir().unwrap());
    let script = |name, text| script(&dir, name, text);
    let wrong =
        script("wrong", r#"echo '{"a":1}'; echo one >&2; printf 'no \033[31mcustomer\n\n' >&2; exit 4"#);
    for (argv, why) in [
        (vec![wrong.clone()], " ended with status 4: no \u{fffd}[31mcustomer"),
        (vec![script("junk", "echo hello")], "its answer is not JSON"),
        (vec![script("huge", "yes 1234567")], "it wrote more than 64 kB"),
        (vec![script("killed", "kill -9 $$")], " was killed"),
        (vec![script("loud", "yes complaint | head -c 3000000 >&2; exit 1")], "status 1: complaint"),
        (vec!["echo".to_owned()], "\"echo\" is not an absolute path"),
        (vec!["/no/such/program".to_owned()], "/no/such/program cannot be started: No such file"),
        (vec![dir.path().to_str().unwrap().to_owned()], "cannot be started: Permission denied"),
        (vec![], "no program is named"),
    ] {
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        let failed = rig.ask(exec(&argv, open("{}")), LONG).unwrap_err();
        assert!(failed.contains(why), "{failed:?} and not {why:?}");
    }
    // What could quote a secret is not told.
    let secret = Payload { text: "{\"pin\":\"4711\"}".into(), is_secret: true };
    let failed = rig.ask(exec(&[&wrong], secret), LONG).unwrap_err();
    assert!(failed.ends_with("ended with status 4"), "{failed}");
    // Nobody has to read what it is told, however much it is.
    let silent = script("silent", "exec echo 1");
    assert_eq!(rig.ask(exec(&[&silent], open(&"x".repeat(1 << 20))), LONG), Ok(json!(1)));
}

fn is_alive(pid: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

#[test]
fn a_program_that_hangs_dies_with_all_that_it_started() {
    let (rig, dir) = (rig(), tempfile::tempdir().unwrap());
    let pids = dir.path().join("pids");
    let text = format!("trap '' TERM HUP; sleep 1000 & echo $! $$ > {}; sleep 1000", pids.display());
    let path = script(&dir, "hangs", &text);
    let begin = crate::clock::mono_us();
    let said = rig.ask(exec(&[&path], open("{}")), Duration::from_millis(700));
    assert_eq!(said, Err("no answer within 700 ms".to_owned()));
    let started = std::fs::read_to_string(&pids).unwrap();
    assert_eq!(started.split_whitespace().count(), 2);
    while started.split_whitespace().any(is_alive) {
        assert!(crate::clock::mono_us() - begin < 20_000_000, "{started} live on");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_a_program_leaves_behind_does_not_keep_us_waiting() {
    let (rig, dir) = (rig(), tempfile::tempdir().unwrap());
    let path = script(&dir, "leaves", "sleep 1000 & echo '\"done\"'");
    let begin = crate::clock::mono_us();
    assert_eq!(rig.ask(exec(&[&path], open("{}")), LONG), Ok(json!("done")));
    assert!(crate::clock::mono_us() - begin < 10_000_000);
}

#[test]
fn programs_have_fewer_places() {
    let rig = rig();
    for number in 0..=PROGRAMS_MAX as u64 {
        rig.begin(number, sleeps(), Duration::from_millis(1_500));
    }
    let (number, answer) = rig.next();
    assert_eq!(number, PROGRAMS_MAX as u64);
    assert!(matches!(answer, Answer::Failed(why) if why.starts_with("too many")));
    assert_eq!(rig.get(says(ok("{}")), LONG), Ok(json!({})), "services are asked meanwhile");
    for _ in 0..PROGRAMS_MAX {
        assert!(matches!(rig.next().1, Answer::Failed(why) if why.starts_with("no answer")));
    }
}
