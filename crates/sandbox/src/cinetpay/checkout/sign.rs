//! The `x-token` of a notification (CinetPay, page "hmac").

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 under the secret key over the values in their documented order, in lower-case hex. A field that
/// is left out counts as empty.
pub(super) fn x_token(secret_key: &str, fields: &[(&'static str, String)]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret_key.as_bytes()).expect("an HMAC takes a key of any length");
    for (_, value) in fields {
        mac.update(value.as_bytes());
    }
    hex::encode(mac.finalize().into_bytes())
}

/// The signed text of a notification as it was sent, and its token.
pub(super) fn explain(secret_key: &str, form: &[(String, String)]) -> (String, String) {
    let text: String = SIGNED
        .iter()
        .filter_map(|name| form.iter().find(|(key, _)| key == name))
        .map(|(_, value)| value.as_str())
        .collect();
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret_key.as_bytes()).expect("an HMAC takes a key of any length");
    mac.update(text.as_bytes());
    (text, hex::encode(mac.finalize().into_bytes()))
}

const SIGNED: [&str; 16] = [
    "cpm_site_id",
    "cpm_trans_id",
    "cpm_trans_date",
    "cpm_amount",
    "cpm_currency",
    "signature",
    "payment_method",
    "cel_phone_num",
    "cpm_phone_prefixe",
    "cpm_language",
    "cpm_version",
    "cpm_payment_config",
    "cpm_page_action",
    "cpm_custom",
    "cpm_designation",
    "cpm_error_message",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the documents (vector A).
    #[test]
    fn makes_the_documented_token() {
        let fields = [
            ("cpm_site_id", "123456"),
            ("cpm_trans_id", "ORDER-1001"),
            ("cpm_trans_date", "2024-05-17 10:42:31"),
            ("cpm_amount", "2500"),
            ("cpm_currency", "XOF"),
            ("signature", "9f86d081884c7d659a2feaa0c55ad015"),
            ("payment_method", "OM"),
            ("cel_phone_num", "0707070707"),
            ("cpm_phone_prefixe", "225"),
            ("cpm_language", "fr"),
            ("cpm_version", "V4"),
            ("cpm_payment_config", "SINGLE"),
            ("cpm_page_action", "PAYMENT"),
            ("cpm_custom", "user001"),
            ("cpm_designation", "Achat test"),
            ("cpm_error_message", "SUCCES"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        assert_eq!(
            x_token("sk_demo_0123456789abcdef", &fields),
            "fb751ada0d4aa0df698b0b3938d8242b69bd48d3a834aa620fb2f893261f5f06"
        );
    }
}
