//! Bitlipa's signature, revision 5.7.2 of its documentation: a walk over the document in received order.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use crate::json::Json;

/// The signature of a document in lower-case hex; nothing when it is nested too deeply to be signed.
pub(crate) fn sign(document: &Json, secret: &str) -> Option<String> {
    let mut text = String::new();
    walk(document, "", 0, &mut text)?;
    Some(digest(&text, secret))
}

/// What is signed of a document.
pub(crate) fn signed_text(document: &Json) -> Option<String> {
    let mut text = String::new();
    walk(document, "", 0, &mut text)?;
    Some(text)
}

/// The signature of the parameters of a hosted-page link, over their decoded values in their order.
pub(crate) fn sign_pairs(pairs: &[(String, String)], secret: &str) -> String {
    let text: String = pairs
        .iter()
        .filter(|(name, _)| name != "signature")
        .flat_map(|(name, value)| [name.as_str(), value.as_str()])
        .collect();
    digest(&text, secret)
}

/// Compares every byte, whatever differs.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().zip(right.bytes()).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
}

fn digest(text: &str, secret: &str) -> String {
    let mut mac =
        Hmac::<Sha512>::new_from_slice(secret.as_bytes()).expect("an HMAC takes a key of any length");
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn walk(node: &Json, prefix: &str, level: usize, out: &mut String) -> Option<()> {
    if level >= MAX_LEVELS {
        return None;
    }
    match node {
        Json::Object(members) => {
            for (name, value) in members {
                entry(name, value, prefix, level, out)?;
            }
        }
        Json::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                entry(&index.to_string(), value, prefix, level, out)?;
            }
        }
        _ => {}
    }
    Some(())
}

fn entry(name: &str, value: &Json, prefix: &str, level: usize, out: &mut String) -> Option<()> {
    if matches!(value, Json::Object(_) | Json::Array(_)) {
        return walk(value, &format!("{prefix}{name}."), level + 1, out);
    }
    if name != "signature" {
        out.push_str(prefix);
        out.push_str(name);
        out.push_str(&php_text(value));
    }
    Some(())
}

/// The value as PHP turns it into a string.
fn php_text(value: &Json) -> String {
    match value {
        Json::Text(text) => text.clone(),
        Json::Bool(true) => "1".to_owned(),
        Json::Number(literal) if literal.contains(['.', 'e', 'E']) => float_text(literal),
        Json::Number(literal) => match literal.parse::<i64>() {
            Ok(number) => number.to_string(),
            Err(_) => float_text(literal),
        },
        Json::Bool(false) | Json::Null | Json::Array(_) | Json::Object(_) => String::new(),
    }
}

/// PHP with `precision` 14: like C's `%.14G`, with a point in every mantissa that has an exponent.
fn float_text(literal: &str) -> String {
    let Ok(number) = literal.parse::<f64>() else { return String::new() };
    if number == 0.0 {
        return if number.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    if number.is_infinite() {
        return if number.is_sign_negative() { "-INF" } else { "INF" }.to_owned();
    }
    let rounded = format!("{:.13e}", number.abs());
    let (mantissa, exponent) = rounded.split_once('e').expect("the format writes an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    let digits = mantissa.replace('.', "");
    let digits = digits.trim_end_matches('0');
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let text = if !(-4..14).contains(&exponent) {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        format!("{first}.{rest}E{exponent:+}")
    } else if let Ok(whole) = usize::try_from(exponent) {
        let whole = whole + 1;
        match digits.get(whole..) {
            Some(rest) if !rest.is_empty() => format!("{}.{rest}", &digits[..whole]),
            _ => format!("{digits:0<whole$}"),
        }
    } else {
        let zeros = usize::try_from(-exponent - 1).unwrap_or_default();
        format!("0.{}{digits}", "0".repeat(zeros))
    };
    format!("{sign}{text}")
}

const MAX_LEVELS: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    /// Golden vectors, computed with PHP: secret, document, text (`!` for a refusal), digest.
    #[test]
    fn reproduces_the_golden_vectors() {
        let mut count = 0;
        for line in include_str!("../../tests/data/bitlipa-bodies.tsv").lines() {
            let [name, secret, document, text, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line} has not five columns");
            };
            let document = Json::parse(document.as_bytes()).unwrap();
            if text == "!" {
                assert_eq!(sign(&document, secret), None, "{name}");
            } else {
                let mut signed = String::new();
                walk(&document, "", 0, &mut signed).unwrap();
                assert_eq!(signed, text, "{name}");
                assert_eq!(sign(&document, secret).as_deref(), Some(expected), "{name}");
            }
            count += 1;
        }
        assert_eq!(count, 53);
    }

    #[test]
    fn reproduces_the_golden_links() {
        let mut count = 0;
        for line in include_str!("../../tests/data/bitlipa-links.tsv").lines() {
            let [name, secret, query, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line} has not four columns");
            };
            let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            assert_eq!(sign_pairs(&pairs, secret), expected, "{name}");
            count += 1;
        }
        assert_eq!(count, 4);
    }
}
