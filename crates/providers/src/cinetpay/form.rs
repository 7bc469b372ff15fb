//! Forms as they arrive, `application/x-www-form-urlencoded`, read once and strictly.
//!
//! The rules are those of the WHATWG form parser: `+` is a blank, `%XX` a byte, and a percent sign without two
//! hexadecimal digits behind it stays as it is. Two things are stricter: bytes that are no UTF-8 are refused,
//! where that parser would replace them and so change what was signed, and a wanted name may come only once,
//! since readers differ in which of several they take.

use std::borrow::Cow;

use nzimbu_core::CallbackError;

/// The longest body that is read. A notification has about 500 bytes; metadata and description have no
/// documented bound.
const LONGEST: usize = 64 * 1024;

/// The values of the wanted names, in the order of the names; other names are passed over.
pub(super) fn read<'a, const N: usize>(
    body: &'a [u8],
    names: &[&str; N],
) -> Result<[Option<Cow<'a, str>>; N], CallbackError> {
    if body.len() > LONGEST {
        return Err(CallbackError::Malformed("the body is longer than 65536 bytes"));
    }
    let mut rest = std::str::from_utf8(body).map_err(|_| NOT_UTF8)?;
    let mut values = [const { None }; N];
    // Fields mostly come in the order in which they are wanted, and then no name has to be searched for.
    let mut expected = 0;
    while !rest.is_empty() {
        let in_order = names.get(expected).and_then(|name| rest.strip_prefix(name)?.strip_prefix('='));
        let (slot, after) = match in_order {
            Some(after) => (Some(expected), after),
            None => {
                let (name, after) = cut(rest, |byte| matches!(byte, b'=' | b'&'));
                let name = decode(name.as_bytes());
                let slot = names.iter().position(|known| known.as_bytes() == &*name);
                (slot, after.strip_prefix('=').unwrap_or(after))
            }
        };
        let mut escaped = false;
        let (value, after) = cut(after, |byte| {
            escaped |= matches!(byte, b'+' | b'%');
            byte == b'&'
        });
        rest = after.strip_prefix('&').unwrap_or(after);
        let Some(slot) = slot else { continue };
        if values[slot].is_some() {
            return Err(CallbackError::Malformed("a field occurs more than once"));
        }
        values[slot] = Some(if escaped { text(value)? } else { Cow::Borrowed(value) });
        expected = slot + 1;
    }
    Ok(values)
}

/// Cuts before the first of these ASCII bytes.
fn cut(text: &str, ends: impl FnMut(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(ends).unwrap_or(text.len()))
}

fn text(written: &str) -> Result<Cow<'_, str>, CallbackError> {
    let bytes = decode(written.as_bytes()).into_owned();
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| NOT_UTF8)
}

fn decode(written: &[u8]) -> Cow<'_, [u8]> {
    let Some(start) = written.iter().position(|byte| matches!(byte, b'+' | b'%')) else {
        return Cow::Borrowed(written);
    };
    let mut read = Vec::with_capacity(written.len());
    read.extend_from_slice(&written[..start]);
    let mut rest = &written[start..];
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'+', _) => read.push(b' '),
            (b'%', [high, low, after @ ..]) => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => {
                    read.push(high << 4 | low);
                    rest = after;
                }
                _ => read.push(b'%'),
            },
            (byte, _) => read.push(*byte),
        }
    }
    Cow::Owned(read)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

const NOT_UTF8: CallbackError = CallbackError::Malformed("a field is not UTF-8");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn one(body: &[u8]) -> Result<Option<String>, CallbackError> {
        read(body, &["a"]).map(|[value]| value.map(Cow::into_owned))
    }

    #[test]
    fn values_are_decoded_once_and_malformed_escapes_stay() {
        for (body, value) in [
            ("a=1+2", Some("1 2")),
            ("a=%C3%A9t%c3%a9", Some("été")),
            ("a=100%", Some("100%")),
            ("a=%4", Some("%4")),
            ("a=%zz%41", Some("%zzA")),
            ("a=%2541", Some("%41")),
            ("%61=x", Some("x")),
            ("a", Some("")),
            ("a=", Some("")),
            ("a==b=c", Some("=b=c")),
            ("b=1&&c=2", None),
            ("", None),
            ("A=1", None),
        ] {
            assert_eq!(one(body.as_bytes()).unwrap().as_deref(), value, "{body}");
        }
        for body in ["a=%E9", "a=\u{e9}&a=", "a=1&%61=1"] {
            assert!(one(body.as_bytes()).is_err(), "{body}");
        }
        assert!(one(&vec![b'x'; LONGEST + 1]).is_err());
        // What is not wanted may be anything.
        assert_eq!(one(b"b=%FF&b=%FE&a=1").unwrap().as_deref(), Some("1"));
    }

    proptest! {
        #[test]
        fn the_platforms_form_parser_reads_the_same(body in "[ab%+=&0-9A-Fé ]{0,40}") {
            let theirs: Vec<_> = form_urlencoded::parse(body.as_bytes()).filter(|(name, _)| name == "a").collect();
            match one(body.as_bytes()) {
                Ok(ours) => {
                    prop_assert!(theirs.len() <= 1);
                    prop_assert_eq!(ours.as_deref(), theirs.first().map(|(_, value)| value.as_ref()));
                }
                Err(_) => {
                    let lossy = theirs[0].1.contains(char::REPLACEMENT_CHARACTER);
                    prop_assert!(theirs.len() > 1 || lossy);
                }
            }
        }
    }
}
