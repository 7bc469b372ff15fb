//! What stands in one cell.

pub(crate) mod amount;
pub(crate) mod phone;

use super::column::Column;
use super::trouble::Trouble;

/// The text of a cell without blanks around it; nothing when it is empty.
pub(super) fn text(bytes: &[u8], column: Column) -> Result<Option<String>, Trouble> {
    let text = str::from_utf8(bytes).map_err(|_| Trouble::NotUtf8)?;
    let text = text.trim();
    // What a spreadsheet puts before a cell that is text whatever it looks like.
    let text = text.strip_prefix('\'').unwrap_or(text).trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() > LONGEST {
        return Err(Trouble::TooLong { most: LONGEST });
    }
    for sign in text.chars() {
        match sign {
            '\n' | '\r' => return Err(Trouble::LineBreak),
            '\u{fffd}' => return Err(Trouble::Replaced),
            _ if sign.is_control() => return Err(Trouble::Control),
            // Invisible, or turning the direction of what follows.
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {
                return Err(Trouble::Invisible);
            }
            _ => {}
        }
    }
    if is_spreadsheet_error(text) {
        return Err(Trouble::SpreadsheetError);
    }
    // Amounts and phones have their own rules for signs.
    let signs: &[char] = match column {
        Column::Amount | Column::Phone => &['=', '@'],
        _ => &['=', '@', '+', '-'],
    };
    if text.starts_with(signs) {
        return Err(Trouble::Formula);
    }
    if is_misread(text) {
        return Err(Trouble::Misread);
    }
    Ok(Some(text.to_owned()))
}

/// `#N/A`, `#REF!`, `#VALEUR!`, `####`.
fn is_spreadsheet_error(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|rest| {
        let loud = |sign: char| sign.is_uppercase() || sign.is_ascii_digit() || "#/!?".contains(sign);
        rest.starts_with(|sign: char| sign.is_uppercase() || sign == '#')
            && rest.chars().all(loud)
            && rest.ends_with(['!', '?', '#', 'A'])
    })
}

/// UTF-8 that somebody opened as Windows-1252 and saved again: `Ã©` for `é`.
fn is_misread(text: &str) -> bool {
    const TAILS: &str = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";
    text.chars().zip(text.chars().skip(1)).any(|(first, second)| {
        "ÃÂ".contains(first) && (('\u{80}'..='\u{bf}').contains(&second) || TAILS.contains(second))
    })
}

/// Whether a text holds a card number: 13 to 19 digits with a right check digit.
pub(super) fn holds_card(text: &str) -> bool {
    let joined: String = text.chars().filter(|sign| !" -".contains(*sign)).collect();
    joined.split(|sign: char| !sign.is_ascii_digit()).any(|run| {
        (13..=19).contains(&run.len()) && {
            let sum = run.bytes().rev().enumerate().map(|(at, byte)| {
                let digit = u32::from(byte - b'0');
                if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
            });
            sum.sum::<u32>().is_multiple_of(10)
        }
    })
}

/// The most bytes of a cell; no gateway takes as many in any field.
const LONGEST: usize = 512;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_are_cleaned_or_refused() {
        let read = |bytes: &[u8]| text(bytes, Column::Name);
        for (bytes, wanted) in [
            (&b"  Awa  "[..], Ok(Some("Awa"))),
            ("\u{202f}Awa\u{a0}".as_bytes(), Ok(Some("Awa"))),
            (b"'0012", Ok(Some("0012"))),
            (b"'", Ok(None)),
            (b"   ", Ok(None)),
            ("Ângela".as_bytes(), Ok(Some("Ângela"))),
            (b"Aw\xe9", Err(Trouble::NotUtf8)),
            (b"Awa\0", Err(Trouble::Control)),
            (b"Awa\nYao", Err(Trouble::LineBreak)),
            ("Aw\u{fffd}".as_bytes(), Err(Trouble::Replaced)),
            ("A\u{200b}wa".as_bytes(), Err(Trouble::Invisible)),
            (b"=A1", Err(Trouble::Formula)),
            (b"'=A1", Err(Trouble::Formula)),
            (b"-A1", Err(Trouble::Formula)),
            (b"#REF!", Err(Trouble::SpreadsheetError)),
            (b"#N/A", Err(Trouble::SpreadsheetError)),
            (b"#######", Err(Trouble::SpreadsheetError)),
            (b"#12", Ok(Some("#12"))),
            ("HervÃ©".as_bytes(), Err(Trouble::Misread)),
        ] {
            assert_eq!(read(bytes), wanted.map(|text| text.map(str::to_owned)), "{bytes:?}");
        }
    }

    #[test]
    fn cards_are_told_by_their_check_digit() {
        assert!(holds_card("carte 4111 1111 1111 1111"));
        assert!(!holds_card("carte 4111 1111 1111 1112"));
        assert!(!holds_card("avance 2024-05-31"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(Some(text)) = text(&bytes, Column::Phone) {
                prop_assert!(!text.contains(char::is_control));
                holds_card(&text);
            }
        }
    }
}
