//! Secrets: the installation's master key, and what each tenant's keys are made of.
//!
//! The master key comes from a file that only its owner may read, or from [`MASTER_KEY_VARIABLE`]. It
//! wraps one random data key per tenant; the wrapped key lies in the database, the master key never
//! does, nor does it go into a backup. The pepper of receipt codes and telephone look-ups and the seed
//! of the checkpoint signature are derived from the master key, so they are outside the database too.
//!
//! A key that was derived from a seed says so in its written form, and opens only directories that are
//! marked as demo or testing.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use bihuan_core::id::{Entropy, TenantId};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The environment variable that may hold the master key instead of a file.
pub const MASTER_KEY_VARIABLE: &str = "BIHUAN_MASTER_KEY";

/// Bytes of an XChaCha20-Poly1305 nonce, which stand before the sealed bytes.
const NONCE_BYTES: usize = 24;

/// What a seed-derived key's written form begins with.
const SEEDED_PREFIX: &str = "seeded:";

/// Why a key could not be had or did not open something.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file could not be read or written.
    #[error("key file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Others than its owner may read or write the key file.
    #[error("key file {0} is open to others: run `chmod 600` on it")]
    Exposed(PathBuf),
    /// A key is 64 hexadecimal digits.
    #[error("the master key from {0} is not 64 hexadecimal digits")]
    Malformed(String),
    /// Something sealed does not open: another key, another owner, or changed bytes.
    #[error("sealed bytes do not open: wrong key, or they were changed")]
    Damaged,
    /// A key derived from a seed opens only demo and testing directories.
    #[error("this key was derived from a seed and opens only demo and testing directories")]
    Seeded,
}

/// Thirty-two secret bytes; wiped when dropped, printed as `***`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Secret {
    /// Makes a new secret.
    pub(crate) fn random(entropy: &mut dyn Entropy) -> Secret {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Secret(bytes)
    }

    /// Returns the keyed hash of `parts` under this secret: HMAC-SHA256 with each part's length before it,
    /// so that no two lists of parts hash alike.
    pub(crate) fn keyed_hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = hmac_of(&self.0);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Derives the secret for one purpose.
    pub(crate) fn derive(&self, parts: &[&[u8]]) -> Secret {
        Secret(self.keyed_hash(parts))
    }

    /// Seals `plain` so that it opens only with the same `owner`: nonce, ciphertext and tag in one run.
    pub(crate) fn seal(&self, owner: &[u8], plain: &[u8], entropy: &mut dyn Entropy) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let payload = Payload {
            msg: plain,
            aad: owner,
        };
        let ciphertext = XChaCha20Poly1305::new(&self.0.into())
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a text in memory is shorter than the cipher's limit of 256 GiB");
        [nonce.as_slice(), &ciphertext].concat()
    }

    /// Opens what [`Secret::seal`] made for `owner`.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] if key, owner or bytes differ.
    pub(crate) fn open(&self, owner: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (nonce, ciphertext) = sealed.split_first_chunk().ok_or(KeyError::Damaged)?;
        let payload = Payload {
            msg: ciphertext,
            aad: owner,
        };
        // The cipher's error says nothing by design; there is no cause to carry on.
        XChaCha20Poly1305::new(&self.0.into())
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_opaque| KeyError::Damaged)
    }

    /// Wraps another secret.
    pub(crate) fn wrap(&self, owner: &[u8], key: &Secret, entropy: &mut dyn Entropy) -> Vec<u8> {
        self.seal(owner, &key.0, entropy)
    }

    /// Unwraps a secret that [`Secret::wrap`] wrapped for `owner`.
    pub(crate) fn unwrap_key(&self, owner: &[u8], wrapped: &[u8]) -> Result<Secret, KeyError> {
        let plain = self.open(owner, wrapped)?;
        let bytes = plain.as_slice().try_into().map_err(|_length| KeyError::Damaged)?;
        Ok(Secret(bytes))
    }

    /// Returns the bytes, for the few places that hand them to a cipher or a signer.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// HMAC pads a key to the block of its hash with zeros, so a padded array can never have a wrong length.
fn hmac_of(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    Hmac::<Sha256>::new((&*block).into())
}

/// The installation's master key.
#[derive(Debug, Clone)]
pub struct MasterKey {
    secret: Secret,
    seeded: bool,
}

