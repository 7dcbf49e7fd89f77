//! Checkpoints: signed tree heads as c2sp.org/tlog-checkpoint writes them.
//!
//! The origin, which is also the key's name, is `bihuan/` and the tenant's id. The Ed25519 key is made
//! from the master key, so a restored installation signs with the same one.

use base64::prelude::{BASE64_STANDARD, Engine};
use bihuan_core::id::{Digest, TenantId};
use ed25519_dalek::SigningKey;
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash};
use zeroize::Zeroizing;

use super::{Head, ProofError};
use crate::keys::TenantKeys;

/// The signature algorithm's number in C2SP key texts.
const ED25519: u8 = 1;

/// Returns the origin line of a tenant's checkpoints.
pub fn origin(tenant: TenantId) -> String {
    format!("bihuan/{tenant}")
}

/// Returns the text of the key that checks a tenant's checkpoints: to be published beside them.
pub fn verifier_key(keys: &TenantKeys) -> String {
    let name = origin(keys.tenant);
    let public = public_key(keys);
    format!(
        "{name}+{:08x}+{}",
        signed_note::key_id(&name, &public),
        BASE64_STANDARD.encode(public)
    )
}

/// Signs a head.
///
/// # Errors
/// [`ProofError::Malformed`] if the form cannot express it; no head of ours is such.
pub fn sign(keys: &TenantKeys, head: Head) -> Result<String, ProofError> {
    let text = Checkpoint::new(&origin(keys.tenant), head.size, Hash(head.root.0), "")
        .map_err(|error| ProofError::Malformed(error.to_string()))?;
    let signer = signer(keys)?;
    let mut note = Note::new(&text.to_bytes(), &[]).map_err(malformed)?;
    note.add_sigs(&[&signer]).map_err(malformed)?;
    String::from_utf8(note.to_bytes()).map_err(|error| ProofError::Malformed(error.to_string()))
}

/// Returns the head in a checkpoint of this tenant, after checking its signature.
///
/// # Errors
/// [`ProofError`] if the text is none, is of another log, or is not signed by this tenant's key.
pub fn open(keys: &TenantKeys, note: &str) -> Result<Head, ProofError> {
    open_with(&verifier_key(keys), note)
}

/// Returns the head in a checkpoint, after checking it with a published key.
///
/// # Errors
/// [`ProofError`] as for [`open`].
pub fn open_with(verifier_key: &str, note: &str) -> Result<Head, ProofError> {
    let verifier =
        StandardVerifier::new(verifier_key).map_err(|error| ProofError::Signature(error.to_string()))?;
    let expected = signed_note::Verifier::name(&verifier).to_owned();
    // A file that passed through an editor may carry a byte-order mark or Windows line ends.
    let plain = note.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let parsed = Note::from_bytes(plain.as_bytes()).map_err(malformed)?;
    let text =
        Checkpoint::from_bytes(parsed.text()).map_err(|error| ProofError::Malformed(error.to_string()))?;
    if text.origin() != expected {
        return Err(ProofError::OtherLog {
            expected,
            found: text.origin().to_owned(),
        });
    }
    parsed
        .verify(&VerifierList::new(vec![Box::new(verifier)]))
        .map_err(|error| ProofError::Signature(error.to_string()))?;
    Ok(Head {
        size: text.size(),
        root: Digest(text.hash().0),
    })
}

fn malformed(error: signed_note::NoteError) -> ProofError {
    ProofError::Malformed(error.to_string())
}

fn public_key(keys: &TenantKeys) -> Vec<u8> {
    let signing = SigningKey::from_bytes(keys.signing.bytes());
    [&[ED25519], signing.verifying_key().as_bytes().as_slice()].concat()
}

fn signer(keys: &TenantKeys) -> Result<StandardSigner, ProofError> {
    // The library takes the key as text only.
    let name = origin(keys.tenant);
    let id = signed_note::key_id(&name, &public_key(keys));
    let private = Zeroizing::new([&[ED25519], keys.signing.bytes().as_slice()].concat());
    let private = Zeroizing::new(BASE64_STANDARD.encode(&*private));
    let text = Zeroizing::new(format!("PRIVATE+KEY+{name}+{id:08x}+{}", *private));
    StandardSigner::new(&text).map_err(|error| ProofError::Signature(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tenant_keys;

    const HEAD: Head = Head {
        size: 7,
        root: Digest([9; 32]),
    };

    #[test]
    fn a_signed_head_opens_with_its_key_and_the_published_one() {
        let keys = tenant_keys(1);
        let note = sign(&keys, HEAD).unwrap();
        assert_eq!(open(&keys, &note).unwrap(), HEAD);
        assert_eq!(open_with(&verifier_key(&keys), &note).unwrap(), HEAD);
        assert_eq!(open(&keys, &note.replace('\n', "\r\n")).unwrap(), HEAD);
    }

    #[test]
    fn a_checkpoint_has_the_lines_of_its_standard() {
        let keys = tenant_keys(1);
        let note = sign(&keys, HEAD).unwrap();
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(lines[0], "bihuan/00000000-0000-0000-0000-000000000001");
        assert_eq!(lines[1], "7");
        assert_eq!(lines[2], BASE64_STANDARD.encode([9; 32]));
        assert_eq!(lines[3], "");
        assert!(
            lines[4].starts_with("— bihuan/00000000-0000-0000-0000-000000000001 "),
            "{}",
            lines[4]
        );
    }

    #[test]
    fn a_changed_size_or_another_key_or_another_log_is_noticed() {
        let keys = tenant_keys(1);
        let note = sign(&keys, HEAD).unwrap();
        let changed = open(&keys, &note.replacen("\n7\n", "\n8\n", 1));
        assert!(matches!(changed, Err(ProofError::Signature(_))));
        let other_log = open(&tenant_keys(2), &note);
        assert!(matches!(other_log, Err(ProofError::OtherLog { .. })));
        assert!(matches!(open(&keys, "not a note"), Err(ProofError::Malformed(_))));
    }
}
