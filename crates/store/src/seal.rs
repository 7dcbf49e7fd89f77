//! Sealed things: who a reporter is, and what people wrote.
//!
//! A reporter's identity is encrypted under a random key of its own, which the tenant's key wraps; so is
//! what people wrote, under the key of its case. To erase is to destroy the key. Nothing here prints,
//! logs or serialises an identity, and outside this crate there is one way to open one, the tenant's
//! `read_identity`, which needs a permit and a reason and first puts an event on disk.

pub mod reading;

use bihuan_core::id::{BodyId, CaseId, Entropy, IdentityId};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::dense::text;
use crate::keys::{KeyError, Secret, TenantKeys};

/// Who a reporter is and how to reach them. Wiped when dropped; has no `Debug`, `Display` or `Serialize`.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Identity {
    /// Their name.
    pub name: Option<String>,
    /// Their telephone number, as they gave it.
    pub phone: Option<String>,
    /// Their address, postal or electronic.
    pub address: Option<String>,
}

/// The first byte of an identity's written form, should it ever need another.
const WRITTEN_FORM: u8 = 1;

/// An identity as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedIdentity {
    /// Its own key, wrapped by the tenant's; destroying this erases the identity for good.
    pub wrapped_key: Vec<u8>,
    /// The identity under that key.
    pub sealed: Vec<u8>,
    /// The keyed hash of the telephone number, by which a repeat caller is known.
    pub phone_hash: Option<[u8; 32]>,
}

impl Identity {
    /// Returns whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.phone.is_none() && self.address.is_none()
    }

    /// Returns whether somebody who says this name, or this telephone number, may be them.
    ///
    /// Names are compared without spaces around them, numbers by their digits; a number has at least seven.
    pub fn agrees_with(&self, said: &str) -> bool {
        let said = said.trim();
        let number = |text: &str| -> Zeroizing<String> {
            let digits: Zeroizing<String> = Zeroizing::new(text.chars().filter_map(narrow_digit).collect());
            Zeroizing::new(strip_country_code(&digits, text).to_owned())
        };
        let same_name = self.name.as_ref().is_some_and(|name| name.trim() == said);
        let digits = number(said);
        let same_number = self.phone.as_ref().is_some_and(|phone| number(phone) == digits);
        !said.is_empty() && (same_name || same_number && digits.len() >= 7)
    }

    /// Seals the identity for the database.
    pub fn seal(&self, keys: &TenantKeys, id: IdentityId, entropy: &mut dyn Entropy) -> SealedIdentity {
        let owner = id.0.as_bytes();
        let key = Secret::random(entropy);
        SealedIdentity {
            wrapped_key: keys.data.wrap(owner, &key, entropy),
            sealed: key.seal(owner, &self.write(), entropy),
            phone_hash: self.phone.as_deref().and_then(|phone| phone_hash(keys, phone)),
        }
    }

    /// Writes the fields one after the other, each as the length of its text plus one, or 0 where absent.
    fn write(&self) -> Zeroizing<Vec<u8>> {
        let fields = [&self.name, &self.phone, &self.address];
        let room: usize = fields
            .iter()
            .map(|field| 8 + field.as_ref().map_or(0, String::len))
            .sum();
        // With room for all from the start no copy is left behind in memory.
        let mut written = Zeroizing::new(Vec::with_capacity(1 + room));
        written.push(WRITTEN_FORM);
        for field in fields {
            let length = field.as_ref().map_or(0, |text| text.len() as u64 + 1);
            written.extend_from_slice(&length.to_be_bytes());
            written.extend_from_slice(field.as_deref().unwrap_or_default().as_bytes());
        }
        written
    }

    /// Reads what [`Identity::write`] wrote.
    fn read(written: &[u8]) -> Option<Identity> {
        let (&WRITTEN_FORM, mut rest) = written.split_first()? else {
            return None;
        };
        let mut next = || -> Option<Option<String>> {
            let (length, after) = rest.split_first_chunk::<8>()?;
            rest = after;
            let Some(length) = u64::from_be_bytes(*length).checked_sub(1) else {
                return Some(None);
            };
            let (text, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            rest = after;
            Some(Some(std::str::from_utf8(text).ok()?.to_owned()))
        };
        Some(Identity {
            name: next()?,
            phone: next()?,
            address: next()?,
        })
    }
}