impl MasterKey {
    /// Makes a new master key from the operating system's random bytes.
    pub fn random(entropy: &mut dyn Entropy) -> MasterKey {
        MasterKey {
            secret: Secret::random(entropy),
            seeded: false,
        }
    }

    /// Derives a master key from a seed; it opens demo and testing directories only.
    pub fn of_seed(seed: u64) -> MasterKey {
        let secret = Secret([0; 32]).derive(&[b"bihuan seeded master key", &seed.to_be_bytes()]);
        MasterKey { secret, seeded: true }
    }

    /// Returns the key from [`MASTER_KEY_VARIABLE`] or, where that is not set, from `file`.
    ///
    /// # Errors
    /// [`KeyError`] if neither holds a well-formed key, or if others may read the file.
    pub fn load(file: &Path) -> Result<MasterKey, KeyError> {
        match std::env::var(MASTER_KEY_VARIABLE) {
            Ok(text) => MasterKey::parse(&Zeroizing::new(text), MASTER_KEY_VARIABLE),
            Err(_unset) => MasterKey::read(file),
        }
    }

    /// Reads the key from a file.
    ///
    /// # Errors
    /// [`KeyError::Exposed`] if anybody but the owner may read or write the file.
    pub fn read(file: &Path) -> Result<MasterKey, KeyError> {
        let failed = |source| KeyError::File {
            path: file.to_owned(),
            source,
        };
        let mut opened = File::open(file).map_err(failed)?;
        if is_exposed(&opened).map_err(failed)? {
            return Err(KeyError::Exposed(file.to_owned()));
        }
        let mut text = Zeroizing::new(String::new());
        opened.read_to_string(&mut text).map_err(failed)?;
        MasterKey::parse(&text, &file.display().to_string())
    }

    /// Writes the key to a new file that only its owner may read, and waits until it is on disk.
    ///
    /// # Errors
    /// [`KeyError::File`] if the file is there already: a key is never overwritten.
    pub fn write(&self, file: &Path) -> Result<(), KeyError> {
        let failed = |source| KeyError::File {
            path: file.to_owned(),
            source,
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut opened = options.open(file).map_err(failed)?;
        let prefix = if self.seeded { SEEDED_PREFIX } else { "" };
        let digits = Zeroizing::new(hex::encode(self.secret.bytes()));
        let line = Zeroizing::new(format!("{prefix}{}\n", *digits));
        opened.write_all(line.as_bytes()).map_err(failed)?;
        opened.sync_all().map_err(failed)?;
        if let Some(parent) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent)
                .and_then(|directory| directory.sync_all())
                .map_err(failed)?;
        }
        Ok(())
    }

    fn parse(text: &str, origin: &str) -> Result<MasterKey, KeyError> {
        let text = text.trim();
        let (seeded, digits) = match text.strip_prefix(SEEDED_PREFIX) {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let mut bytes = [0; 32];
        // The parser's message would quote a piece of the key, so it is not carried on.
        hex::decode_to_slice(digits, &mut bytes)
            .map_err(|_quotes_key| KeyError::Malformed(origin.to_owned()))?;
        let secret = Secret(bytes);
        bytes.zeroize();
        Ok(MasterKey { secret, seeded })
    }

    /// Checks that the key may open a directory that is marked as demo or testing, or is not.
    ///
    /// # Errors
    /// [`KeyError::Seeded`] for a seed-derived key and an unmarked directory.
    pub fn check_marks(&self, is_demo_or_testing: bool) -> Result<(), KeyError> {
        if self.seeded && !is_demo_or_testing {
            Err(KeyError::Seeded)
        } else {
            Ok(())
        }
    }

    /// Makes the data key of a new tenant, wrapped; the database keeps it in this form only.
    pub fn found_tenant(&self, tenant: TenantId, entropy: &mut dyn Entropy) -> Vec<u8> {
        let key = Secret::random(entropy);
        self.wrapping_key().wrap(tenant.0.as_bytes(), &key, entropy)
    }

    /// Unwraps a tenant's data key and derives the tenant's other secrets.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] if this is not the master key that wrapped it.
    pub fn tenant_keys(&self, tenant: TenantId, wrapped: &[u8]) -> Result<TenantKeys, KeyError> {
        let id = tenant.0.as_bytes();
        Ok(TenantKeys {
            tenant,
            data: self.wrapping_key().unwrap_key(id, wrapped)?,
            pepper: self.secret.derive(&[b"pepper", id]),
            signing: self.secret.derive(&[b"checkpoint signature", id]),
        })
    }

    fn wrapping_key(&self) -> Secret {
        self.secret.derive(&[b"wrap tenant keys"])
    }
}

