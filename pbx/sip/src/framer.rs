//! Messages out of a stream (RFC 3261 §18.3, keep-alive of RFC 5626 §3.5.1).

use crate::limits::MESSAGE_BYTES_MAX;
use crate::message::declared_length;
use crate::params::count_work;

/// What the framer found at the head of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// One whole message.
    Message(Vec<u8>),
    /// A double CRLF between messages: answer with a single CRLF.
    Ping,
    /// More bytes are needed.
    Incomplete,
}

/// The stream cannot be followed any more; the connection must be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Header without Content-Length, or one that is no number or is told twice.
    #[error("Content-Length is missing or wrong, so the next message cannot be found")]
    Length,
    /// The message is longer than [`MESSAGE_BYTES_MAX`].
    #[error("the message is too long")]
    TooLong,
}

/// Cuts a byte stream into messages. Holds at most one message and what has been read beyond it. However the stream is
/// cut into reads, each byte is looked at a fixed number of times.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// What lies before has been given away.
    start: usize,
    /// Bytes from `start` already searched for the end of the header.
    searched: usize,
    /// Length of the message at `start`, once its header is complete.
    total: Option<usize>,
}

impl Framer {
    /// Takes bytes as they were read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes waiting.
    pub fn pending(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// The next thing in the stream.
    ///
    /// # Errors
    /// When the end of the message cannot be known or lies too far: the connection must be closed.
    pub fn next_frame(&mut self) -> Result<Frame, FrameError> {
        if self.total.is_none() {
            loop {
                let rest = &self.buffer[self.start..];
                match rest {
                    [b'\r', b'\n', b'\r', b'\n', ..] => {
                        self.skip(4);
                        return Ok(Frame::Ping);
                    }
                    // It may yet become a ping.
                    [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return Ok(Frame::Incomplete),
                    // A lone CRLF is a pong, or padding between messages.
                    [b'\r', b'\n', ..] => self.skip(2),
                    [b'\r' | b'\n', ..] => self.skip(1),
                    _ => break,
                }
            }
            let Some(body) = self.find_body() else {
                let is_too_long = self.pending() > MESSAGE_BYTES_MAX;
                return if is_too_long { Err(FrameError::TooLong) } else { Ok(Frame::Incomplete) };
            };
            let head = &self.buffer[self.start..self.start + body];
            let length = declared_length(head).ok_or(FrameError::Length)?;
            self.total = Some(body.saturating_add(length));
        }
        match self.total {
            Some(total) if total > MESSAGE_BYTES_MAX => Err(FrameError::TooLong),
            Some(total) if self.pending() >= total => {
                let message = self.buffer[self.start..self.start + total].to_vec();
                self.skip(total);
                Ok(Frame::Message(message))
            }
            _ => Ok(Frame::Incomplete),
        }
    }

    fn skip(&mut self, count: usize) {
        self.start += count;
        self.searched = 0;
        self.total = None;
    }

    /// Where the body starts, counted from `start`, once the empty line is there.
    fn find_body(&mut self) -> Option<usize> {
        let bytes = &self.buffer[self.start..];
        let mut at = self.searched;
        while let Some(offset) = bytes.get(at..)?.iter().position(|b| *b == b'\n') {
            count_work(offset + 1);
            let after = at + offset + 1;
            match bytes.get(after..) {
                Some([b'\n', ..]) => return Some(after + 1),
                Some([b'\r', b'\n', ..]) => return Some(after + 2),
                Some([] | [b'\r']) | None => {
                    // This line feed is looked at again when more is known.
                    self.searched = after - 1;
                    return None;
                }
                Some(_) => at = after,
            }
        }
        count_work(bytes.len() - at);
        self.searched = bytes.len();
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const ONE: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody";

    #[test]
    fn any_cut_of_the_stream_gives_the_same_messages() {
        let mut stream = Vec::new();
        stream.extend_from_slice(b"\r\n\r\n");
        stream.extend_from_slice(ONE);
        stream.extend_from_slice(b"\r\n");
        stream.extend_from_slice(b"REGISTER sip:b SIP/2.0\nl : 0\n\n");
        stream.extend_from_slice(ONE);
        for step in 1..stream.len() {
            let mut framer = Framer::default();
            let mut frames = Vec::new();
            for piece in stream.chunks(step) {
                framer.push(piece);
                loop {
                    match framer.next_frame().unwrap() {
                        Frame::Incomplete => break,
                        frame => frames.push(frame),
                    }
                }
            }
            let messages = frames.iter().filter(|f| matches!(f, Frame::Message(_))).count();
            assert_eq!(messages, 3, "step {step}: {frames:?}");
            assert_eq!(frames[0], Frame::Ping, "step {step}");
            assert_eq!(frames.last(), Some(&Frame::Message(ONE.to_vec())));
        }
    }

    /// Class "Content-Length lies": the stream is closed, nothing is allocated for the claim.
    #[test]
    fn content_length_lies() {
        for head in [
            "Content-Length: 4294967296",
            "Content-Length: -1",
            "Content-Length: x",
            "X: y",
            "Content-Length: 1\r\nl: 2",
        ] {
            let mut framer = Framer::default();
            framer.push(format!("OPTIONS sip:a SIP/2.0\r\n{head}\r\n\r\n").as_bytes());
            assert!(framer.next_frame().is_err(), "{head}");
            assert!(framer.buffer.capacity() < 4096);
        }
        let mut framer = Framer::default();
        framer.push(&vec![b'a'; MESSAGE_BYTES_MAX + 1]);
        assert_eq!(framer.next_frame(), Err(FrameError::TooLong));
    }

    /// Class "Content-Length lies", the reader's side: however the bytes come, each is looked at a fixed number of times,
    /// and no run of line ends can exhaust the stack.
    #[test]
    fn slow_and_strange_streams_cost_their_length() {
        use crate::params::work::LOOKED_AT;
        let long_body = format!("OPTIONS sip:a SIP/2.0\r\nl: 30000\r\nX: y\r\n\r\n{}", "b".repeat(30_000));
        let long_line = "X".repeat(60_000);
        let many_lines = "a: b\r\n".repeat(8000);
        let many_messages = "A b SIP/2.0\nl:0\n\n".repeat(3000);
        for (name, text) in [
            ("body", long_body.as_str()),
            ("line", &long_line),
            ("lines", &many_lines),
            ("messages", &many_messages),
            ("CR", &"\r".repeat(60_000)),
            ("LF", &"\n".repeat(60_000)),
            ("CRLF", &"\r\n".repeat(30_000)),
            ("CRCRLF", &"\r\r\n".repeat(20_000)),
        ] {
            for step in [1, 1000, text.len()] {
                LOOKED_AT.set(0);
                let mut framer = Framer::default();
                for piece in text.as_bytes().chunks(step) {
                    framer.push(piece);
                    while framer.next_frame().unwrap() != Frame::Incomplete {}
                }
                assert!(LOOKED_AT.get() <= 4 * text.len(), "{name} by {step}: {}", LOOKED_AT.get());
            }
        }
    }

    /// Class "header smuggling": what the framer takes for Content-Length is what the parser takes for it.
    #[test]
    fn header_smuggling() {
        let length = |lines: &str| {
            let mut framer = Framer::default();
            framer.push(format!("OPTIONS sip:a SIP/2.0\r\n{lines}\r\n\r\n0123456789").as_bytes());
            framer.next_frame().map(|frame| match frame {
                Frame::Message(message) => message.iter().rev().take_while(|b| b.is_ascii_digit()).count(),
                other => panic!("{other:?}"),
            })
        };
        // A folded line is no header, and a folded value is one value.
        assert_eq!(length("X: y\r\n Content-Length: 7\r\nContent-Length: 3"), Ok(3));
        assert_eq!(length("Content-Length:\r\n\t4"), Ok(4));
        assert_eq!(length("Content-Length\t : 4"), Ok(4));
        assert_eq!(length("X: y\rContent-Length: 9\r\nl: 5"), Ok(5));
        for lines in [
            "Content-Length: 1\r\n 0",
            "Content-Length: 3\r\nContent-Length: 3",
            "l: 3\r\nCONTENT-LENGTH: 7",
            "\u{a0}Content-Length: 3",
            "Content-Length\u{b}: 3",
            "Content\u{2d}Length : +3",
            "Content-Length: 3, 7",
            "Content-Length: 0x3",
            "X: y\r\n Content-Length: 3",
        ] {
            assert_eq!(length(lines), Err(FrameError::Length), "{lines:?}");
        }
    }
}