impl SealedIdentity {
    /// Opens the identity. Only `read_identity` may call this, after its event is on disk.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] if the key was destroyed or the bytes were changed.
    pub(crate) fn open(&self, keys: &TenantKeys, id: IdentityId) -> Result<Identity, KeyError> {
        let owner = id.0.as_bytes();
        let key = keys.data.unwrap_key(owner, &self.wrapped_key)?;
        let written = key.open(owner, &self.sealed)?;
        Identity::read(&written).ok_or(KeyError::Damaged)
    }
}

/// Returns the keyed hash that finds the earlier cases of a telephone number, or `None` where the text
/// has no digit.
///
/// Spaces, dashes, brackets, full-width digits and the country code 86 make no difference.
pub fn phone_hash(keys: &TenantKeys, phone: &str) -> Option<[u8; 32]> {
    let digits: Zeroizing<String> = Zeroizing::new(phone.chars().filter_map(narrow_digit).collect());
    let national = strip_country_code(&digits, phone);
    if national.is_empty() {
        return None;
    }
    Some(keys.pepper.keyed_hash(&[b"telephone", national.as_bytes()]))
}

fn narrow_digit(written: char) -> Option<char> {
    match written {
        '0'..='9' => Some(written),
        '０'..='９' => char::from_u32(u32::from(written) - 0xFEE0),
        _ => None,
    }
}

fn strip_country_code<'a>(digits: &'a str, written: &str) -> &'a str {
    let digits = digits.strip_prefix("00").unwrap_or(digits);
    // A mobile number has eleven digits and begins with 1; without "+" only its length tells a country
    // code from the number's own digits.
    let has_code = written.trim_start().starts_with(['+', '＋']) || digits.len() == 13;
    match digits.strip_prefix("86") {
        Some(national) if has_code => national,
        Some(_) | None => digits,
    }
}

/// The key of a case's bodies.
#[derive(Debug, Clone)]
pub struct BodyKey(Secret);

/// A body as somebody wrote it, with the salt that its digest covers.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenBody {
    /// The salt.
    pub salt: [u8; 16],
    /// The text.
    pub text: String,
}

impl BodyKey {
    /// Makes the key of a new case.
    pub fn random(entropy: &mut dyn Entropy) -> BodyKey {
        BodyKey(Secret::random(entropy))
    }

    /// Wraps the key for the database.
    pub fn wrap(&self, keys: &TenantKeys, case: CaseId, entropy: &mut dyn Entropy) -> Vec<u8> {
        keys.data.wrap(case.0.as_bytes(), &self.0, entropy)
    }

    /// Unwraps the key of a case.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] if it was destroyed, or belongs to another case.
    pub fn unwrap_for(keys: &TenantKeys, case: CaseId, wrapped: &[u8]) -> Result<BodyKey, KeyError> {
        keys.data.unwrap_key(case.0.as_bytes(), wrapped).map(BodyKey)
    }

    /// Seals a body together with its salt, so that the salt beside it confirms no guess at a short text.
    pub fn seal(&self, id: BodyId, salt: [u8; 16], text: &str, entropy: &mut dyn Entropy) -> Vec<u8> {
        let narrow = Zeroizing::new(text::narrow(text));
        let plain = Zeroizing::new([salt.as_slice(), narrow.as_slice()].concat());
        self.0.seal(id.0.as_bytes(), &plain, entropy)
    }

