//! RTCP (RFC 3550 §6): reports in and out. A BYE is read and never ends anything: calls end by signalling.

/// What one report block says of a stream (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReportBlock {
    /// The stream it is about.
    pub ssrc: u32,
    /// Share lost since the last report, 1/256.
    pub fraction: u8,
    /// Packets lost since the beginning; negative when duplicates outnumber losses.
    pub lost: i32,
    /// Highest sequence number received, with its count of cycles.
    pub highest: u32,
    /// Jitter in timestamp units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report, 0 if none came.
    pub last_sender_report: u32,
    /// Since that report came, 1/65536 s.
    pub delay: u32,
}

/// What a sender report says of its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SenderInfo {
    /// NTP time, 32.32 bits.
    pub ntp: u64,
    /// The same moment in RTP time.
    pub timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload bytes sent.
    pub bytes: u32,
}

/// One packet of a compound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rtcp<'a> {
    /// Sender report; `blocks` are its report blocks.
    SenderReport {
        /// Who reports.
        ssrc: u32,
        /// What it sent.
        info: SenderInfo,
        /// What it received.
        blocks: Blocks<'a>,
    },
    /// Receiver report.
    ReceiverReport {
        /// Who reports.
        ssrc: u32,
        /// What it received.
        blocks: Blocks<'a>,
    },
    /// Source description; nothing in it is used.
    Description,
    /// A source says it leaves. Told, and without any effect.
    Bye,
    /// Feedback, extended reports, applications: not used.
    Other(u8),
}

/// Iterator over report blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks<'a>(&'a [u8]);

impl Iterator for Blocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.0.split_first_chunk::<24>()?;
        self.0 = rest;
        let word = |at: usize| block.get(at..at + 4).map_or(0, be32);
        let lost = word(4) & 0x00FF_FFFF;
        Some(ReportBlock {
            ssrc: word(0),
            fraction: block[4],
            // Sign extension of a 24-bit number.
            lost: (lost << 8).cast_signed() >> 8,
            highest: word(8),
            jitter: word(12),
            last_sender_report: word(16),
            delay: word(20),
        })
    }
}

/// Iterator over the packets of a compound; it ends at the first thing that is not RTCP.
#[derive(Debug, Clone, Copy)]
pub struct Compound<'a>(&'a [u8]);

/// Reads a datagram as an RTCP compound.
pub fn parse(bytes: &[u8]) -> Compound<'_> {
    Compound(bytes)
}

impl<'a> Iterator for Compound<'a> {
    type Item = Rtcp<'a>;

    fn next(&mut self) -> Option<Rtcp<'a>> {
        let ([b0, kind, l0, l1], _) = self.0.split_first_chunk::<4>()?;
        let length = 4 + 4 * usize::from(u16::from_be_bytes([*l0, *l1]));
        let (b0, kind) = (*b0, *kind);
        let packet = self.0.get(..length).filter(|_| b0 >> 6 == 2 && (192..=223).contains(&kind));
        let Some(packet) = packet else {
            self.0 = &[];
            return None;
        };
        self.0 = self.0.get(length..).unwrap_or_default();
        let blocks_of = |from: usize| {
            let bytes = packet.get(from..).unwrap_or_default();
            Blocks(bytes.get(..24 * usize::from(b0 & 0x1F)).unwrap_or(bytes))
        };
        let word = |at: usize| packet.get(at..at + 4).map_or(0, be32);
        Some(match kind {
            200 if packet.len() >= 28 => Rtcp::SenderReport {
                ssrc: word(4),
                info: SenderInfo {
                    ntp: u64::from(word(8)) << 32 | u64::from(word(12)),
                    timestamp: word(16),
                    packets: word(20),
                    bytes: word(24),
                },
                blocks: blocks_of(28),
            },
            201 if packet.len() >= 8 => Rtcp::ReceiverReport { ssrc: word(4), blocks: blocks_of(8) },
            202 => Rtcp::Description,
            203 => Rtcp::Bye,
            other => Rtcp::Other(other),
        })
    }
}

/// Longest compound that [`print()`] makes, bytes.
pub const REPORT_BYTES_MAX: usize = 96;

