//! Amounts as spreadsheets and people write them.
//!
//! The rule above all others: a number is never read as another number. What two conventions read differently is
//! refused, and the remedy names what settles it.

use clap::ValueEnum;
use nzimbu::{Currency, Money};

/// The sign before the decimals.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum DecimalMark {
    /// 1.000,50 and 1 000,50
    Comma,
    /// 1,000.50 and 1 000.50
    Point,
}

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AmountFault {
    /// Three digits follow the one comma or point: decimals to some, thousands to others.
    Ambiguous,
    /// More decimals than the currency has.
    Decimals(Currency),
    /// A character that is neither a digit nor a separator.
    Form,
    /// Digits are not in groups of three, or the groups have different separators.
    Grouping,
    /// A zero comes first, as in a phone number or a code.
    LeadingZero,
    Negative,
    /// Beyond what an amount can be.
    Range,
    /// The spreadsheet has shortened the number.
    Scientific,
}

/// Reads an amount in major units. Without a mark, only what every convention reads alike is read.
pub(crate) fn parse(text: &str, currency: Currency, mark: Option<DecimalMark>) -> Result<Money, AmountFault> {
    let written = Written::read(text)?;
    let (groups, decimals) = written.split(mark)?;
    let whole = groups.concat();
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(AmountFault::LeadingZero);
    }
    let (kept, spare) =
        decimals.split_at_checked(currency.exponent() as usize).unwrap_or((decimals.as_str(), ""));
    if spare.bytes().any(|digit| digit != b'0') {
        return Err(AmountFault::Decimals(currency));
    }
    let plain = if kept.is_empty() { whole } else { format!("{whole}.{kept}") };
    // Nothing but digits and a point is left, and no decimal too many.
    Money::parse_major(&plain, currency).map_err(|_| AmountFault::Range)
}

/// Whether a text is a number in scientific notation.
pub(crate) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.split_once(['.', ',']).map_or(digits(mantissa), |(whole, decimals)| {
        digits(whole) && (decimals.is_empty() || digits(decimals))
    });
    mantissa && digits(exponent.trim_start_matches(['+', '-']))
}

/// Groups of digits and the separators between them.
struct Written<'t> {
    groups: Vec<&'t str>,
    separators: Vec<Separator>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Separator {
    Apostrophe,
    Blank,
    Comma,
    Point,
}

