//! Phone numbers as spreadsheets leave them.
//!
//! What was lost and can be told again is put back: a `+` before a whole number of a country whose plan is known.
//! What cannot be told is refused with the reason: a zero that may or may not have been there, digits behind an `E`.

use nzimbu::{Country, PhoneErrorKind, PhoneNumber};

use super::amount::is_scientific;

/// Why a text is not a phone number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PhoneFault {
    /// A number with decimals, which a program has made of it.
    Decimals,
    /// A formula of a spreadsheet.
    Formula,
    /// One digit is missing, and with a zero in front it would be a number of this country.
    LostZero(Country),
    Negative,
    /// A rule of the numbering plan.
    Plan(PhoneErrorKind),
    /// The spreadsheet has shortened the number.
    Scientific,
    /// More than one number.
    Several,
}

/// Reads a number; `home` is the country in which a number without a country code is.
pub(crate) fn parse(text: &str, home: Option<Country>) -> Result<PhoneNumber, PhoneFault> {
    let text = text.trim();
    if let Some(fault) = mangled(text) {
        return Err(fault);
    }
    let parse = |text: &str| match home {
        Some(home) => PhoneNumber::parse_in(home, text),
        None => PhoneNumber::parse(text),
    };
    let refusal = match parse(text) {
        Ok(phone) => return Ok(phone),
        Err(refusal) => refusal.kind(),
    };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let whole = !text.starts_with('+') && !text.starts_with("00");
    if whole && !matches!(refusal, PhoneErrorKind::NotDigits) {
        // No national number of a known plan is as long as one with its country code, so that this is the one reading.
        let abroad = PhoneNumber::parse(&format!("+{digits}")).ok().filter(|phone| phone.country().is_some());
        if let Some(phone) = abroad {
            return Ok(phone);
        }
        if let Some(country) = with_zero(&digits, home) {
            return Err(PhoneFault::LostZero(country));
        }
    }
    Err(PhoneFault::Plan(refusal))
}

fn mangled(text: &str) -> Option<PhoneFault> {
    let letters = text.contains(char::is_alphabetic);
    if text.starts_with(['=', '@']) || text.starts_with('+') && (letters || text.contains(['*', '='])) {
        return Some(PhoneFault::Formula);
    }
    // Hyphens are separators, so that a sign would be passed over.
    if text.starts_with(['-', '\u{2212}']) {
        return Some(PhoneFault::Negative);
    }
    if is_scientific(text) {
        return Some(PhoneFault::Scientific);
    }
    if !letters && (text.contains(['/', ';', '|', '&']) || text.matches('+').count() > 1) {
        return Some(PhoneFault::Several);
    }
    let marks = text.matches(['.', ',']).count();
    // Points between pairs are the French way to write a number; one alone is a decimal point.
    (marks == 1 && !text.contains([' ', '\u{a0}', '\u{202f}', '-'])).then_some(PhoneFault::Decimals)
}

