//! RTP packets (RFC 3550 §5.1): bytes to a view of them, and back to bytes. Contributing sources and header extensions
//! are stepped over and never passed on: they belong to the stream between the phone and us.

/// Length of the fixed header, bytes.
pub const HEADER_BYTES: usize = 12;

/// What the fixed header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// First packet after a silence, or of an event.
    pub marker: bool,
    /// Payload type, 0..=127.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp in the clock of the codec.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
}

/// A parsed packet: its header and where its payload lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The fixed header.
    pub header: Header,
    /// The payload, without padding.
    pub payload: &'a [u8],
    /// Offset of the payload in the datagram, at least [`HEADER_BYTES`].
    pub payload_at: usize,
}

/// Why bytes are not RTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RtpError {
    /// Shorter than its header, extension or padding says.
    #[error("the packet is shorter than its header says")]
    Short,
    /// The version is not 2: STUN, DTLS, or nothing we know.
    #[error("the version is not 2")]
    Version,
    /// A second byte of 192..=223 is RTCP (RFC 5761 §4).
    #[error("the packet is RTCP")]
    Rtcp,
    /// The padding is longer than the packet, or its length is 0.
    #[error("the padding does not fit the packet")]
    Padding,
}

/// Parses a datagram.
///
/// # Errors
/// [`RtpError`] when the bytes are not an RTP packet; nothing in them can make this panic.
pub fn parse(bytes: &[u8]) -> Result<Packet<'_>, RtpError> {
    let Some((fixed, _)) = bytes.split_first_chunk::<HEADER_BYTES>() else { return Err(RtpError::Short) };
    let [b0, b1, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3] = *fixed;
    if b0 >> 6 != 2 {
        return Err(RtpError::Version);
    }
    if (192..=223).contains(&b1) {
        return Err(RtpError::Rtcp);
    }
    let mut payload_at = HEADER_BYTES + 4 * usize::from(b0 & 0x0F);
    if b0 & 0x10 != 0 {
        let words = bytes.get(payload_at + 2..payload_at + 4).ok_or(RtpError::Short)?;
        payload_at += 4 + 4 * words.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    }
    let mut payload = bytes.get(payload_at..).ok_or(RtpError::Short)?;
    if b0 & 0x20 != 0 {
        let padding = usize::from(*payload.last().ok_or(RtpError::Padding)?);
        let kept = payload.len().checked_sub(padding).filter(|_| padding > 0).ok_or(RtpError::Padding)?;
        payload = payload.get(..kept).unwrap_or_default();
    }
    let header = Header {
        marker: b1 & 0x80 != 0,
        payload_type: b1 & 0x7F,
        sequence: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
    };
    Ok(Packet { header, payload, payload_at })
}

/// Sequence numbers and timestamps of one stream, counted on beyond the 16 and 32 bits that packets have for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unwrapped {
    /// The sequence number whose turn it is.
    pub(crate) next: i64,
    /// The last timestamp.
    pub(crate) timestamp: i64,
}

impl Unwrapped {
    /// Timestamps that came so far from where they began leave no room for what is reckoned from them: no phone speaks for half a
    /// year.
    const TIMESTAMP_MAX: i64 = 1 << 40;

    /// Begins with this packet.
    pub(crate) fn begin(header: &Header) -> Self {
        Self { next: i64::from(header.sequence), timestamp: i64::from(header.timestamp) }
    }

    /// How far behind the one whose turn it is this sequence number is; less than nothing if its turn is past.
    pub(crate) fn step(&self, sequence: u16) -> i64 {
        i64::from(sequence.wrapping_sub(self.next as u16).cast_signed())
    }

    /// The last timestamp is this one.
    pub(crate) fn advance(&mut self, timestamp: u32) {
        self.timestamp += i64::from(timestamp.wrapping_sub(self.timestamp as u32).cast_signed());
    }

    /// Whether it may be counted on, or the stream has to begin anew.
    pub(crate) fn has_room(&self) -> bool {
        self.timestamp.abs() < Self::TIMESTAMP_MAX
    }
}

impl Header {
    /// The header as it goes on the wire: version 2, no padding, no extension, no contributing sources.
    pub fn bytes(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[0] = 0x80;
        out[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7F;
        out[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        out
    }
}

/// Writes a packet into `out` and gives its length; `None` if `out` is too small.
pub fn print(header: &Header, payload: &[u8], out: &mut [u8]) -> Option<usize> {
    let end = HEADER_BYTES + payload.len();
    out.get_mut(..HEADER_BYTES)?.copy_from_slice(&header.bytes());
    out.get_mut(HEADER_BYTES..end)?.copy_from_slice(payload);
    Some(end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HEADER: Header =
        Header { marker: true, payload_type: 101, sequence: 65_535, timestamp: 7, ssrc: 0xDEAD_BEEF };

    #[test]
    fn a_packet_survives_print_and_parse() {
        let mut out = [0; 64];
        let length = print(&HEADER, b"hello", &mut out).unwrap();
        let packet = parse(&out[..length]).unwrap();
        assert_eq!((packet.header, packet.payload, packet.payload_at), (HEADER, &b"hello"[..], 12));
        assert_eq!(print(&HEADER, &[0; 60], &mut out), None, "no room, no packet");
    }

    #[test]
    fn sources_extension_and_padding_are_skipped() {
        let mut bytes = HEADER.bytes().to_vec();
        bytes[0] = 0x80 | 0x20 | 0x10 | 2;
        bytes.extend([0; 8]);
        bytes.extend([0xBE, 0xDE, 0, 1, 9, 9, 9, 9]);
        bytes.extend(b"sound\0\0\x03");
        let packet = parse(&bytes).unwrap();
        assert_eq!(packet.payload, b"sound");
        assert_eq!(packet.payload_at, 28);
    }

    #[test]
    fn what_is_not_rtp_is_refused() {
        let with = |b0: u8, b1: u8, tail: &[u8]| {
            let mut bytes = HEADER.bytes().to_vec();
            (bytes[0], bytes[1]) = (b0, b1);
            bytes.extend(tail);
            bytes
        };
        assert_eq!(parse(&[0x80; 11]), Err(RtpError::Short));
        assert_eq!(parse(&with(0x00, 1, &[])), Err(RtpError::Version), "STUN");
        assert_eq!(parse(&with(0x80, 200, &[])), Err(RtpError::Rtcp));
        assert_eq!(parse(&with(0x8F, 0, &[0; 59])), Err(RtpError::Short), "15 sources need 60 bytes");
        assert_eq!(parse(&with(0x90, 0, &[0, 0, 0xFF, 0xFF])), Err(RtpError::Short), "a lying extension");
        assert_eq!(parse(&with(0x90, 0, &[0, 0])), Err(RtpError::Short));
        assert_eq!(parse(&with(0xA0, 0, &[])), Err(RtpError::Padding));
        assert_eq!(parse(&with(0xA0, 0, &[1, 9])), Err(RtpError::Padding), "more padding than payload");
        assert_eq!(parse(&with(0xA0, 0, &[1, 0])), Err(RtpError::Padding), "a padding of nothing");
    }
}
