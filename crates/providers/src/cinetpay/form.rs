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
    // One look at the whole is faster than one at each value, and all cuts are made at ASCII.
    let all = std::str::from_utf8(body).ok();
    let mut values = [const { None }; N];
    // Fields mostly come in the order in which they are wanted.
    let mut expected = 0;
    let mut at = 0;
    while at < body.len() {
        let slot = match behind(&body[at..], names.get(expected)) {
            Some(name) => {
                at += name;
                Some(expected)
            }
            None => {
                let name = body[at..].iter().position(|byte| matches!(byte, b'=' | b'&'));
                let end = name.map_or(body.len(), |name| at + name);
                let slot = find(&decode(&body[at..end]), names);
                at = if body.get(end) == Some(&b'=') { end + 1 } else { end };
                slot
            }
        };
        let plain = at + plain(&body[at..]);
        let escaped = matches!(body.get(plain), Some(b'%' | b'+'));
        let end = if escaped {
            body[plain..].iter().position(|byte| *byte == b'&').map_or(body.len(), |rest| plain + rest)
        } else {
            plain
        };
        if let Some(slot) = slot {
            expected = slot + 1;
            if values[slot].is_some() {
                return Err(CallbackError::Malformed("a field occurs more than once"));
            }
            values[slot] = Some(match all {
                Some(all) if !escaped => Cow::Borrowed(&all[at..end]),
                _ => text(decode(&body[at..end]))?,
            });
        }
        at = end + 1;
    }
    Ok(values)
}

/// How far a pair's value stands behind its beginning, if it has this name, spelled without escapes.
fn behind(pair: &[u8], name: Option<&&str>) -> Option<usize> {
    let rest = pair.strip_prefix(name?.as_bytes())?;
    (rest.first() == Some(&b'=')).then_some(pair.len() - rest.len() + 1)
}

fn find(name: &[u8], names: &[&str]) -> Option<usize> {
    names.iter().position(|wanted| wanted.as_bytes() == name)
}

/// How many bytes are neither escaped nor the end of a value.
#[inline]
fn plain(text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let mut at = 0;
    while let Some(word) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        // The high bit of a byte is set where it is zero after the flip. Only the lowest hit is exact.
        let zero = |byte: u8| (word ^ (ONES * u64::from(byte))).wrapping_sub(ONES);
        let hits = (zero(b'&') | zero(b'%') | zero(b'+')) & !word & HIGHS;
        if hits != 0 {
            return at + hits.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let tail = text[at..].iter().position(|byte| matches!(byte, b'&' | b'%' | b'+'));
    tail.map_or(text.len(), |tail| at + tail)
}

fn decode(written: &[u8]) -> Cow<'_, [u8]> {
    let Some(start) = written.iter().position(|byte| matches!(byte, b'+' | b'%')) else {
        return Cow::Borrowed(written);
    };
    // What is read is never longer than what was written, so that it fits in front of it.
    let mut bytes = written.to_vec();
    let (mut from, mut to) = (start, start);
    while let Some(byte) = bytes.get(from) {
        let (byte, width) = match (byte, bytes.get(from + 1..from + 3)) {
            (b'+', _) => (b' ', 1),
            (b'%', Some(&[high, low])) => match (nibble(high), nibble(low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (b'%', 1),
            },
            (byte, _) => (*byte, 1),
        };
        bytes[to] = byte;
        to += 1;
        from += width;
    }
    bytes.truncate(to);
    Cow::Owned(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn text(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, CallbackError> {
    let refused = CallbackError::Malformed("a field is not UTF-8");
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| refused),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| refused),
    }
}

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
        fn the_platforms_form_parser_reads_the_same(body in "[ab%+=&0-9A-Fé ]{0,80}") {
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