/// Writes a compound of a sender report (or a receiver report while nothing was sent), at most one report block, and
/// the description that RFC 3550 §6.1 demands. `name` is cut to 24 bytes. Gives the length.
pub fn print(
    ssrc: u32,
    sent: Option<&SenderInfo>,
    block: Option<&ReportBlock>,
    name: &str,
    out: &mut [u8; REPORT_BYTES_MAX],
) -> usize {
    let mut pen = Pen { out, at: 0 };
    let blocks = u8::from(block.is_some());
    let (kind, words) = if sent.is_some() { (200, 6) } else { (201, 1) };
    pen.head(blocks, kind, words + 6 * u16::from(blocks));
    pen.word(ssrc);
    if let Some(sent) = sent {
        pen.word((sent.ntp >> 32) as u32);
        pen.word(sent.ntp as u32);
        pen.word(sent.timestamp);
        pen.word(sent.packets);
        pen.word(sent.bytes);
    }
    if let Some(block) = block {
        pen.word(block.ssrc);
        pen.word(
            u32::from(block.fraction) << 24
                | block.lost.clamp(-0x80_0000, 0x7F_FFFF).cast_unsigned() & 0xFF_FFFF,
        );
        pen.word(block.highest);
        pen.word(block.jitter);
        pen.word(block.last_sender_report);
        pen.word(block.delay);
    }
    let name = &name.as_bytes()[..name.len().min(24)];
    // Item type, item length, text, and at least one zero byte up to the next word.
    let padded = (2 + name.len() + 1).next_multiple_of(4);
    pen.head(1, 202, 1 + u16::try_from(padded / 4).unwrap_or(0));
    pen.word(ssrc);
    pen.bytes(&[1, u8::try_from(name.len()).unwrap_or(0)]);
    pen.bytes(name);
    pen.bytes(&[0; 4][..padded - 2 - name.len()]);
    pen.at
}

/// Writes into a fixed buffer; what does not fit is left out, which the lengths above rule out.
struct Pen<'a> {
    out: &'a mut [u8; REPORT_BYTES_MAX],
    at: usize,
}

impl Pen<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        if let Some(room) = self.out.get_mut(self.at..self.at + bytes.len()) {
            room.copy_from_slice(bytes);
            self.at += bytes.len();
        }
    }

    fn word(&mut self, word: u32) {
        self.bytes(&word.to_be_bytes());
    }

    fn head(&mut self, count: u8, kind: u8, words: u16) {
        self.bytes(&[0x80 | count, kind]);
        self.bytes(&words.to_be_bytes());
    }
}

fn be32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: ReportBlock = ReportBlock {
        ssrc: 9,
        fraction: 12,
        lost: -3,
        highest: 0x0001_0203,
        jitter: 40,
        last_sender_report: 77,
        delay: 65_536,
    };

    #[test]
    fn reports_survive_print_and_parse() {
        let sent = SenderInfo { ntp: 0x0102_0304_0506_0708, timestamp: 5, packets: 6, bytes: 7 };
        let mut out = [0; REPORT_BYTES_MAX];
        let length =
            print(1, Some(&sent), Some(&BLOCK), "switchroom@192.0.2.1 and a good deal more", &mut out);
        assert_eq!(length % 4, 0);
        let mut seen = parse(&out[..length]);
        let Some(Rtcp::SenderReport { ssrc: 1, info, mut blocks }) = seen.next() else {
            unreachable!("{seen:?}")
        };
        assert_eq!((info, blocks.next(), blocks.next()), (sent, Some(BLOCK), None));
        assert_eq!((seen.next(), seen.next()), (Some(Rtcp::Description), None));

        let length = print(2, None, None, "", &mut out);
        let mut seen = parse(&out[..length]);
        assert!(matches!(seen.next(), Some(Rtcp::ReceiverReport { ssrc: 2, .. })));
        assert_eq!((seen.next(), seen.next()), (Some(Rtcp::Description), None));
    }

    #[test]
    fn lying_lengths_and_counts_end_the_compound() {
        assert_eq!(parse(&[0x80, 200, 0xFF, 0xFF]).count(), 0, "longer than the datagram");
        assert_eq!(
            parse(&[0x9F, 201, 0, 1, 0, 0, 0, 1]).next().map(|r| match r {
                Rtcp::ReceiverReport { blocks, .. } => blocks.count(),
                _ => 99,
            }),
            Some(0),
            "31 blocks promised, none there"
        );
        assert_eq!(parse(&[0x80, 200, 0, 0]).next(), Some(Rtcp::Other(200)), "too short for a sender report");
        assert_eq!(parse(&[0x81, 203, 0, 1, 0, 0, 0, 1]).next(), Some(Rtcp::Bye));
        assert_eq!(parse(&[0x40, 203, 0, 0]).count(), 0);
    }
}
