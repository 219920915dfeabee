//! A phone's thread: waits for sockets, deadlines and orders, and carries between them and the phone.

use super::ear::Recorder;
use super::line::{Line, Told};
use super::sound::Player;
use super::stream::{Arrived, Ports, Stream};
use super::{GOODBYE, Order, Shared};
use crate::clock;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use switchroom_media::DATAGRAM_BYTES_MAX;
use switchroom_phone::digits::{DIGITS, DigitsBy};
use switchroom_phone::{Phone, PhoneCommand, PhoneError, PhoneEvent};
use switchroom_sip::rng::Rng;
use switchroom_sip::time::Mono;

/// The longest wait, microseconds.
const WAIT_US_MAX: u64 = 1_000_000;
/// Packets taken before everything else has its turn.
const PACKETS_AT_ONCE: usize = 64;

pub(super) struct Worker {
    phone: Phone,
    line: Line,
    ports: Ports,
    player: Player,
    recorder: Option<Recorder>,
    rng: Rng,
    shared: Arc<Shared>,
    stream: Option<Stream>,
    /// The call came in: what we play before the answer is meant to be heard.
    is_called: bool,
    /// Saying goodbye until then.
    stop_by_us: Option<u64>,
    has_vanished: bool,
}

impl Worker {
    pub(super) fn new(
        phone: Phone,
        line: Line,
        ports: Ports,
        player: Player,
        recorder: Option<Recorder>,
        seed: u64,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            phone,
            line,
            ports,
            player,
            recorder,
            // Another stream than the phone's own, from the same seed.
            rng: Rng::from_number(!seed),
            shared,
            stream: None,
            is_called: false,
            stop_by_us: None,
            has_vanished: false,
        }
    }

    /// Runs until it is told to stop.
    ///
    /// # Errors
    /// The system cannot wait for sockets.
    pub(super) fn run(&mut self, inbox: &Receiver<Order>, wake: &OwnedFd) -> io::Result<()> {
        while !self.is_over() {
            self.wait(wake)?;
            while let Ok(order) = inbox.try_recv() {
                self.obey(order);
            }
            self.signalling();
            self.sound();
            self.settle();
        }
        self.keep(Recorder::flush);
        Ok(())
    }

    fn now_us() -> u64 {
        clock::mono_us()
    }

    fn now() -> Mono {
        Mono(Self::now_us())
    }

    fn is_over(&self) -> bool {
        self.has_vanished || self.stop_by_us.is_some_and(|by| self.phone.is_settled() || Self::now_us() >= by)
    }

    /// Sleeps until something is to be done.
    fn wait(&self, wake: &OwnedFd) -> io::Result<()> {
        let phone = self.phone.poll_timeout().map(|at| at.0);
        let stream = self.stream.as_ref().map(Stream::due_us);
        let due = [phone, stream, self.line.due_us(), self.stop_by_us].into_iter().flatten().min();
        let now_us = Self::now_us();
        let wait_us = due.map_or(WAIT_US_MAX, |due| due.saturating_sub(now_us).min(WAIT_US_MAX));
        let timeout = Timespec {
            tv_sec: i64::try_from(wait_us / 1_000_000).unwrap_or(0),
            tv_nsec: i64::try_from(wait_us % 1_000_000 * 1_000).unwrap_or(0),
        };
        let mut places = vec![
            PollFd::new(wake, PollFlags::IN),
            PollFd::new(&self.ports.rtp_socket, PollFlags::IN),
            PollFd::new(&self.ports.rtcp_socket, PollFlags::IN),
        ];
        if let Some((socket, wants_to_write)) = self.line.socket() {
            let flags = if wants_to_write { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
            places.push(PollFd::from_borrowed_fd(socket, flags));
        }
        match poll(&mut places, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        // Its count is of no interest, only that it no longer wakes.
        let _ = rustix::io::read(wake, &mut [0; 8]);
        Ok(())
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Command(command, answer) => {
                let done = self.command(&command);
                // Nobody may be waiting for it any more.
                let _ = answer.try_send(done);
            }
            Order::Play(player) => self.player = *player,
            Order::Stop => {
                let now = Self::now();
                // Without a call there is nothing to hang up.
                let _ = self.phone.hang_up(now);
                self.phone.unregister(now);
                let goodbye_us = u64::try_from(GOODBYE.as_micros()).unwrap_or(0);
                self.stop_by_us = Some(now.0 + goodbye_us);
            }
            Order::Vanish => self.has_vanished = true,
        }
    }

    fn command(&mut self, command: &PhoneCommand) -> Result<(), PhoneError> {
        let PhoneCommand::Digits(digits, DigitsBy::Rtp) = command else {
            return self.phone.command(Self::now(), command);
        };
        if !digits.chars().all(|digit| DIGITS.contains(digit.to_ascii_uppercase())) {
            return Err(PhoneError::BadNumber);
        }
        let stream = self.stream.as_mut().ok_or(PhoneError::NoCall)?;
        if stream.press(digits) { Ok(()) } else { Err(PhoneError::NotNow) }
    }

    fn signalling(&mut self) {
        if self.line.mend(Self::now_us()) {
            self.phone.connected(Self::now(), self.line.flow());
        }
        for _ in 0..PACKETS_AT_ONCE {
            match self.line.receive(Self::now_us()) {
                Some(Told::Message(message)) => self.phone.receive(Self::now(), &message),
                Some(Told::Lost) => self.phone.connection_lost(Self::now()),
                None => break,
            }
        }
        self.phone.handle_due(Self::now());
    }

    /// Sends what the phone wants sent and tells what it tells.
    fn settle(&mut self) {
        loop {
            while let Some(transmit) = self.phone.poll_transmit() {
                self.line.send(&transmit.bytes);
            }
            if self.line.flush(Self::now_us()) {
                break;
            }
            self.phone.connection_lost(Self::now());
        }
        while let Some(event) = self.phone.poll_event() {
            self.on_event(&event);
            self.shared.tell(event);
        }
    }

    fn on_event(&mut self, event: &PhoneEvent) {
        match event {
            PhoneEvent::Incoming { .. } => self.is_called = true,
            PhoneEvent::EarlyMedia(plan) => self.open(plan, self.is_called),
            PhoneEvent::Up(plan) => self.open(plan, true),
            PhoneEvent::MediaChanged(plan) => {
                if let Some(stream) = &mut self.stream {
                    stream.change(plan.clone());
                }
            }
            PhoneEvent::Ended { .. } => {
                self.stream = None;
                self.is_called = false;
                self.keep(Recorder::flush);
            }
            PhoneEvent::Registered { .. }
            | PhoneEvent::RegisterFailed { .. }
            | PhoneEvent::Unregistered
            | PhoneEvent::Ringing
            | PhoneEvent::ChangeRefused(_)
            | PhoneEvent::Digit { .. }
            // Its sound would need a second place: nobody here tells a phone to consult.
            | PhoneEvent::Second(_) => {}
        }
    }

    fn open(&mut self, plan: &switchroom_phone::MediaPlan, is_open: bool) {
        match &mut self.stream {
            Some(stream) => {
                stream.change(plan.clone());
                stream.is_open = is_open;
            }
            None => {
                self.player.restart();
                self.shared.lock().ear.clear();
                self.stream = Some(Stream::new(plan.clone(), is_open, Self::now_us(), &mut self.rng));
            }
        }
    }

    fn sound(&mut self) {
        let mut datagram = [0; DATAGRAM_BYTES_MAX];
        // RTCP is taken so that its sender does not meet a closed port; there is nothing we would do about it.
        while self.ports.rtcp_socket.recv(&mut datagram).is_ok() {}
        for _ in 0..PACKETS_AT_ONCE {
            let Ok((count, from)) = self.ports.rtp_socket.recv_from(&mut datagram) else { break };
            self.hear(from, datagram.get(..count).unwrap_or_default());
        }
        if let Some(stream) = &mut self.stream {
            let sent = stream.send(Self::now_us(), &mut self.player, &self.ports.rtp_socket);
            if sent > 0 {
                self.shared.lock().packets.sent += sent;
            }
        }
    }

    fn hear(&mut self, from: std::net::SocketAddr, bytes: &[u8]) {
        let arrived = self.stream.as_mut().map_or(Arrived::Foreign, |stream| stream.receive(from, bytes));
        let gap = match arrived {
            Arrived::Foreign => {
                self.shared.lock().packets.foreign += 1;
                return;
            }
            Arrived::Nothing => None,
            Arrived::Digit(digit) => {
                self.shared.tell(PhoneEvent::Digit { digit, by: DigitsBy::Rtp });
                None
            }
            Arrived::Sound(gap) => Some(gap),
        };
        let samples = self.stream.as_ref().map(|s| s.samples.clone()).filter(|_| gap.is_some());
        let mut state = self.shared.lock();
        state.packets.received += 1;
        let Some(samples) = samples else { return };
        state.ear.hear(&samples);
        drop(state);
        self.keep(|recorder| recorder.write(gap.unwrap_or(0), &samples));
    }

    /// Does something with the recording; if that fails there is none from then on, and it is told at the end.
    fn keep(&mut self, work: impl FnOnce(&mut Recorder) -> Result<(), hound::Error>) {
        let Some(recorder) = &mut self.recorder else { return };
        if let Err(error) = work(recorder) {
            self.recorder = None;
            self.shared.lock().problem = Some(format!("what was heard could not be written: {error}"));
        }
    }
}
