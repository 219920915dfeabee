//! The digests that stand for a password (RFC 7616 §3.4.2, `H(A1)` without session).

use md5::Md5;
use sha2::{Digest, Sha256};

/// H(number:domain:password) in hexadecimal, with MD5 and with SHA-256.
pub fn digests(number: &str, domain: &str, password: &str) -> (String, String) {
    let text = format!("{number}:{domain}:{password}");
    (hex(&Md5::digest(text.as_bytes())), hex(&Sha256::digest(text.as_bytes())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The user, realm and password of RFC 7616 §3.9.1; the hashes are those of `md5sum` and `sha256sum`.
    #[test]
    fn as_in_the_example_of_the_rfc() {
        let (md5, sha256) = digests("Mufasa", "http-auth@example.org", "Circle of Life");
        assert_eq!(md5, "3d78807defe7de2157e2b0b6573a855f");
        assert_eq!(sha256, "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
    }
}
