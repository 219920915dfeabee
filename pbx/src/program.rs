//! Another program, run once: without a shell, with little of our surroundings, in a process group of its own that does not
//! outlive the run. Its pipes are emptied as they fill, so that it never waits for us, and what is kept of them is bounded.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid,
};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

/// What of our surroundings a program sees.
const ENVIRONMENT: [&str; 2] = ["PATH", "LANG"];
/// Bytes of the end of its complaints that are kept.
const COMPLAINT_MAX: usize = 2_048;
/// Bytes taken from a pipe before something else is looked at: as many as the largest pipe holds.
const TURN_MAX: usize = 1 << 20;
/// Between two looks at whether it may go on, nanoseconds.
const LOOK_NS: i64 = 20_000_000;
/// The same where the system does not tell of its end.
const LOOK_OFTEN_NS: i64 = 5_000_000;

/// Where the output of a program goes.
pub enum Output {
    /// Nobody wants it.
    Nothing,
    /// Into a file.
    File(File),
    /// To us, up to so many bytes; one that writes more is ended.
    Kept(usize),
}

/// A program that came to its end.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// Its output, if that was to be kept.
    pub output: Vec<u8>,
    /// The end of what it complained of (its standard error).
    pub complaint: Vec<u8>,
}

/// Why a program did not come to its end, in words that follow its name.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It is not there, or no program.
    #[error("cannot be started: {0}")]
    Start(io::Error),
    /// The system does not know of it any more.
    #[error("is lost: {0}")]
    Lost(io::Error),
    /// Too much output.
    #[error("wrote more than {} kB", .0 / 1024)]
    TooMuch(usize),
    /// Whoever watches it ended it, and says why.
    #[error("{0}")]
    Stopped(String),
}

/// Runs a program (the first of `argv`) with its arguments and hands it `input`, and waits for its end. It and all that it
/// started in its group are killed then, or as soon as `may_go_on` says why not, which is asked fifty times a second.
///
/// # Errors
/// [`RunError`].
pub fn run(
    argv: &[String],
    input: &[u8],
    output: Output,
    may_go_on: &mut dyn FnMut() -> Result<(), String>,
) -> Result<Ended, RunError> {
    may_go_on().map_err(RunError::Stopped)?;
    let mut running = Running::start(argv, input, output)?;
    while !running.has_ended().map_err(RunError::Lost)? {
        may_go_on().map_err(RunError::Stopped)?;
        running.wait_a_little();
        running.serve()?;
    }
    // What it left behind could hold its pipes open for ever; what is in them now was written before.
    running.kill();
    running.serve()?;
    let status = running.reap().map_err(RunError::Lost)?;
    Ok(Ended {
        status,
        output: std::mem::take(&mut running.output),
        complaint: std::mem::take(&mut running.complaint),
    })
}

/// A process group that dies with this value.
struct Running<'i> {
    child: Child,
    group: Option<Pid>,
    /// Becomes readable at its end, where the system knows such.
    end: Option<OwnedFd>,
    is_reaped: bool,
    stdin: Option<ChildStdin>,
    input: &'i [u8],
    stdout: Option<Pipe>,
    stderr: Option<Pipe>,
    output: Vec<u8>,
    output_max: usize,
    complaint: Vec<u8>,
}

type Pipe = Box<dyn ReadPipe + Send>;

trait ReadPipe: Read + AsFd {}
impl<T: Read + AsFd> ReadPipe for T {}

impl<'i> Running<'i> {
    fn start(argv: &[String], input: &'i [u8], output: Output) -> Result<Self, RunError> {
        let none = || RunError::Start(io::Error::new(io::ErrorKind::InvalidInput, "no program is named"));
        let (program, arguments) = argv.split_first().ok_or_else(none)?;
        let (stdout, output_max) = match output {
            Output::Nothing => (Stdio::null(), 0),
            Output::File(file) => (file.into(), 0),
            Output::Kept(bytes_max) => (Stdio::piped(), bytes_max),
        };
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(ENVIRONMENT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(RunError::Start)?;
        let group = Pid::from_raw(child.id().cast_signed());
        let running = Self {
            group,
            end: group.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()),
            is_reaped: false,
            stdin: child.stdin.take(),
            input,
            stdout: child.stdout.take().map(|pipe| Box::new(pipe) as Pipe),
            stderr: child.stderr.take().map(|pipe| Box::new(pipe) as Pipe),
            output: Vec::new(),
            output_max,
            complaint: Vec::new(),
            child,
        };
        // Nobody is waited for at a pipe.
        let fds = [
            running.stdin.as_ref().map(AsFd::as_fd),
            running.stdout.as_ref().map(AsFd::as_fd),
            running.stderr.as_ref().map(AsFd::as_fd),
        ];
        for fd in fds.into_iter().flatten() {
            rustix::io::ioctl_fionbio(fd, true).map_err(|error| RunError::Lost(error.into()))?;
        }
        Ok(running)
    }

    /// Whether it has ended. It is not reaped by that: its number, and that of its group, cannot be another's yet.
    fn has_ended(&self) -> io::Result<bool> {
        let Some(pid) = self.group else { return Err(io::ErrorKind::NotFound.into()) };
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        Ok(waitid(WaitId::Pid(pid), look)?.is_some())
    }

