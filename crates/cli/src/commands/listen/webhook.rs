//! What an application is told, and the signature of the standard-webhooks scheme.

use std::hash::{BuildHasher as _, RandomState};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use nzimbu::{HttpRequest, Money, Operation, Secret};
use nzimbu_journal::Notice;
use serde::Serialize;
use sha2::Sha256;

use crate::lang::say;
use crate::trouble::Trouble;
use crate::words;

/// The keys that sign, newest first.
pub(crate) struct Keys(Vec<Hmac<Sha256>>);

impl Keys {
    /// The keys of secrets as standard-webhooks writes them: `whsec_` and base64, or base64 alone.
    pub(crate) fn of(secrets: &[Secret]) -> Result<Self, Trouble> {
        if secrets.is_empty() {
            return Err(Trouble::usage(say!(
                "nothing signs what is passed on: set `forward_secret` in the section `listen`",
                "rien ne signe ce qui est transmis : indiquez `forward_secret` dans la section `listen`",
            )));
        }
        let keys = secrets.iter().map(key).collect::<Option<Vec<_>>>();
        keys.map(Self).ok_or_else(wrong)
    }

    /// One signature for each key.
    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let signatures = self.0.iter().map(|key| {
            let mut mac = key.clone();
            mac.update(format!("{id}.{timestamp}.").as_bytes());
            mac.update(body);
            format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

fn key(secret: &Secret) -> Option<Hmac<Sha256>> {
    let text = secret.expose();
    let bytes = BASE64.decode(text.strip_prefix("whsec_").unwrap_or(text)).ok()?;
    let fits = LENGTHS.contains(&bytes.len());
    let bytes = zeroize::Zeroizing::new(bytes);
    fits.then(|| Hmac::new_from_slice(&bytes).ok()).flatten()
}

fn wrong() -> Trouble {
    Trouble::usage(say!(
        "`forward_secret` of the section `listen` is no secret of the standard-webhooks scheme: write whsec_ and 24 to 64 \
         random bytes in base64 into its place, for instance from `openssl rand -base64 32`",
        "`forward_secret` de la section `listen` n'est pas un secret du schéma standard-webhooks : mettez à sa place \
         whsec_ et 24 à 64 octets aléatoires en base64, par exemple de `openssl rand -base64 32`",
    ))
}

/// Reads with and without padding, writes with it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The body.
#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    gateway: &'a str,
    operation: Operation,
    order: &'a str,
    reference: Option<&'a str>,
    state: &'static str,
    flags: Vec<&'static str>,
    amount: Money,
    paid: &'static str,
    /// When it changed, in milliseconds since 1970.
    at: i64,
}

/// The name of a change, always the same.
pub(super) fn id(identity: &str, notice: &Notice) -> String {
    format!("evt_{identity}_{}", notice.id)
}

/// The request that tells of a change; `timestamp` is the time of this attempt in seconds.
pub(super) fn request(url: &str, keys: &Keys, id: &str, timestamp: i64, notice: &Notice) -> HttpRequest {
    // Whether it was paid at that change; the order may be further on by now.
    let mut then = notice.entry.clone();
    (then.state, then.flags) = (notice.state, notice.flags);
    let body = Body {
        id,
        gateway: &then.gateway,
        operation: then.operation,
        order: then.order.as_str(),
        reference: then.reference.as_deref(),
        state: then.state.as_str(),
        flags: then.flags.names().collect(),
        amount: then.amount,
        paid: words::paid(then.paid()),
        at: notice.at.millis,
    };
    let body = serde_json::to_vec(&body).expect("our own records have text keys and no floats");
    let signature = keys.sign(id, timestamp, &body);
    HttpRequest::post(url)
        .moves_no_money()
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", signature)
        .json(body)
}

/// Any number; from what the standard library seeds its maps with.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;

    /// The sample of the scheme's own specification.
    #[test]
    fn a_signature_is_that_of_the_scheme() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let keys = Keys::of(&[Secret::new(secret)]).unwrap();
        let signed = keys.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let bare =
            Keys::of(&[Secret::new(secret.trim_start_matches("whsec_")), Secret::new(secret)]).unwrap();
        let twice = bare.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(twice, format!("{signed} {signed}"));
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_repeated() {
        for wrong in ["", "whsec_", "whsec_c2hvcnQ=", "not base64 at all!", "hunter2"] {
            let told = Keys::of(&[Secret::new(wrong)]).err().unwrap();
            assert!(wrong.len() < 7 || !told.told().english().contains(wrong), "{wrong}");
        }
        assert!(Keys::of(&[]).is_err());
    }
}