/// The country in which the digits would be a number with one zero more in front of the national part.
fn with_zero(digits: &str, home: Option<Country>) -> Option<Country> {
    let at_home = home.filter(|home| PhoneNumber::parse_in(*home, &format!("0{digits}")).is_ok());
    at_home.or_else(|| {
        [2, 3].into_iter().find_map(|code| {
            let (code, national) = digits.split_at_checked(code)?;
            PhoneNumber::parse(&format!("+{code}0{national}")).ok()?.country()
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn country(code: &str) -> Country {
        Country::parse(code).unwrap()
    }

    fn read(text: &str, home: Option<&str>) -> Result<String, PhoneFault> {
        parse(text, home.map(country)).map(|phone| phone.e164().to_owned())
    }

    #[test]
    fn what_spreadsheets_lose_is_put_back_where_it_can_be_told() {
        use PhoneFault::*;
        let ci = Some("CI");
        for (text, home, wanted) in [
            ("+225 07 00 00 00 00", None, Ok("+2250700000000")),
            ("002250700000000", None, Ok("+2250700000000")),
            ("2250700000000", None, Ok("+2250700000000")),
            ("2250700000000", ci, Ok("+2250700000000")),
            ("0700000000", ci, Ok("+2250700000000")),
            ("07.00.00.00.00", ci, Ok("+2250700000000")),
            ("07\u{202f}00\u{202f}00\u{202f}00\u{202f}00", ci, Ok("+2250700000000")),
            ("241234567", Some("GH"), Ok("+233241234567")),
            ("221770000000", ci, Ok("+221770000000")),
            ("+221 77 000 00 00", ci, Ok("+221770000000")),
            ("700000000", ci, Err(LostZero(country("CI")))),
            ("225700000000", None, Err(LostZero(country("CI")))),
            ("225700000000", ci, Err(LostZero(country("CI")))),
            ("0700000000", None, Err(Plan(PhoneErrorKind::NoCountryCode))),
            ("2.25E+12", ci, Err(Scientific)),
            ("2,25070E+12", None, Err(Scientific)),
            ("2250700000000.0", None, Err(Decimals)),
            ("2250700000000,00", None, Err(Decimals)),
            ("=2250700000000", None, Err(Formula)),
            ("+A1", None, Err(Formula)),
            ("+225+07", None, Err(Several)),
            ("+2250700000000/+2250500000000", None, Err(Several)),
            ("@SUM(A1)", None, Err(Formula)),
            ("-2250700000000", None, Err(Negative)),
            ("0700000000/0500000000", ci, Err(Several)),
            ("N/A", ci, Err(Plan(PhoneErrorKind::NotDigits))),
            ("+225070000000O", None, Err(Formula)),
            ("inconnu", ci, Err(Plan(PhoneErrorKind::NotDigits))),
        ] {
            assert_eq!(read(text, home), wanted.map(str::to_owned), "{text:?} in {home:?}");
        }
    }

    #[test]
    fn a_number_of_a_country_without_a_plan_needs_its_plus() {
        assert_eq!(read("+33612345678", None), Ok("+33612345678".to_owned()));
        assert_eq!(read("33612345678", None), Err(PhoneFault::Plan(PhoneErrorKind::NoCountryCode)));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(digits in "(2250[157][0-9]{8}|221[0-9]{9}|226[0-9]{8}|23767[0-9]{7}|254[1-9][0-9]{8})") {
            let phone = PhoneNumber::parse(&format!("+{digits}")).unwrap();
            let home = phone.country();
            for text in [
                phone.e164().to_owned(),
                phone.msisdn().to_owned(),
                format!("00{}", phone.msisdn()),
                phone.e164().chars().flat_map(|sign| [sign, ' ']).collect(),
            ] {
                prop_assert_eq!(parse(&text, home), Ok(phone.clone()), "{}", text);
                prop_assert_eq!(parse(&text, None), Ok(phone.clone()), "{}", text);
            }
        }

        #[test]
        fn no_digit_is_made_up_or_lost(text in "[+]?[0-9 .,()-]{1,22}", home in prop::option::of(prop::sample::select(vec!["CI", "SN", "GH", "BF", "NG", "FR"]))) {
            if let Ok(phone) = parse(&text, home.map(country)) {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                // All that may go is what comes before the national number: 00, the code, a trunk zero.
                prop_assert!(digits.ends_with(phone.national()), "{}", text);
                let before = &digits[..digits.len() - phone.national().len()];
                let code = phone.calling_code();
                let forms = [String::new(), "0".into(), code.into(), format!("00{code}"), format!("{code}0"), format!("00{code}0")];
                prop_assert!(forms.iter().any(|form| form == before), "{}", text);
                prop_assert!(!text.trim().starts_with('-'));
            }
        }

        #[test]
        fn any_text_is_looked_at(text in any::<String>()) {
            let _ = parse(&text, None);
            let _ = parse(&text, Some(country("CI")));
        }
    }
}