#[cfg(unix)]
fn is_exposed(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_file: &File) -> std::io::Result<bool> {
    Ok(false)
}

/// A tenant's secrets, in memory only.
#[derive(Debug, Clone)]
pub struct TenantKeys {
    /// The tenant.
    pub(crate) tenant: TenantId,
    /// Wraps the keys of identities and bodies.
    pub(crate) data: Secret,
    /// Keys the hashes of receipt codes, telephone numbers and idempotency keys.
    pub(crate) pepper: Secret,
    /// The seed of the Ed25519 key that signs checkpoints.
    pub(crate) signing: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counter;
    use uuid::Uuid;

    fn tenant(n: u128) -> TenantId {
        TenantId(Uuid::from_u128(n))
    }

    #[test]
    fn a_written_key_is_read_back_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("master.key");
        let mut entropy = Counter::default();
        let key = MasterKey::random(&mut entropy);
        key.write(&file).unwrap();
        assert_eq!(MasterKey::read(&file).unwrap().secret.bytes(), key.secret.bytes());
        assert!(matches!(key.write(&file), Err(KeyError::File { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("master.key");
        MasterKey::random(&mut Counter::default()).write(&file).unwrap();
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(MasterKey::read(&file), Err(KeyError::Exposed(_))));
    }

    #[test]
    fn a_malformed_key_is_refused_without_quoting_it() {
        let error = MasterKey::parse("0123", "the test").unwrap_err();
        assert!(!error.to_string().contains("0123"), "{error}");
    }

    #[test]
    fn a_seeded_key_opens_marked_directories_only_even_after_writing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("master.key");
        MasterKey::of_seed(7).write(&file).unwrap();
        let key = MasterKey::read(&file).unwrap();
        assert!(key.check_marks(true).is_ok());
        assert!(matches!(key.check_marks(false), Err(KeyError::Seeded)));
        assert!(
            MasterKey::random(&mut Counter::default())
                .check_marks(false)
                .is_ok()
        );
    }

    #[test]
    fn secrets_print_as_stars() {
        let key = MasterKey::of_seed(7);
        let wrapped = key.found_tenant(tenant(1), &mut Counter::default());
        let keys = key.tenant_keys(tenant(1), &wrapped).unwrap();
        assert!(format!("{keys:?}").ends_with("data: ***, pepper: ***, signing: *** }"));
        assert_eq!(format!("{key:?}"), "MasterKey { secret: ***, seeded: true }");
    }

    #[test]
    fn a_tenants_key_opens_with_its_own_master_key_and_tenant_only() {
        let key = MasterKey::of_seed(7);
        let wrapped = key.found_tenant(tenant(1), &mut Counter::default());
        assert!(key.tenant_keys(tenant(1), &wrapped).is_ok());
        assert!(matches!(
            key.tenant_keys(tenant(2), &wrapped),
            Err(KeyError::Damaged)
        ));
        assert!(matches!(
            MasterKey::of_seed(8).tenant_keys(tenant(1), &wrapped),
            Err(KeyError::Damaged)
        ));
    }

    #[test]
    fn sealed_bytes_open_unchanged_and_only_for_their_owner() {
        let mut entropy = Counter::default();
        let key = Secret::random(&mut entropy);
        let sealed = key.seal(b"case 1", "卫健委".as_bytes(), &mut entropy);
        assert_eq!(
            key.open(b"case 1", &sealed).unwrap().as_slice(),
            "卫健委".as_bytes()
        );
        assert!(key.open(b"case 2", &sealed).is_err());
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(key.open(b"case 1", &changed).is_err(), "byte {position}");
        }
        assert!(key.open(b"case 1", &sealed[..NONCE_BYTES - 1]).is_err());
    }

    #[test]
    fn keyed_hashes_keep_their_parts_apart() {
        let key = Secret([1; 32]);
        assert_ne!(key.keyed_hash(&[b"ab", b"c"]), key.keyed_hash(&[b"a", b"bc"]));
    }
}
