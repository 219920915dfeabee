//! What the benches of media ask the kernel for: which sockets have something, and what threads cost.

use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::time::Timespec;
use std::os::fd::OwnedFd;

/// An epoll for these sockets, each named by its place.
pub(crate) fn watch<S: std::os::fd::AsFd>(sockets: &[S]) -> OwnedFd {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    for (at, socket) in sockets.iter().enumerate() {
        epoll::add(&poll, socket, EventData::new_u64(at as u64), EventFlags::IN).unwrap();
    }
    poll
}

/// Sockets that have something, within 50 ms.
pub(crate) fn wait<'e>(
    poll: &OwnedFd,
    events: &'e mut Vec<epoll::Event>,
) -> impl Iterator<Item = usize> + 'e {
    events.clear();
    let timeout = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
    epoll::wait(poll, rustix::buffer::spare_capacity(events), Some(&timeout)).unwrap();
    events.iter().map(|event| {
        let data = event.data;
        data.u64() as usize
    })
}

/// CPU seconds so far of the threads with these names.
pub(crate) fn cpu_seconds(names: &[&str]) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|entry| entry.unwrap().path());
    let of_task = |path: std::path::PathBuf| {
        let name = std::fs::read_to_string(path.join("comm")).ok()?;
        let runs =
            std::fs::read_to_string(path.join("schedstat")).ok().filter(|_| names.contains(&name.trim()))?;
        runs.split(' ').next()?.parse::<f64>().ok()
    };
    tasks.filter_map(of_task).sum::<f64>() / 1e9
}
