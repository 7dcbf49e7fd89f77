//! The code with which somebody logs in for the first time, and chooses their password then.
//!
//! It stands where the password's hash will: as a digest, with the instant at which it ends. So it is good for one
//! use, and the store knows no new kind of thing.

use bihuan_core::id::{Digest, Entropy};
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

use super::secret_hash;

/// How long a code is good for.
pub const LIFE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What the stored text begins with; no password's hash does.
const MARK: &str = "code:";
/// Crockford's alphabet: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The digits of a code: 80 random bits.
const DIGITS: usize = 16;
/// The digits of a group.
const GROUP: usize = 4;

/// Makes a code as people read it: four groups of four.
pub fn new_code(entropy: &mut dyn Entropy) -> String {
    let mut bytes = [0; DIGITS];
    entropy.fill(&mut bytes);
    let mut code = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % GROUP == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    code
}

/// Whether a text looks like a code, as it is shown.
pub fn is_shaped_like_a_code(text: &str) -> bool {
    let is_group = |group: &str| group.len() == GROUP && group.bytes().all(|byte| ALPHABET.contains(&byte));
    let mut groups = text.trim().split('-');
    groups.clone().count() == DIGITS / GROUP && groups.all(is_group)
}

/// Returns the digest of a code, however it is typed.
pub fn digest(code: &str) -> Digest {
    let digit = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(digit)
        .collect();
    secret_hash(&plain)
}

/// A code as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invitation {
    digest: Digest,
    /// When it ends.
    pub until: Timestamp,
}

impl Invitation {
    /// Returns what is kept of a code.
    pub fn of(code: &str, now: Timestamp) -> Invitation {
        Invitation {
            digest: digest(code),
            until: now + LIFE,
        }
    }

    /// Returns the text that stands where a password's hash would.
    pub fn stored(self) -> String {
        format!("{MARK}{}:{}", self.digest, self.until.as_second())
    }

    /// Reads such a text; `None` for a password's hash.
    pub fn read(stored: &str) -> Option<Invitation> {
        let (digest, until) = stored.strip_prefix(MARK)?.split_once(':')?;
        Some(Invitation {
            digest: digest.parse().ok()?,
            until: Timestamp::from_second(until.parse().ok()?).ok()?,
        })
    }

    /// Whether this is the code, and still good.
    pub fn is(self, code: &str, now: Timestamp) -> bool {
        let same: bool = self.digest.0.ct_eq(&digest(code).0).into();
        same && now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::SystemEntropy;

    #[test]
    fn a_code_is_known_however_it_is_typed_and_until_it_ends() {
        let now = Timestamp::UNIX_EPOCH;
        let code = new_code(&mut SystemEntropy);
        let stored = Invitation::of(&code, now).stored();
        let kept = Invitation::read(&stored).unwrap();
        assert!(kept.is(&code, now) && kept.is(&code.to_lowercase().replace('-', " "), now));
        assert!(!kept.is(&code, now + LIFE));
        assert!(!kept.is(&new_code(&mut SystemEntropy), now));
        assert!(!stored.contains(&code) && code.len() == 19);
        assert!(is_shaped_like_a_code(&code));
        assert!(!is_shaped_like_a_code("long-enough-pass-word") && !is_shaped_like_a_code(&code[5..]));
    }

    #[test]
    fn a_password_s_hash_is_no_code() {
        assert_eq!(Invitation::read("$argon2id$v=19$m=19456,t=2,p=1$YQ$YQ"), None);
        assert_eq!(Invitation::read("code:zz:1"), None);
    }
}
