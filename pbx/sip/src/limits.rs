//! Every bound of the SIP layer, and what happens at each.

/// Longest message in bytes. A longer datagram cannot exist; on a stream the connection is closed.
pub const MESSAGE_BYTES_MAX: usize = 65_535;
/// Longest body in bytes. A request with a longer one is answered 413.
pub const BODY_BYTES_MAX: usize = 32 * 1024;
/// Longest name of a header field, in bytes. A request with a longer one is answered 400.
pub const NAME_BYTES_MAX: usize = 256;
/// Longest value of a header field after unfolding, in bytes. A request with a longer one is answered 400.
pub const LINE_BYTES_MAX: usize = 8 * 1024;
/// Most header lines. A request with more is answered 400.
pub const HEADERS_MAX: usize = 128;
/// Most elements looked at in a comma-separated header; what comes after is not seen.
pub const LIST_ELEMENTS_MAX: usize = 64;
/// Most Via elements; the longest valid torture message of RFC 4475 has 34. A request with more is answered 400.
pub const VIAS_MAX: usize = 40;
/// Most parameters of a URI or header field; a field with more is malformed.
pub const PARAMS_MAX: usize = 64;
/// Most transactions at once, both roles. At the bound new requests are answered 503 without state.
pub const TRANSACTIONS_MAX: usize = 120_000;
/// Most answers to one INVITE of ours, beside the one that holds, whose dialogs are ended. Further ones are ignored.
pub const STRAYS_MAX: usize = 8;
/// Most requests of a peer in one dialog within 32 s, for so long their answers are kept; BYE and ACK are always taken. Beyond
/// that they are answered 503 without state, so that one peer does not take all transactions there may be.
pub const DIALOG_REQUESTS_MAX: u32 = 500;
/// Most sessions at once. At the bound new INVITEs are answered 503 without state.
pub const SESSIONS_MAX: usize = 12_000;
/// Most media lines looked at in an SDP body. A body with more is answered 488.
pub const SDP_MEDIA_MAX: usize = 8;
/// Most attribute lines of an SDP body. A body with more is answered 488.
pub const SDP_ATTRIBUTES_MAX: usize = 256;
/// Most formats of one media line; what comes after is not seen.
pub const SDP_FORMATS_MAX: usize = 64;
/// Most nonces whose counts are remembered. At the bound the oldest is forgotten and its holder is told `stale`.
pub const NONCES_MAX: usize = 20_000;
