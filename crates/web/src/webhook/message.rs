//! What a post says, and how its receiver knows that it is ours.
//!
//! It holds number, kind, state, unit, occasion and time; no words of anybody, not who reported and not whom about.
//! Whoever wants more asks the API for it, with rights of their own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bihuan_core::pack::Word;
use bihuan_store::tenant::Tenant;
use bihuan_store::webhook::queue::{Delivery, Told};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::Serialize;
use sha2::Sha256;
use uuid::Uuid;

/// What a secret begins with.
const SECRET: &str = "whsec_";

/// A post's headers beside those of HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// `webhook-id`: the same at each attempt.
    pub id: String,
    /// `webhook-timestamp`: when this attempt was made, in seconds since 1970.
    pub timestamp: String,
    /// `webhook-signature`: one for each secret that is valid.
    pub signature: String,
}

#[derive(Serialize)]
struct Message<'a> {
    r#type: String,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    tenant: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    number: &'a str,
    kind: &'a str,
    state: &'a str,
    /// The code of the unit that it is about; `None` where no unit has it.
    unit: Option<String>,
    occasion: &'static str,
    /// Counts up with each event of the case, whatever order posts come in.
    version: u32,
}

/// Returns what a post says; `None` where there is nothing to say any more.
pub fn body(tenant: &Tenant, delivery: &Delivery) -> Option<String> {
    let (name, case) = match &delivery.told {
        None => ("webhook.test".to_owned(), None),
        Some(told) => (
            format!("case.{}", told.occasion.word()),
            Some(case(tenant, told)?),
        ),
    };
    let host = tenant.host().map(str::to_owned);
    let message = Message {
        r#type: name,
        timestamp: delivery.made_at,
        data: Data {
            tenant: host.unwrap_or_else(|| tenant.id().to_string()),
            case,
        },
    };
    serde_json::to_string(&message).ok()
}

fn case<'a>(tenant: &Tenant, told: &'a Told) -> Option<Case<'a>> {
    let (number, kind) = told.named.as_ref()?;
    let scene = tenant.scene();
    let unit = told.unit.and_then(|unit| scene.org.unit(unit));
    Some(Case {
        number,
        kind,
        state: &told.state,
        unit: unit.map(|unit| unit.code.clone()),
        occasion: told.occasion.word(),
        version: told.version,
    })
}

/// Writes a secret as its receiver enters it.
pub fn write_secret(secret: &[u8]) -> String {
    format!("{SECRET}{}", BASE64.encode(secret))
}

/// Signs a post with every secret that is valid.
pub fn sign<S: AsRef<[u8]>>(secrets: &[S], delivery: Uuid, seconds: i64, body: &str) -> Signed {
    let id = format!("msg_{}", delivery.simple());
    let timestamp = seconds.to_string();
    let signatures = secrets.iter().map(|secret| {
        let parts = [id.as_str(), timestamp.as_str(), body];
        format!("v1,{}", signature(secret.as_ref(), &parts))
    });
    Signed {
        signature: signatures.collect::<Vec<_>>().join(" "),
        id,
        timestamp,
    }
}

fn signature(secret: &[u8], parts: &[&str; 3]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(parts.join(".").as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Standard Webhooks' own libraries.
    #[test]
    fn a_signature_is_the_standards() {
        let secret = BASE64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let parts = [
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            r#"{"test": 2432232314}"#,
        ];
        assert_eq!(
            signature(&secret, &parts),
            "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn each_valid_secret_signs() {
        let signed = sign(&[[1; 32], [2; 32]], Uuid::nil(), 7, "{}");
        let each: Vec<&str> = signed.signature.split(' ').collect();
        assert_eq!((each.len(), signed.timestamp.as_str()), (2, "7"));
        assert!(each.iter().all(|one| one.starts_with("v1,")) && each[0] != each[1]);
        assert_eq!(signed.id, "msg_00000000000000000000000000000000");
    }
}