    /// Opens a body.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] if it was sealed under another key or id, or was changed.
    pub fn open(&self, id: BodyId, sealed: &[u8]) -> Result<OpenBody, KeyError> {
        let plain = self.0.open(id.0.as_bytes(), sealed)?;
        let (salt, text) = plain.split_first_chunk::<16>().ok_or(KeyError::Damaged)?;
        Ok(OpenBody {
            salt: *salt,
            text: text::widen(text).ok_or(KeyError::Damaged)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Counter, tenant_keys};
    use uuid::Uuid;

    fn keys() -> TenantKeys {
        tenant_keys(1)
    }

    fn identity() -> Identity {
        Identity {
            name: Some("张三".into()),
            phone: Some("138 0013 8000".into()),
            address: None,
        }
    }

    fn holds(bytes: &[u8], needle: &str) -> bool {
        bytes
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
    }

    #[test]
    fn a_sealed_identity_opens_again_and_shows_nothing_before() {
        let id = IdentityId(Uuid::from_u128(5));
        let sealed = identity().seal(&keys(), id, &mut Counter::default());
        assert!(!holds(&sealed.sealed, "张三") && !holds(&sealed.sealed, "8000"));
        assert!(sealed.open(&keys(), id).is_ok_and(|opened| opened == identity()));
    }

    #[test]
    fn an_identity_does_not_open_under_another_id_or_without_its_key() {
        let id = IdentityId(Uuid::from_u128(5));
        let sealed = identity().seal(&keys(), id, &mut Counter::default());
        assert!(sealed.open(&keys(), IdentityId(Uuid::from_u128(6))).is_err());
        let erased = SealedIdentity {
            wrapped_key: Vec::new(),
            ..sealed
        };
        assert!(erased.open(&keys(), id).is_err());
    }

    #[test]
    fn one_telephone_number_written_in_many_ways_has_one_hash() {
        let keys = keys();
        let expected = phone_hash(&keys, "13800138000");
        assert!(expected.is_some());
        for written in [
            "138 0013 8000",
            "138-0013-8000",
            "+86 13800138000",
            "008613800138000",
            "１３８００１３８０００",
        ] {
            assert_eq!(phone_hash(&keys, written), expected, "{written}");
        }
        assert_ne!(phone_hash(&keys, "13800138001"), expected);
        assert_eq!(phone_hash(&keys, "none"), None);
    }

    #[test]
    fn an_identity_agrees_with_its_name_or_its_number_and_with_nothing_else() {
        let known = identity();
        for said in ["张三", " 张三 ", "13800138000", "+86 138-0013-8000"] {
            assert!(known.agrees_with(said), "{said}");
        }
        for said in ["", " ", "张", "李四", "13800138001", "8000", "no number"] {
            assert!(!known.agrees_with(said), "{said}");
        }
        assert!(!Identity::default().agrees_with(""));
    }

    #[test]
    fn a_number_that_begins_with_86_keeps_it() {
        let keys = keys();
        assert_ne!(phone_hash(&keys, "86123456"), phone_hash(&keys, "123456"));
    }

    #[test]
    fn a_body_opens_under_its_own_case_and_id_only() {
        let mut entropy = Counter::default();
        let (case, other) = (CaseId(Uuid::from_u128(8)), CaseId(Uuid::from_u128(9)));
        let body = BodyId(Uuid::from_u128(10));
        let key = BodyKey::random(&mut entropy);
        let wrapped = key.wrap(&keys(), case, &mut entropy);
        let sealed = key.seal(body, [3; 16], "路灯坏了", &mut entropy);

        let again = BodyKey::unwrap_for(&keys(), case, &wrapped).unwrap();
        let opened = again.open(body, &sealed).unwrap();
        assert_eq!((opened.salt, opened.text.as_str()), ([3; 16], "路灯坏了"));
        let as_before = [[3; 16].as_slice(), "路灯坏了".as_bytes()].concat();
        let as_before = key.0.seal(body.0.as_bytes(), &as_before, &mut entropy);
        assert!(again.open(body, &as_before).unwrap() == opened);
        assert!(BodyKey::unwrap_for(&keys(), other, &wrapped).is_err());
        assert!(again.open(BodyId(Uuid::from_u128(11)), &sealed).is_err());
        assert!(!holds(&sealed, "路灯"));
    }
}
