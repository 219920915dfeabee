//! `switchroom doctor`: whether this machine fits the configuration. Changes nothing.

use super::check::{counted, counts, silent};
use super::terminal::Paint;
use super::{OK, Outcome, PROBLEMS};
use crate::cli::DoctorArgs;
use crate::config::{self, Listen, Loaded, Transport};
use crate::store::{self, StoreError};
use crate::{clock, cmd, daemon, flows, open_files};
use rustix::fs::{Access, access, statvfs};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use switchroom_flow::Flows;

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// As it should be.
    Ok(String),
    /// Works, but: and what to do.
    Warn(String, String),
    /// Does not work: and what to do.
    Error(String, String),
}

use Finding::{Error, Ok as Good, Warn};

/// Does it.
pub(super) fn run(args: &DoctorArgs, paint: Paint, out: &mut dyn Write) -> Outcome {
    let path = args.config.path();
    let loaded = config::load(&path)?;
    let is_running = daemon_answers(&loaded.shell.socket);
    let mut findings = vec![Good(format!("config {}", path.display()))];
    if !loaded.warnings.is_empty() {
        let what = format!("config: {}", counted(loaded.warnings.len(), "warning"));
        findings.push(Warn(what, "switchroom check".into()));
    }
    findings.push(if is_running {
        Good("the exchange is running".into())
    } else {
        Good("the exchange is not running".into())
    });
    findings
        .extend(loaded.shell.listen.iter().map(|listen| listen_finding(*listen, bind(*listen), is_running)));
    findings.push(rtp_finding(&loaded));
    findings.push(open_files_finding(open_files::most(), &loaded));
    findings.push(clock_finding(clock::wall_ms()));
    let (data, recordings) = (&loaded.shell.data_dir, &loaded.shell.recordings_dir);
    findings.push(Good(format!("folders: {} and {}", data.display(), recordings.display())));
    let found = flows::load(&loaded, &Flows::new());
    let wrong = found.errors().count();
    if wrong > 0 {
        let what = format!("config: {} of flows and prompts", counted(wrong, "fault"));
        findings.push(Error(what, "switchroom check".into()));
    }
    if let Some(fault) = silent(&found.flows, &path, daemon::speaks(&loaded.shell)) {
        findings.push(Warn(fault.what, fault.hint.unwrap_or_default()));
    }
    findings.push(disk_finding(&loaded.shell.recordings_dir));
    findings.push(store_finding(&loaded.shell.data_dir));
    findings.push(socket_finding(&loaded.shell.socket, is_running));
    findings.push(nat_finding(loaded.config.external, cmd::init::own_address()));
    report(&findings, paint, out)
}

/// Prints the findings; the code is that of the worst.
pub(super) fn report(findings: &[Finding], paint: Paint, out: &mut dyn Write) -> Outcome {
    let (mut errors, mut warnings) = (0, 0);
    for finding in findings {
        match finding {
            Good(what) => writeln!(out, "{}       {what}", paint.green("ok"))?,
            Warn(what, hint) => {
                warnings += 1;
                writeln!(out, "{}     {what}\n         hint: {hint}", paint.yellow("warn"))?;
            }
            Error(what, hint) => {
                errors += 1;
                writeln!(out, "{}    {what}\n         hint: {hint}", paint.red("error"))?;
            }
        }
    }
    writeln!(out, "{}", counts(errors, warnings))?;
    writeln!(out, "Please paste this into bug reports; there are no passwords in it.")?;
    Ok(if errors > 0 { PROBLEMS } else { OK })
}

fn daemon_answers(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}

/// Binds and lets go again.
fn bind(listen: Listen) -> io::Result<()> {
    match listen.transport {
        Transport::Udp => UdpSocket::bind(listen.address).map(drop),
        Transport::Tcp => TcpListener::bind(listen.address).map(drop),
    }
}

