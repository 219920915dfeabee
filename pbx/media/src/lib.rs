//! Media without sockets: RTP and RTCP, the media source rule, codecs, DTMF, levels, quality, the recording timeline.
//!
//! Packets in, packets out. Nothing here asks the time, opens a socket or starts a thread: each call that depends on
//! time takes the moment as an argument, in microseconds of one monotonic clock. So a whole conversation runs in a
//! test in no time at all, and a packet that broke something is a few bytes in a test.
//!
//! The way of a packet: [`leg::Leg::receive`] parses it ([`rtp`]), refuses what was not agreed and who is not the
//! phone ([`source`]), measures it ([`quality`]), finds digits ([`dtmf`]) and silence ([`silence`]). Then
//! [`leg::Leg::forward`] of each leg that hears it gives it the identity of its own stream ([`relay`]). A leg that hears
//! several, or one whose codec is not its own, hears a [`mix`] of them. What is
//! recorded goes to a [`timeline::Timeline`], on a thread of its own.
#![forbid(unsafe_code)]

pub mod codec;
pub mod convert;
pub mod dtmf;
pub mod dtmf_inband;
pub mod encoded;
pub mod g711;
pub mod leg;
pub mod level;
pub mod mix;
pub mod pace;
pub mod playlist;
pub mod quality;
pub mod relay;
pub mod resample;
pub mod rtcp;
pub mod rtp;
pub mod silence;
pub mod source;
pub mod timeline;
pub mod tone;

/// Largest datagram that is read; longer ones are cut and thereby refused or harmless.
pub const DATAGRAM_BYTES_MAX: usize = 1600;
