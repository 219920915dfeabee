//! Messages out of a stream (RFC 3261 §18.3, keep-alive of RFC 5626 §3.5.1).

use crate::limits::{LINE_BYTES_MAX, MESSAGE_BYTES_MAX};

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
    /// Header without Content-Length, or one that is no number or is repeated with another value.
    #[error("Content-Length is missing or wrong, so the next message cannot be found")]
    Length,
    /// The message is longer than [`MESSAGE_BYTES_MAX`].
    #[error("the message is too long")]
    TooLong,
}

/// Cuts a byte stream into messages. Holds at most one message and what has been read beyond it.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// Bytes already searched for the end of the header.
    searched: usize,
}

impl Framer {
    /// Takes bytes as they were read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes waiting.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// The next thing in the stream.
    pub fn next_frame(&mut self) -> Result<Frame, FrameError> {
        if self.buffer.starts_with(b"\r\n\r\n") {
            self.drop_front(4);
            return Ok(Frame::Ping);
        }
        // A lone CRLF is a pong, or padding between messages; it must not be taken for half a ping.
        while self.buffer.starts_with(b"\r\n")
            && self.buffer.len() > 2
            && !b"\r\n".starts_with(&self.buffer[2..3])
        {
            self.drop_front(2);
        }
        while self.buffer.first() == Some(&b'\n') {
            self.drop_front(1);
        }
        if self.buffer.first() == Some(&b'\r') && self.buffer.len() < 5 {
            return Ok(Frame::Incomplete);
        }
        if self.buffer.first() == Some(&b'\r') {
            self.drop_front(1);
            return self.next_frame();
        }
        let Some(body) = self.find_body() else {
            return if self.buffer.len() > MESSAGE_BYTES_MAX {
                Err(FrameError::TooLong)
            } else {
                Ok(Frame::Incomplete)
            };
        };
        let length = content_length(&self.buffer[..body])?;
        let total = body.saturating_add(length);
        if total > MESSAGE_BYTES_MAX {
            return Err(FrameError::TooLong);
        }
        if self.buffer.len() < total {
            return Ok(Frame::Incomplete);
        }
        let message = self.buffer[..total].to_vec();
        self.drop_front(total);
        Ok(Frame::Message(message))
    }

    fn drop_front(&mut self, count: usize) {
        self.buffer.drain(..count);
        self.searched = 0;
    }

    /// Where the body starts, once the empty line is there.
    fn find_body(&mut self) -> Option<usize> {
        let mut at = self.searched;
        while let Some(offset) = self.buffer.get(at..)?.iter().position(|b| *b == b'\n') {
            let after = at + offset + 1;
            match self.buffer.get(after..) {
                Some([b'\n', ..]) => return Some(after + 1),
                Some([b'\r', b'\n', ..]) => return Some(after + 2),
                Some([] | [b'\r']) => return None,
                _ => at = after,
            }
            self.searched = at;
        }
        None
    }
}

fn content_length(head: &[u8]) -> Result<usize, FrameError> {
    let mut found = None;
    for line in head.split(|b| *b == b'\n') {
        if line.len() > LINE_BYTES_MAX {
            continue;
        }
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let name = line[..colon].trim_ascii();
        if !(name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l")) {
            continue;
        }
        let text = std::str::from_utf8(line[colon + 1..].trim_ascii()).map_err(|_| FrameError::Length)?;
        let length = crate::header::parse_number(text).ok_or(FrameError::Length)? as usize;
        if found.is_some_and(|other| other != length) {
            return Err(FrameError::Length);
        }
        found = Some(length);
    }
    found.ok_or(FrameError::Length)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
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
}