/// Whether a place to listen is free, or ours.
pub(super) fn listen_finding(listen: Listen, bound: io::Result<()>, daemon: bool) -> Finding {
    let port = listen.address.port();
    match bound.map_err(|e| (e.kind(), e)) {
        Ok(()) if daemon => Warn(
            format!("{listen} is free although the exchange runs"),
            "does it use another configuration?".into(),
        ),
        Ok(()) => Good(format!("{listen} can be bound")),
        Err((ErrorKind::AddrInUse, _)) if daemon => {
            Good(format!("{listen} is in use by the running exchange"))
        }
        Err((ErrorKind::AddrInUse, _)) => Error(
            format!("{listen} is in use by another program"),
            format!("see which: ss -lnp 'sport = :{port}'"),
        ),
        Err((ErrorKind::AddrNotAvailable, _)) => Error(
            format!("{listen}: this machine does not have that address"),
            "see which it has: ip address".into(),
        ),
        Err((ErrorKind::PermissionDenied, _)) => Error(
            format!("{listen}: no permission"),
            "ports below 1024 need the capability net_bind_service".into(),
        ),
        Err((_, error)) => Error(format!("{listen}: {error}"), "correct listen in [sip]".into()),
    }
}

/// Whether there are ports for as many calls as are allowed, and whether others may take them.
fn rtp_finding(loaded: &Loaded) -> Finding {
    let config = &loaded.config;
    let (first, pairs) = (config.rtp_port_first, usize::from(config.rtp_pairs));
    let last = usize::from(first) + pairs * 2 - 1;
    let range = format!("rtp {first}-{last}");
    let inside = |l: &&Listen| {
        l.transport == Transport::Udp && (usize::from(first)..=last).contains(&usize::from(l.address.port()))
    };
    if let Some(listen) = loaded.shell.listen.iter().find(inside) {
        return Error(
            format!("{range} holds the port of {listen}"),
            "move one of them: ports in [media], listen in [sip]".into(),
        );
    }
    // Each call of two phones takes two pairs.
    let calls = pairs / 2;
    if calls < config.calls_max {
        let what = format!("{range}: enough for {calls} calls, and calls_max is {}", config.calls_max);
        return Warn(what, "widen ports in [media], or lower calls_max in [sip]".into());
    }
    let ephemeral = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut ends = ephemeral.split_whitespace().filter_map(|n| n.parse::<usize>().ok());
    if let (Some(low), Some(high)) = (ends.next(), ends.next())
        && usize::from(first) <= high
        && low <= last
    {
        let what =
            format!("{range}: the system gives ports {low}-{high} to any program, so some may be taken");
        return Warn(what, "choose ports in [media] below them".into());
    }
    Good(format!("{range}: {calls} calls of two phones"))
}

/// Whether as many sockets may be open as the calls need.
pub(super) fn open_files_finding(limit: Option<u64>, loaded: &Loaded) -> Finding {
    // Two sockets for each pair, and room for connections, files and consoles.
    let wanted = u64::from(loaded.config.rtp_pairs) * 2 + 512;
    match limit {
        Some(limit) if limit < wanted => Warn(
            format!("open files limit {limit}, and all RTP ports in use need {wanted}"),
            format!("LimitNOFILE={wanted} in the unit, or: ulimit -n {wanted}"),
        ),
        Some(limit) => Good(format!("open files limit {limit}")),
        None => Good("no limit of open files".into()),
    }
}

/// Whether the clock can be right.
pub(super) fn clock_finding(now_ms: i64) -> Finding {
    // 2025-06-15: this program is younger.
    if now_ms < 1_750_000_000_000 {
        return Error("the clock is years behind".into(), "set it: timedatectl set-ntp true".into());
    }
    let steered = Path::new("/run/systemd/timesync/synchronized").exists()
        || ["chronyd", "ntpd", "ntpsec", "openntpd"]
            .iter()
            .any(|n| Path::new(&format!("/run/{n}.pid")).exists())
        || Path::new("/run/chrony").exists();
    let time = jiff::Timestamp::from_millisecond(now_ms).map(|t| t.strftime("%Y-%m-%d %H:%M:%S").to_string());
    let time = time.unwrap_or_default();
    if steered {
        Good(format!("clock {time} UTC, kept in step"))
    } else {
        Warn(
            format!("clock {time} UTC; nothing is known to keep it in step"),
            "install chrony or turn on systemd-timesyncd, or ignore this in a container".into(),
        )
    }
}

/// The nearest part of a path that exists.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"))
}

