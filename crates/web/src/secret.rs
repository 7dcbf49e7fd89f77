//! Random secrets, and what the store keeps of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bihuan_core::id::{Digest, Entropy};

use crate::app::SystemEntropy;

/// Makes a secret of 256 random bits, in letters, digits, dashes and underscores.
pub fn new_secret() -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether a text can be a secret of ours: one that somebody else put into a cookie need not be hard to guess.
pub fn is_shaped_like_a_secret(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

/// Returns what the store keeps of a session's or token's secret.
pub fn secret_hash(secret: &str) -> Digest {
    Digest::of(&[b"bihuan secret", secret.as_bytes()])
}
