//! The golden vectors under `fixtures/signature`, which were computed by other implementations.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its vectors has to fail")]

use nzimbu_core::secret::Secret;
use nzimbu_core::signature::fields::{self, FieldsKey};
use nzimbu_core::signature::recursive::{
    Malformed, RecursiveKey, VerifyError, explain_json, explain_pairs, first_difference, verify,
};
use serde_json::Value;

#[test]
fn bitlipa_bodies() {
    let vectors = load(BITLIPA, "vectors");
    for vector in &vectors {
        let name = text(vector, "name");
        let json = text(vector, "json").as_bytes();
        let key = key(vector);
        if vector["error"].is_string() {
            assert_eq!(vector["error"], "recursion_level_exceeded", "{name}");
            assert_eq!(key.sign_json(json).err(), Some(Malformed::TooDeep), "{name}");
            assert_eq!(explain_json(json).err(), Some(Malformed::TooDeep), "{name}");
            let signed = with_signature(text(vector, "json"), "ab");
            let refused = verify(&[key], signed.as_bytes()).err();
            assert_eq!(refused, Some(VerifyError::Malformed(Malformed::TooDeep)), "{name}");
            continue;
        }
        let digest = text(vector, "hmac_sha512");
        assert_eq!(explain_json(json).unwrap(), text(vector, "text"), "{name}");
        assert_eq!(key.sign_json(json).unwrap().as_str(), digest, "{name}");
    }
    assert_eq!(vectors.len(), 53, "vectors were added or lost: adapt the count");
}