/// Whether recordings can be written, and for how long.
fn disk_finding(dir: &Path) -> Finding {
    let there = existing(dir);
    if access(there, Access::WRITE_OK).is_err() {
        return Error(
            format!("recordings: {} cannot be written by this user", there.display()),
            "run this as the user of the exchange, or change dir in [recording]".into(),
        );
    }
    match statvfs(there) {
        Ok(stat) => space_finding(stat.f_bavail, stat.f_blocks, stat.f_frsize),
        Err(error) => {
            Error(format!("recordings: {}: {error}", there.display()), "is the disk mounted?".into())
        }
    }
}

/// What the free space is worth.
pub(super) fn space_finding(free: u64, total: u64, block: u64) -> Finding {
    let percent = (u128::from(free) * 100).checked_div(u128::from(total)).unwrap_or(0);
    // Stereo, 16 bits, 8000 samples a second.
    let hours = free.saturating_mul(block) / (32_000 * 3_600);
    let what = format!("recordings disk: {percent} % free, {hours} hours of calls");
    let hint = "free some space, or move dir in [recording]".to_owned();
    match percent {
        0..2 => Error(what, hint),
        2..10 => Warn(what, hint),
        _ => Good(what),
    }
}

/// Whether the store can be opened.
fn store_finding(dir: &Path) -> Finding {
    if !dir.exists() {
        let there = existing(dir);
        return if access(there, Access::WRITE_OK).is_ok() {
            Good(format!("store: {} is made at the first start", dir.display()))
        } else {
            Error(
                format!("store: {} is not there, and this user cannot make it", dir.display()),
                "run this as the user of the exchange, or change dir in [store]".into(),
            )
        };
    }
    match store::inspect(dir) {
        Ok(seen) => {
            let size = format!(
                "store: {} MB in {}",
                seen.journal_bytes / 1_000_000,
                counted(seen.segments, "journal file")
            );
            match seen.holder {
                Some(Some(pid)) => Good(format!("{size}, open in process {pid}")),
                Some(None) => Good(format!("{size}, open in another process")),
                None if seen.suspect => Warn(
                    format!("{size}; its index is damaged"),
                    "the next start makes it anew, or: switchroom store rebuild".into(),
                ),
                None if access(dir, Access::WRITE_OK).is_err() => Error(
                    format!("{size}, cannot be written by this user"),
                    "run this as the user of the exchange".into(),
                ),
                None => Good(format!("{size}, not in use")),
            }
        }
        Err(
            error @ (StoreError::Directory { .. }
            | StoreError::Locked { .. }
            | StoreError::Journal(_)
            | StoreError::Index(_)),
        ) => Error(format!("store: {error}"), "run this as the user of the exchange".into()),
    }
}

/// Whether the control socket is where only its users reach it.
pub(super) fn socket_finding(socket: &Path, daemon: bool) -> Finding {
    let folder = socket.parent().unwrap_or(Path::new("/"));
    let shown = socket.display();
    let mode = fs::metadata(folder).map(|m| m.permissions().mode() & 0o777);
    match mode {
        Ok(mode) if mode & 0o022 != 0 => Error(
            format!("control socket {shown}: others can write its folder (mode {mode:03o})"),
            format!("chmod 750 {}", folder.display()),
        ),
        Ok(mode) if mode & 0o007 != 0 && !daemon => Warn(
            format!("control socket {shown}: everybody can look into its folder (mode {mode:03o})"),
            format!("chmod 750 {}", folder.display()),
        ),
        Ok(mode) => Good(format!("control socket {shown}, folder mode {mode:03o}")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Good(format!("control socket {shown}: its folder is made at the start"))
        }
        Err(error) => Error(format!("control socket {shown}: {error}"), "change socket in [control]".into()),
    }
}

/// Whether phones elsewhere would hear anything.
pub(super) fn nat_finding(external: Option<IpAddr>, own: IpAddr) -> Finding {
    let private = match own {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    match external {
        Some(external) => Good(format!("external address {external}, own address {own}")),
        None if private => Warn(
            format!(
                "own address {own} is private and no external address is set: phones outside would hear nothing"
            ),
            "if there are any: external = \"your public address\" in [sip]".into(),
        ),
        None => Good(format!("own address {own} is public")),
    }
}
