//! Passwords, as argon2id.

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, PasswordHash};
use bihuan_core::id::Entropy;

/// What a login without an account is checked against, so that it takes as long as one with.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Ym9iaHVhbnNhbHRub2Jv$3w0fT2zL5WvXr2o4Wl0kK0yq8H1wWc3a1r5u4m0pYbE";

/// Returns the hash of a password for the store, with argon2's first choice of cost (19 MiB, two passes).
/// Takes some tens of milliseconds: run it off the async threads.
///
/// # Errors
/// argon2's own, for a password longer than four gigabytes.
pub fn hash(password: &str, entropy: &mut dyn Entropy) -> Result<String, argon2::password_hash::Error> {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    let hashed: PasswordHash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt)?;
    Ok(hashed.to_string())
}

/// The shortest password that is taken, in characters.
pub const LEAST_CHARS: usize = 10;
/// The longest, in characters.
pub const MOST_CHARS: usize = 256;

/// Tells whether a password is the one of `stored`; without a stored hash, or with a code in its place, it takes as
/// long and says no.
pub fn is_right(password: &str, stored: Option<&str>) -> bool {
    let hash = stored.filter(|stored| stored.starts_with('$'));
    let right = Argon2::default()
        .verify_password(password.as_bytes(), hash.unwrap_or(NOBODY))
        .is_ok();
    right && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::SystemEntropy;

    #[test]
    fn only_the_password_that_was_hashed_is_right() {
        let stored = hash("正确的口令", &mut SystemEntropy).unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(is_right("正确的口令", Some(&stored)));
        assert!(!is_right("别的口令", Some(&stored)));
        assert!(!is_right("正确的口令", None));
    }

    #[test]
    fn the_same_password_twice_has_two_hashes() {
        assert_ne!(
            hash("a", &mut SystemEntropy).unwrap(),
            hash("a", &mut SystemEntropy).unwrap()
        );
    }

    #[test]
    fn what_nobody_is_checked_against_is_a_hash_that_can_be_read() {
        assert!(PasswordHash::new(NOBODY).is_ok());
    }
}
