//! What the console costs who uses it, and what it costs the daemon: 500 agents, 200 queues, 2,000 calls, 200 columns and 60 lines.
//!
//! `cargo bench -p switchroom-tests --bench console`
//!
//! 1. From a key to the frame that shows what it did, for each screen: the real program on a real terminal, while nothing else
//!    happens and while the daemon tells of 100 changes a second. Beside it: a twentieth of the board, and `cat` in the console's place.
//! 2. The console's memory at most, with that board and with a twentieth of it.
//! 3. Bytes to the terminal from a wall that nobody touches, beside one whole frame; and from one on which nothing changes.
//! 4. What an attached console costs the daemon, beside the daemon's own work: calls by SIPp, and agents who change their state.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

mod attached;
mod feed;
mod terminal;

use feed::{Feed, Sizes};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use terminal::{Frame, Screen};

const LARGE: Sizes = Sizes { agents: 500, queues: 200, calls: 2_000 };
const SMALL: Sizes = Sizes { agents: 25, queues: 10, calls: 100 };
/// Changes a second of a busy floor of that size: calls of three minutes, each with some ten changes.
const BUSY: u32 = 100;
/// How often each screen is opened.
const ROUNDS: usize = 15;
/// How often the selection is moved in each list.
const MOVES: usize = 20;

/// Keys that open screens, and the tab that is open then. Those whose tabs stand in the same place do not follow each other, or not
/// all of the tab would be written.
const SCREENS: [(&str, &str); 12] = [
    ("1", "[1 Wall]"),
    ("0", "[0 settings]"),
    ("2", "[2 Queues]"),
    ("m", "[m Missed]"),
    ("3", "[3 Agents]"),
    ("gd", "[gd Desk]"),
    ("4", "[4 Calls]"),
    ("5", "[5 Flows]"),
    ("6", "[6 Recs]"),
    ("7", "[7 Reports]"),
    ("8", "[8 Log]"),
    ("9", "[9 Lines]"),
];
/// Lists that are longer than the screen.
const LISTS: [(&str, &str); 4] = [("2", "queues"), ("3", "agents"), ("4", "calls"), ("9", "lines")];

fn main() {
    if cfg!(debug_assertions) {
        println!("this is a build without optimisation: its figures mean nothing");
    }
    println!("from a key to its frame, milliseconds (p50 / p99; target: p99 below 16)");
    let bare = bare_terminal();
    println!("{:>24} {}", "cat in its place", shown(&bare));
    let small = keys(SMALL, 0);
    let quiet = keys(LARGE, 0);
    let busy = keys(LARGE, BUSY);
    println!("{:>24} {:>18} {:>18} {:>18}", "", "a twentieth", "nothing happens", "100 changes/s");
    for (at, (name, _)) in busy.times.iter().enumerate() {
        let of = |keys: &Keys| shown(&keys.times[at].1);
        println!("{name:>24} {:>18} {:>18} {:>18}", of(&small), of(&quiet), of(&busy));
    }
    println!("{:>24} {:>18} {:>18} {:>18}", "all", all(&small), all(&quiet), all(&busy));
    println!("console's memory at most (VmHWM), MB (target: below 50)");
    let mb = |kb: u64| kb as f64 / 1024.0;
    println!(
        "  a twentieth {:.1}, whole {:.1}, whole and busy {:.1}",
        mb(small.kb),
        mb(quiet.kb),
        mb(busy.kb)
    );
    walls();
    attached::measure(LARGE);
}

/// Of all that was pressed.
fn all(keys: &Keys) -> String {
    shown(&keys.times.iter().flat_map(|(_, times)| times.clone()).collect::<Vec<_>>())
}

/// Half of them and all but one of a hundred took no longer.
fn shown(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part).round() as usize].as_secs_f64() * 1e3;
    format!("{:.1} / {:.1}", at(0.5), at(0.99))
}

/// Between two keys: as fast as one held down, and slower, so that they meet the console's own beat anywhere.
fn rest(turn: usize) {
    std::thread::sleep(Duration::from_millis(33 + 17 * (turn as u64 % 8)));
}

/// What the way through the terminal takes.
fn bare_terminal() -> Vec<Duration> {
    let mut screen = Screen::run("stty raw -echo; printf '\\033[?2026l'; exec cat", &[]);
    screen.first();
    let press = |turn| {
        rest(turn);
        screen.press("x\u{1b}[?2026l", |_| true)
    };
    (0..ROUNDS * 4).map(press).collect()
}

