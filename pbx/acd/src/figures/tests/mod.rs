#![allow(clippy::unwrap_used, clippy::panic)]
//! Figures against a second count, made in another way from all facts at once.

mod brute;
mod cases;
mod random;
mod stream;
mod waits;
