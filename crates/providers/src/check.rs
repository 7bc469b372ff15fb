//! Rules that several gateways share.

use nzimbu_core::secret::Secret;
use nzimbu_core::{BaseUrl, Fault, Problems};

/// A credential must be there, and one that a sandbox made must not travel to a real host.
pub(crate) fn credential(problems: &mut Problems, field: &'static str, secret: &Secret, base: &BaseUrl) {
    let text = secret.expose();
    if text.is_empty() || text.trim() != text {
        problems.add(field, Fault::wrong("present and without blanks around it: copy it again"));
    } else if !base.is_loopback() && text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sandbox"))
    {
        problems.add(
            field,
            Fault::wrong("a real credential: this one was made by a sandbox and goes to a real host"),
        );
    }
}

#[cfg(any(feature = "bitlipa", feature = "cinetpay"))]
/// A URL that the gateway will call: `http` or `https`, and not this machine unless the gateway is a sandbox on it.
pub(crate) fn callback_url(problems: &mut Problems, field: &'static str, url: &str, base: &BaseUrl) {
    let plain = url.strip_prefix("http://").map(|rest| format!("https://{rest}"));
    let clean = !url.contains(|sign: char| sign.is_whitespace() || sign.is_control());
    if !clean || !nzimbu_core::http::is_safe_target(plain.as_deref().unwrap_or(url)) {
        problems.add(field, Fault::wrong("an address that begins with https:// or http:// and names a host"));
    } else if !base.is_loopback() && nzimbu_core::http::is_local_target(url) {
        problems.add(field, Fault::wrong("a public address: the gateway cannot reach this machine's own"));
    }
}

#[cfg(feature = "adullam")]
/// At most this many characters.
pub(crate) fn at_most(problems: &mut Problems, field: &'static str, text: &str, most: usize) {
    if text.chars().count() > most {
        problems.add(field, Fault::TooLong(most));
    }
}

#[cfg(feature = "cinetpay")]
/// None of these characters, and no control character; each is reported once.
pub(crate) fn forbid(problems: &mut Problems, field: &'static str, text: &str, forbidden: &str) {
    let mut seen = Vec::new();
    for sign in text.chars().filter(|sign| forbidden.contains(*sign) || sign.is_control()) {
        if !seen.contains(&sign) {
            seen.push(sign);
            problems.add(field, Fault::Forbidden(sign));
        }
    }
}

#[cfg(any(feature = "adullam", feature = "cinetpay"))]
/// A number of a payment card has no place in a free text: the first digits and the length of a card scheme, perhaps
/// in groups, with a valid check digit (ISO/IEC 7812). Phone numbers and references of other lengths pass.
pub(crate) fn no_card_number(problems: &mut Problems, field: &'static str, text: &str) {
    let mut run = Vec::new();
    for sign in text.chars().chain(['\n']) {
        match sign.to_digit(10) {
            Some(digit) => run.push(digit),
            None if matches!(sign, ' ' | '-') && !run.is_empty() => {}
            None => {
                if looks_like_a_card(&run) && has_check_digit(&run) {
                    problems.add(field, Fault::wrong("free of card numbers: remove the number"));
                    return;
                }
                run.clear();
            }
        }
    }
}

#[cfg(any(feature = "adullam", feature = "cinetpay"))]
/// Visa, Mastercard, American Express, Discover, UnionPay, Maestro, by their published ranges.
fn looks_like_a_card(digits: &[u32]) -> bool {
    let start = digits.iter().take(4).fold(0, |sum, digit| sum * 10 + digit);
    match start {
        4000..=4999 => matches!(digits.len(), 13 | 16 | 19),
        2221..=2720 | 5100..=5599 | 6011 | 6440..=6599 => digits.len() == 16,
        3400..=3499 | 3700..=3799 => digits.len() == 15,
        6200..=6299 => (16..=19).contains(&digits.len()),
        5000..=5099 | 5600..=5899 | 6000..=6999 => matches!(digits.len(), 16 | 18 | 19),
        _ => false,
    }
}

#[cfg(any(feature = "adullam", feature = "cinetpay"))]
fn has_check_digit(digits: &[u32]) -> bool {
    let weigh = |(place, digit): (usize, &u32)| match (place % 2, digit * 2) {
        (0, _) => *digit,
        (_, double) if double > 9 => double - 9,
        (_, double) => double,
    };
    digits.iter().rev().enumerate().map(weigh).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;

    fn faults(check: impl FnOnce(&mut Problems)) -> usize {
        let mut problems = Problems::default();
        check(&mut problems);
        problems.as_slice().len()
    }

    #[cfg(any(feature = "adullam", feature = "cinetpay"))]
    #[test]
    fn card_numbers_are_found_in_free_text() {
        // Test numbers published by the card schemes.
        for text in ["4111 1111 1111 1111", "order 5555-5555-5555-4444 please", "378282246310005"] {
            assert_eq!(faults(|p| no_card_number(p, "description", text)), 1, "{text}");
        }
        for text in [
            "4111 1111 1111 1112",
            "facture 2024-05-17",
            "+225 07 00 00 00 00",
            "appelez le +2250700000007",
            "1716542400003",
            "0044557641201530102473",
            "",
        ] {
            assert_eq!(faults(|p| no_card_number(p, "description", text)), 0, "{text}");
        }
    }

    #[cfg(any(feature = "bitlipa", feature = "cinetpay"))]
    #[test]
    fn a_callback_url_is_one_that_the_gateway_can_reach() {
        let live = BaseUrl::parse("https://api.example.com").unwrap();
        let local = BaseUrl::parse("http://127.0.0.1:9").unwrap();
        let rows = [
            ("https://shop.example/cb?x=1", 0, 0),
            ("http://shop.example/cb", 0, 0),
            ("http://localhost:3000/cb", 1, 0),
            ("https://127.0.0.1/cb", 1, 0),
            ("ftp://shop.example/", 1, 1),
            ("shop.example/cb", 1, 1),
            ("https://shop.example/a b", 1, 1),
            ("", 1, 1),
        ];
        for (url, at_live, at_local) in rows {
            assert_eq!(faults(|p| callback_url(p, "notify_url", url, &live)), at_live, "{url}");
            assert_eq!(faults(|p| callback_url(p, "notify_url", url, &local)), at_local, "{url}");
        }
    }

    #[test]
    fn sandbox_credentials_stay_at_home() {
        let live = BaseUrl::parse("https://api.example.com").unwrap();
        let local = BaseUrl::parse("http://127.0.0.1:9").unwrap();
        let made = Secret::new("SANDBOX-key");
        assert_eq!(faults(|p| credential(p, "api_key", &made, &live)), 1);
        assert_eq!(faults(|p| credential(p, "api_key", &made, &local)), 0);
        assert_eq!(faults(|p| credential(p, "api_key", &Secret::new("k "), &live)), 1);
        assert_eq!(faults(|p| credential(p, "api_key", &Secret::new("key"), &live)), 0);
    }
}