impl<'t> Written<'t> {
    fn read(text: &'t str) -> Result<Self, AmountFault> {
        let text = text.trim();
        if text.starts_with(['-', '\u{2212}', '(']) || text.ends_with('-') {
            return Err(AmountFault::Negative);
        }
        if is_scientific(text) {
            return Err(AmountFault::Scientific);
        }
        let mut written = Self { groups: Vec::new(), separators: Vec::new() };
        let mut start = 0;
        for (at, sign) in text.char_indices().filter(|(_, sign)| !sign.is_ascii_digit()) {
            written.separators.push(match sign {
                '\'' | '\u{2019}' => Separator::Apostrophe,
                ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}' => Separator::Blank,
                ',' => Separator::Comma,
                '.' => Separator::Point,
                _ => return Err(AmountFault::Form),
            });
            written.groups.push(&text[start..at]);
            start = at + sign.len_utf8();
        }
        written.groups.push(&text[start..]);
        if written.groups.iter().any(|group| group.is_empty()) {
            return Err(AmountFault::Form);
        }
        Ok(written)
    }

    /// The groups of the whole part, and the decimals.
    fn split(mut self, mark: Option<DecimalMark>) -> Result<(Vec<&'t str>, String), AmountFault> {
        let decimals = match self.decimal_mark(mark)? {
            None => String::new(),
            Some(mark) => {
                // The mark comes once and last.
                if self.separators.pop() != Some(mark) || self.separators.contains(&mark) {
                    return Err(AmountFault::Grouping);
                }
                self.groups.pop().unwrap_or_default().to_owned()
            }
        };
        let alike = self.separators.windows(2).all(|pair| pair[0] == pair[1]);
        let (first, rest) = self.groups.split_first().ok_or(AmountFault::Form)?;
        let threes = rest.is_empty() || first.len() <= 3 && rest.iter().all(|group| group.len() == 3);
        if alike && threes { Ok((self.groups, decimals)) } else { Err(AmountFault::Grouping) }
    }

    /// The separator before the decimals, if there are any.
    fn decimal_mark(&self, told: Option<DecimalMark>) -> Result<Option<Separator>, AmountFault> {
        if let Some(told) = told {
            let mark = match told {
                DecimalMark::Comma => Separator::Comma,
                DecimalMark::Point => Separator::Point,
            };
            return Ok(self.separators.contains(&mark).then_some(mark));
        }
        let mut marks =
            self.separators.iter().filter(|mark| [Separator::Comma, Separator::Point].contains(mark));
        let count = marks.clone().count();
        let Some(last) = marks.next_back() else { return Ok(None) };
        // The same sign several times stands between thousands.
        if count > 1 && marks.all(|mark| mark == last) {
            return Ok(None);
        }
        // With three digits behind it, a decimal sign to one is a thousand to another, and often a slip.
        let after = self.groups.last().map_or(0, |group| group.len());
        if after == 3 { Err(AmountFault::Ambiguous) } else { Ok(Some(*last)) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, currency: Currency) -> Result<u64, AmountFault> {
        parse(text, currency, None).map(Money::minor)
    }

    #[test]
    fn amounts_are_read_as_people_mean_them() {
        use AmountFault::*;
        let (xof, ghs) = (Currency::Xof, Currency::Ghs);
        for (text, currency, wanted) in [
            ("1000", xof, Ok(1000)),
            ("0", xof, Ok(0)),
            ("1 000", xof, Ok(1000)),
            ("1\u{202f}000\u{202f}000", xof, Ok(1_000_000)),
            ("1\u{a0}000,00", xof, Ok(1000)),
            ("1 000,50", ghs, Ok(100_050)),
            ("1.000,50", ghs, Ok(100_050)),
            ("1,000.50", ghs, Ok(100_050)),
            ("1'000.5", ghs, Ok(100_050)),
            ("1.000.000", xof, Ok(1_000_000)),
            ("1,000,000", xof, Ok(1_000_000)),
            ("12,5", ghs, Ok(1250)),
            ("12.5000", ghs, Ok(1250)),
            ("1000.0", xof, Ok(1000)),
            ("1.000", xof, Err(Ambiguous)),
            ("1,000", ghs, Err(Ambiguous)),
            ("1 000,000", ghs, Err(Ambiguous)),
            ("1500.000", xof, Err(Ambiguous)),
            ("1000,50", xof, Err(Decimals(xof))),
            ("12.3456", ghs, Err(Decimals(ghs))),
            ("1,00,000", xof, Err(Grouping)),
            ("1 00", xof, Err(Grouping)),
            ("10 0000", xof, Err(Grouping)),
            ("1 000.000 000", xof, Err(Ambiguous)),
            ("1 000.50 0", ghs, Err(Grouping)),
            ("1.000,5,5", ghs, Err(Grouping)),
            ("0700000000", xof, Err(LeadingZero)),
            ("-1000", xof, Err(Negative)),
            ("(1000)", xof, Err(Negative)),
            ("1000-", xof, Err(Negative)),
            ("1E+06", xof, Err(Scientific)),
            ("1,5e6", xof, Err(Scientific)),
            ("1000 XOF", xof, Err(Form)),
            ("1O00", xof, Err(Form)),
            ("1000.", xof, Err(Form)),
            (".50", ghs, Err(Form)),
            ("1  000", xof, Err(Form)),
            ("+1000", xof, Err(Form)),
            ("\u{661}\u{660}", xof, Err(Form)),
            ("", xof, Err(Form)),
            ("99999999999999999999", xof, Err(Range)),
        ] {
            assert_eq!(read(text, currency), wanted, "{text:?} {currency}");
        }
    }

    #[test]
    fn a_mark_that_was_told_settles_it() {
        let read = |text, mark| parse(text, Currency::Ghs, Some(mark)).map(Money::minor);
        assert_eq!(read("1.000", DecimalMark::Comma), Ok(100_000));
        assert_eq!(read("1.000", DecimalMark::Point), Ok(100));
        assert_eq!(read("1500.000", DecimalMark::Point), Ok(150_000));
        assert_eq!(read("1500.000", DecimalMark::Comma), Err(AmountFault::Grouping));
        assert_eq!(read("12.50", DecimalMark::Comma), Err(AmountFault::Grouping));
        assert_eq!(read("1.000,5", DecimalMark::Point), Err(AmountFault::Grouping));
    }

    /// The number as every convention would read it, digits before and after the mark, by another way than ours:
    /// one convention at a time, with strict groups.
    fn readings(text: &str) -> Vec<(String, String)> {
        let conventions = [(',', ". '"), (',', " "), (',', "."), ('.', ", '"), ('.', " "), ('.', ",")];
        let mut found = Vec::new();
        for (mark, thousands) in conventions {
            let (whole, decimals) = text.split_once(mark).unwrap_or((text, ""));
            if !decimals.bytes().all(|byte| byte.is_ascii_digit()) || text.ends_with(mark) {
                continue;
            }
            for separator in thousands.chars() {
                let parts: Vec<_> = whole.split(separator).collect();
                let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                let grouped = parts[0].len() <= 3 && parts[1..].iter().all(|part| part.len() == 3);
                if parts.iter().all(digits) && (parts.len() == 1 || grouped) {
                    let decimals = decimals.trim_end_matches('0').to_owned();
                    found.push((parts.concat().trim_start_matches('0').to_owned(), decimals));
                }
            }
        }
        found
    }

    fn thousands(digits: &str, separator: &str) -> String {
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push_str(separator);
            }
            text.push(digit);
        }
        text
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(minor in 0..=i64::MAX.unsigned_abs(), which in 0..Currency::ALL.len()) {
            let currency = Currency::ALL[which];
            let money = Money::from_minor(minor, currency).unwrap();
            let plain = money.to_major();
            prop_assert_eq!(parse(&plain, currency, None), Ok(money));
            let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
            for (separator, mark) in [(" ", ","), ("\u{202f}", ","), ("\u{a0}", ","), (".", ","), (",", "."), ("'", ".")] {
                let grouped = thousands(whole, separator);
                let text = if decimals.is_empty() { grouped.clone() } else { format!("{grouped}{mark}{decimals}") };
                let told = if mark == "," { DecimalMark::Comma } else { DecimalMark::Point };
                prop_assert_eq!(parse(&text, currency, Some(told)), Ok(money), "{}", text);
                // Without being told, it is read alike or not at all.
                let untold = parse(&text, currency, None);
                prop_assert!(untold == Ok(money) || untold == Err(AmountFault::Ambiguous), "{}", text);
            }
        }

        #[test]
        fn a_number_is_never_read_as_another(text in "[0-9]{1,4}([ .,'][0-9]{1,4}){0,3}", which in 0..Currency::ALL.len()) {
            let currency = Currency::ALL[which];
            if let Ok(money) = parse(&text, currency, None) {
                let plain = money.to_major();
                let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
                let ours = (whole.trim_start_matches('0').to_owned(), decimals.trim_end_matches('0').to_owned());
                let readings = readings(&text);
                prop_assert!(!readings.is_empty(), "{} is no number to anybody", text);
                for reading in readings {
                    prop_assert_eq!(&reading, &ours, "{}", text);
                }
            }
        }

        #[test]
        fn any_text_is_looked_at(text in any::<String>()) {
            for mark in [None, Some(DecimalMark::Comma), Some(DecimalMark::Point)] {
                if let Ok(money) = parse(&text, Currency::Zmw, mark) {
                    prop_assert_eq!(parse(&money.to_major(), Currency::Zmw, None), Ok(money));
                }
            }
        }
    }
}
