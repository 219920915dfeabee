//! Lines: one JSON object each, bounded, and what is said about those that are none of ours.

use std::time::Duration;
use switchroom_wire::{ClientLine, LINE_BYTES_MAX, PROTOCOL, Refuse, ServerLine};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How long one line may take to be written before the client is given up.
const WRITE: Duration = Duration::from_secs(30);

/// Why there is no further line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoLine {
    /// The client has closed its end.
    End,
    /// It sent what is no line of the protocol: where and what, for the client.
    Wrong(String),
}

/// The lines of one client, counted from 1.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    count: u64,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, count: 0 }
    }

    /// The next line. Not to be cut off half-way: what was read of a line would be lost.
    pub(super) async fn next(&mut self) -> Result<ClientLine, NoLine> {
        let mut line = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut line).await;
        if read.is_err() || line.is_empty() {
            return Err(NoLine::End);
        }
        self.count += 1;
        if line.len() > LINE_BYTES_MAX {
            return Err(NoLine::Wrong(format!("line {}: longer than {LINE_BYTES_MAX} bytes", self.count)));
        }
        serde_json::from_slice(&line).map_err(|error| NoLine::Wrong(place(self.count, &error)))
    }
}

/// `line 3: expected value: column 17`. The parser saw one line only, so its own line number says nothing.
fn place(line: u64, error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(&format!(" at line {} column ", error.line())).next().unwrap_or_default();
    format!("line {line}: {}: column {}", switchroom_wire::clean(what), error.column())
}

/// Writes one line; an error says that the client is gone or does not read.
pub(super) async fn write<W: AsyncWrite + Unpin>(writer: &mut W, line: &ServerLine) -> Result<(), ()> {
    let bytes = bytes(line).map_err(|_| ())?;
    match tokio::time::timeout(WRITE, writer.write_all(&bytes)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}

/// The words with which a connection is closed.
pub(super) fn refuse(reason: String) -> ServerLine {
    ServerLine::Refuse(Refuse { reason, proto_min: PROTOCOL, proto_max: PROTOCOL })
}

/// The same, ready to be written.
pub(super) fn refusal(reason: String) -> serde_json::Result<Vec<u8>> {
    bytes(&refuse(reason))
}

fn bytes(line: &ServerLine) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What comes after a good line.
    fn after_one(text: &[u8]) -> Result<ClientLine, NoLine> {
        let all = [&b"{\"watch\":{\"call\":null}}\n"[..], text].concat();
        let mut lines = Lines::new(all.as_slice());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            assert_eq!(lines.next().await, Ok(ClientLine::Watch { call: None }));
            lines.next().await
        })
    }

    #[test]
    fn the_end_a_long_line_and_nonsense_are_told_apart() {
        assert_eq!(after_one(b""), Err(NoLine::End));
        let long = after_one(&vec![b' '; LINE_BYTES_MAX + 1]);
        assert_eq!(long, Err(NoLine::Wrong("line 2: longer than 65536 bytes".into())));
        for (text, want) in [
            (&b"nonsense\n"[..], "line 2: expected value: column 1"),
            (b"{\"command\":{\"id\":1}}\n", "line 2: missing field `do`: column 19"),
            (b"{\"watch\":{}", "line 2: EOF while parsing an object: column 11"),
        ] {
            assert_eq!(after_one(text), Err(NoLine::Wrong(want.into())));
        }
        let hostile = after_one("{\"\u{1b}]0;x\u{7}\":1}\n".as_bytes());
        assert!(matches!(hostile, Err(NoLine::Wrong(text)) if !text.contains('\u{1b}')));
    }
}