    /// Waits until a pipe or the end wants something, or it is time for a look.
    fn wait_a_little(&self) {
        let reading = [
            self.end.as_ref().map(AsFd::as_fd),
            self.stdout.as_ref().map(AsFd::as_fd),
            self.stderr.as_ref().map(AsFd::as_fd),
        ];
        let mut fds: Vec<PollFd<'_>> = reading
            .into_iter()
            .flatten()
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .chain(self.stdin.as_ref().map(|stdin| PollFd::new(stdin, PollFlags::OUT)))
            .collect();
        let tv_nsec = if self.end.is_some() { LOOK_NS } else { LOOK_OFTEN_NS };
        // A wait that is cut short is a short wait.
        let _ = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec }));
    }

    /// Hands over and takes what the pipes bear now.
    fn serve(&mut self) -> Result<(), RunError> {
        self.feed();
        let (output, output_max) = (&mut self.output, self.output_max);
        let mut is_too_much = false;
        drain(&mut self.stdout, |part| {
            output.extend_from_slice(part);
            is_too_much = output.len() > output_max;
            !is_too_much
        });
        let complaint = &mut self.complaint;
        drain(&mut self.stderr, |part| {
            complaint.extend_from_slice(part);
            complaint.drain(..complaint.len().saturating_sub(COMPLAINT_MAX));
            true
        });
        if is_too_much { Err(RunError::TooMuch(output_max)) } else { Ok(()) }
    }

    /// A program need not read what it is told.
    fn feed(&mut self) {
        let Some(stdin) = &mut self.stdin else { return };
        while !self.input.is_empty() {
            match stdin.write(self.input) {
                Ok(0) => break,
                Ok(count) => self.input = self.input.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        // Then it sees the end of its input.
        self.stdin = None;
    }

    fn kill(&self) {
        if let Some(group) = self.group.filter(|_| !self.is_reaped) {
            // Nobody may be left in it.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    fn reap(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait();
        self.is_reaped = true;
        status
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.kill();
            let _ = self.reap();
        }
    }
}

/// Takes what is in a pipe now, at most a turn of it, as long as `take` wants more; one that is at its end is closed.
fn drain(pipe: &mut Option<Pipe>, mut take: impl FnMut(&[u8]) -> bool) {
    let (mut part, mut taken) = ([0; 16 * 1024], 0);
    while let Some(open) = pipe.as_mut().filter(|_| taken < TURN_MAX) {
        match open.read(&mut part) {
            Ok(count) if count > 0 => {
                taken += count;
                if !take(part.get(..count).unwrap_or_default()) {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => *pipe = None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::clock;

    fn sh(script: &str, input: &[u8], output: Output) -> Result<Ended, RunError> {
        let end_us = clock::mono_us() + 20_000_000;
        let mut until = || if clock::mono_us() < end_us { Ok(()) } else { Err("too long".to_owned()) };
        run(&["/bin/sh", "-c", script].map(str::to_owned), input, output, &mut until)
    }

    #[test]
    fn pipes_that_fill_up_hold_nobody_up() {
        // More than a pipe holds, each way and at once.
        let script = "head -c 300000 /dev/zero >&2; echo end of it >&2; cat; exit 3";
        let input = vec![b'x'; 300_000];
        let ended = sh(script, &input, Output::Kept(400_000)).unwrap();
        assert_eq!((ended.status.code(), ended.output == input), (Some(3), true));
        assert!(ended.complaint.len() <= COMPLAINT_MAX && ended.complaint.ends_with(b"\0end of it\n"));
        // One that does not read is not waited for.
        let ended = sh("exec <&-; echo done", &input, Output::Kept(100)).unwrap();
        assert_eq!((ended.status.success(), ended.output), (true, b"done\n".to_vec()));
    }

    #[test]
    fn one_that_floods_hangs_or_is_not_there_is_an_error() {
        let said = |result: Result<Ended, RunError>| result.unwrap_err().to_string();
        assert_eq!(said(sh("cat /dev/zero", b"", Output::Kept(2048))), "wrote more than 2 kB");
        assert!(
            said(run(&["/nowhere/x".into()], b"", Output::Nothing, &mut || Ok(())))
                .contains("cannot be started")
        );
        assert!(said(run(&[], b"", Output::Nothing, &mut || Ok(()))).contains("no program"));
        let mut looks = 0;
        let stop = &mut || {
            looks += 1;
            if looks < 5 { Ok(()) } else { Err("enough".to_owned()) }
        };
        let argv = ["/bin/sleep", "1000"].map(str::to_owned);
        assert_eq!(said(run(&argv, b"", Output::Nothing, stop)), "enough");
    }

    #[test]
    fn who_is_left_behind_dies_and_who_left_the_group_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let script = format!("sleep 1000 & echo $! > {}; echo 1", pid.display());
        assert_eq!(sh(&script, b"", Output::Kept(100)).unwrap().output, b"1\n");
        let left = std::fs::read_to_string(&pid).unwrap();
        let stat = format!("/proc/{}/stat", left.trim());
        let end_us = clock::mono_us() + 20_000_000;
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z")) {
            assert!(clock::mono_us() < end_us, "{left} lives on");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        // Holds the pipes open from another group for a while.
        let began = clock::mono_us();
        assert_eq!(sh("setsid sleep 15 & echo 1", b"", Output::Kept(100)).unwrap().output, b"1\n");
        assert!(clock::mono_us() - began < 10_000_000);
    }
}