#[test]
fn bitlipa_bodies_verify_as_callbacks() {
    let mut verified = 0;
    for vector in load(BITLIPA, "vectors") {
        let name = text(&vector, "name");
        let json = text(&vector, "json");
        let Some(digest) = vector["hmac_sha512"].as_str() else { continue };
        if json.starts_with('[') || json.contains(r#""signature":{"#) {
            continue;
        }
        let signed = with_signature(&without_signature(json), digest);
        let keys = [key(&vector)];
        let proof = verify(&keys, signed.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(proof.proof.key_index(), 0, "{name}");
        verified += 1;
    }
    assert!(verified > 45, "{verified}");
}

#[test]
fn bitlipa_signature_container_is_signed_but_never_verified() {
    let vectors = load(BITLIPA, "vectors");
    let vector = vectors.iter().find(|vector| vector["name"] == "signature_object_top").unwrap();
    let json = text(vector, "json");
    let refused = verify(&[key(vector)], json.as_bytes()).err();
    assert_eq!(refused, Some(VerifyError::Malformed(Malformed::SignatureContainer)));
}

#[test]
fn bitlipa_float_texts_of_other_servers_are_undecided() {
    let mut seen = 0;
    for vector in load(BITLIPA, "vectors") {
        for other in ["text_precision_m1", "text_precision_17"] {
            let Some(other) = vector[other].as_str() else { continue };
            let digest = plain_hmac_sha512(text(&vector, "secret"), other);
            let signed = with_signature(text(&vector, "json"), &digest);
            let refused = verify(&[key(&vector)], signed.as_bytes()).err();
            assert_eq!(refused, Some(VerifyError::Undecided), "{}", text(&vector, "name"));
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn bitlipa_published_collisions_collide() {
    let vectors = load(BITLIPA, "vectors");
    let sign = |name: &str| {
        let vector = vectors.iter().find(|vector| vector["name"] == name).unwrap();
        key(vector).sign_json(text(vector, "json").as_bytes()).unwrap().to_string()
    };
    for (one, other) in [
        ("collide_path_flat", "collide_path_nested"),
        ("collide_split_one", "collide_split_two"),
        ("collide_key_value_boundary_1", "collide_key_value_boundary_2"),
        ("collide_types_string", "collide_types_int"),
        ("collide_types_string", "collide_types_true"),
        ("collide_types_string", "collide_types_float"),
        ("forge_orderid_genuine_failed", "forge_orderid_fake_success"),
    ] {
        assert_eq!(sign(one), sign(other), "{one} {other}");
    }
    assert_ne!(sign("order_matters_ab"), sign("order_matters_ba"));
    // 7.6, item 3: hiding in an allowed key.
    let hidden = (
        &br#"{"transaction_id":"1","order_id":"Astatus2extra.customer_message","status":3,"service_id":12345}"#
            [..],
        &br#"{"transaction_id":"1","order_id":"A","status":2,"extra":{"customer_message":"status3"},"service_id":12345}"#
            [..],
    );
    assert_eq!(first_difference(hidden.0, hidden.1).unwrap(), None);
}

#[test]
fn bitlipa_hosted_page_links() {
    let vectors = load(BITLIPA, "hpp_flat_vectors");
    for vector in &vectors {
        let name = text(vector, "name");
        let pairs: Vec<(String, String)> = vector["pairs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (scalar(&pair[0]), scalar(&pair[1])))
            .collect();
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(explain_pairs(&pairs), text(vector, "text"), "{name}");
        assert_eq!(key(vector).sign_pairs(&pairs).as_str(), text(vector, "hmac_sha512"), "{name}");
    }
    assert_eq!(vectors.len(), 4, "vectors were added or lost: adapt the count");
}

#[test]
fn bitlipa_link_replayed_as_a_callback_has_a_valid_signature() {
    // 7.6, item 4: the MAC cannot tell, so the schema of a callback has to (`namex` is no key of it).
    let vectors = load(BITLIPA, "hpp_flat_vectors");
    let link = vectors.iter().find(|vector| vector["name"] == "hpp_user_controlled_name").unwrap();
    let digest = text(link, "hmac_sha512");
    let body = format!(
        r#"{{"merchant_id":"m1","customer_id":"c1","order_id":"victim-1","country":"NG","currency":"NGN","provider_id":5008,"operation":"c2b","type":"bank_transfer","callback_url":"https://m.example/cb","namex":"","status":2,"signature":"{digest}"}}"#
    );
    assert!(verify(&[key(link)], body.as_bytes()).is_ok());
}

#[test]
fn cinetpay_tokens() {
    let vectors = load(CINETPAY, "vectors");
    let mut genuine = 0;
    for vector in &vectors {
        let name = text(vector, "name");
        let keys = [FieldsKey::new(&Secret::new(text(vector, "secret")))];
        let form: Vec<(String, String)> =
            form_urlencoded::parse(text(vector, "body").as_bytes()).into_owned().collect();
        let parts = CINETPAY_FIELDS
            .map(|field| form.iter().find(|(key, _)| key == field).map_or("", |(_, value)| value.as_str()));
        assert_eq!(parts.concat(), text(vector, "text"), "{name}");
        assert_eq!(keys[0].sign(parts).as_str(), text(vector, "hmac_sha256"), "{name}");
        let verdict = fields::verify(&keys, parts, text(vector, "x_token"));
        assert_eq!(verdict.is_ok(), vector["expect"] == "genuine", "{name}");
        genuine += usize::from(verdict.is_ok());
        // The token in capitals is the same token.
        let capitals = text(vector, "x_token").to_uppercase();
        assert_eq!(fields::verify(&keys, parts, &capitals).is_ok(), vector["expect"] == "genuine", "{name}");
        // Where the vector says which text was signed instead, that text gives the wrong token.
        if let (Some(wrong), None) = (vector["token_text"].as_str(), vector["token_encoding"].as_str()) {
            assert_eq!(keys[0].sign([wrong]).as_str(), text(vector, "x_token"), "{name}");
        }
    }
    assert_eq!((vectors.len(), genuine), (9, 3), "vectors were added or lost: adapt the counts");
}

#[test]
fn cinetpay_shifted_boundaries_keep_the_token() {
    // 5.3: the token cannot tell these from the genuine notification; the grammar of the date and
    // the own site id can.
    let key = FieldsKey::new(&Secret::new("sk_demo_0123456789abcdef"));
    let rest =
        ["XOF", "ab12", "OM", "0700000000", "225", "fr", "V4", "SINGLE", "PAYMENT", "", "Panier", "SUCCES"];
    for start in [
        ["700100", "INV-7", "2024-03-09 08:15:45", "1500"],
        ["700100", "INV-7", "2024-03-09 08:15:4", "51500"],
        ["700100", "INV-72", "024-03-09 08:15:451", "500"],
        ["70010", "0INV-7", "2024-03-09 08:15:45", "1500"],
    ] {
        let token = key.sign(start.iter().chain(&rest).copied());
        assert_eq!(token.as_str(), "01be3b4fc4fb37b9aa6a553ad398c04fcea7d95beb2a27f7d8e98057a5cf88d5");
    }
}

fn load(file: &str, list: &str) -> Vec<Value> {
    let mut file: Value = serde_json::from_str(file).unwrap();
    serde_json::from_value(file[list].take()).unwrap()
}

fn text<'v>(vector: &'v Value, field: &str) -> &'v str {
    vector[field].as_str().unwrap_or_else(|| panic!("{field} of {vector}"))
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), Into::into)
}

fn key(vector: &Value) -> RecursiveKey {
    RecursiveKey::new(&Secret::new(text(vector, "secret")))
}

/// Puts a signature into a JSON object, as its first member.
fn with_signature(json: &str, signature: &str) -> String {
    let members = json.trim_start().strip_prefix('{').unwrap();
    let comma = if members.trim_start().starts_with('}') { "" } else { "," };
    format!(r#"{{"signature":"{signature}"{comma}{members}"#)
}

/// Takes the placeholder out that two of the vectors have at the top.
fn without_signature(json: &str) -> String {
    let Some(start) = json.find(r#","signature":"#) else { return json.into() };
    if json[..start].matches('{').count() - json[..start].matches('}').count() > 1 {
        return json.into();
    }
    let value = &json[start + r#","signature":""#.len()..];
    let end = value.find('"').unwrap() + 1;
    format!("{}{}", &json[..start], &value[end..])
}

fn plain_hmac_sha512(secret: &str, text: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha512>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

const BITLIPA: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/signature/bitlipa-signature.json"));
const CINETPAY: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/signature/cinetpay-x-token.json"));

/// CinetPay, page on the HMAC of notifications: the order of the formula.
const CINETPAY_FIELDS: [&str; 16] = [
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