struct Keys {
    /// By what was pressed.
    times: Vec<(String, Vec<Duration>)>,
    /// The console's memory at most, kilobytes.
    kb: u64,
}

/// All screens, over and over, then the selection down each list, and what is typed into a filter.
fn keys(sizes: Sizes, changes: u32) -> Keys {
    let feed = Feed::start(feed::board(sizes));
    let mut screen = Screen::console(feed.socket(), &[]);
    screen.first();
    let open = |screen: &mut Screen, keys: &str, tab: &str| {
        for prefix in keys.chars().rev().skip(1).map(String::from).collect::<Vec<_>>() {
            screen.send(&prefix);
            std::thread::sleep(Duration::from_millis(150));
        }
        screen.press(&keys.chars().last().unwrap().to_string(), |frame| frame.has(tab))
    };
    // What is asked of the daemon when a screen opens first is there afterwards.
    for (keys, tab) in SCREENS {
        open(&mut screen, keys, tab);
        std::thread::sleep(Duration::from_millis(300));
    }
    feed.set_rate(changes);
    let mut times: Vec<(String, Vec<Duration>)> = SCREENS
        .iter()
        .map(|(_, tab)| (format!("open {}", tab.trim_matches(['[', ']'])), Vec::new()))
        .collect();
    for turn in 0..ROUNDS {
        for ((keys, tab), (_, times)) in SCREENS.into_iter().zip(&mut times) {
            rest(turn);
            times.push(open(&mut screen, keys, tab));
        }
    }
    for (key, name) in LISTS {
        let tab = SCREENS.iter().find(|(of, _)| *of == key).unwrap().1;
        // From another screen, as a screen that is open already draws nothing.
        open(&mut screen, "m", "[m Missed]");
        open(&mut screen, key, tab);
        screen.send("\u{1b}[H");
        std::thread::sleep(Duration::from_millis(400));
        let moves = (0..MOVES).map(|turn| {
            rest(turn);
            let before = screen.row();
            let key = if turn / 5 % 2 == 0 { "j" } else { "k" };
            screen.press(key, |frame| frame.row().is_some_and(|row| row != before))
        });
        times.push((format!("move in {name}"), moves.collect()));
    }
    open(&mut screen, "m", "[m Missed]");
    open(&mut screen, "4", "[4 Calls]");
    screen.send("/");
    std::thread::sleep(Duration::from_millis(300));
    let typed = (0..MOVES).map(|turn| {
        rest(turn);
        let key = if turn % 2 == 0 { "1" } else { "\u{7f}" };
        let before = screen.column();
        screen.press(key, |frame| frame.column().is_some_and(|column| column != before))
    });
    times.push(("type into the filter".to_owned(), typed.collect()));
    Keys { times, kb: screen.memory_kb() }
}

/// How a wall stands for so long, and what is written meanwhile.
fn walls() {
    println!(
        "bytes a second to the terminal from a wall of 200 x 60 that nobody touches (target: 1,500 at most)"
    );
    let idle = feed::board(Sizes { agents: 20, queues: 4, calls: 40 });
    let (whole, rate) = wall(idle, Duration::from_secs(20));
    println!("  4 queues in which some wait: {rate:.0}; a whole frame has {whole}");
    let (whole, rate) = wall(feed::board(LARGE), Duration::from_secs(40));
    println!("  200 queues, a page each 20 s: {rate:.0}; a whole frame has {whole}");
    let mut still = feed::board(Sizes { agents: 20, queues: 4, calls: 0 });
    feed::empty(&mut still);
    let (whole, rate) = wall(still, Duration::from_secs(15));
    println!("  nobody waits and nobody works: {rate:.0}; a whole frame has {whole} (target: 0)");
}

/// The bytes of the first whole frame, and bytes a second for so long.
fn wall(board: switchroom_wire::Board, length: Duration) -> (usize, f64) {
    let feed = Feed::start(board);
    // The minute's turn is drawn, too: it is not to fall into a time that is shorter than a minute.
    let second = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() % 60;
    while length.as_secs() < 60 && second() + length.as_secs() > 54 {
        std::thread::sleep(Duration::from_millis(200));
    }
    let mut screen = Screen::console(feed.socket(), &["wall"]);
    let first: Vec<Frame> = screen.frames_for(Duration::from_secs(3));
    let whole = first.iter().map(|frame| frame.bytes.len()).max().unwrap();
    let (begin, before) = (Instant::now(), screen.written());
    std::thread::sleep(length);
    (whole, (screen.written() - before) as f64 / begin.elapsed().as_secs_f64())
}
