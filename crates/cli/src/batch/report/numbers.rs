//! Amounts and times as people read them.

use nzimbu::{Currency, UnixTime};

use crate::batch::totals::decimal;
use crate::lang::Lang;

/// A sum with separators between thousands: `1,234.50` or `1 234,50`.
pub(super) fn amount(minor: u128, currency: Currency, lang: Lang) -> String {
    let plain = decimal(minor, currency);
    let (whole, decimals) =
        plain.split_once('.').map_or((&*plain, ""), |(whole, decimals)| (whole, decimals));
    let grouped = grouped(whole, lang);
    if decimals.is_empty() { grouped } else { format!("{grouped}{}{decimals}", lang.pick(".", ",")) }
}

/// The same on a terminal, whose fonts may lack the narrow blank.
pub(crate) fn amount_on_screen(minor: u128, currency: Currency) -> String {
    amount(minor, currency, Lang::spoken()).replace('\u{202f}', "\u{a0}")
}

/// A count with separators between thousands.
pub(super) fn count(rows: u64, lang: Lang) -> String {
    grouped(&rows.to_string(), lang)
}

fn grouped(digits: &str, lang: Lang) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push_str(lang.pick(",", "\u{202f}"));
        }
        text.push(digit);
    }
    text
}

/// `2026-05-31 14:05:09 UTC`.
pub(super) fn time(at: UnixTime) -> String {
    let seconds = at.millis.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The date so many days after 1970-01-01, in the calendar of eras of 400 years that begin in March.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_grouped_as_the_language_does() {
        assert_eq!(amount(123_450, Currency::Ghs, Lang::En), "1,234.50");
        assert_eq!(amount(123_450, Currency::Ghs, Lang::Fr), "1\u{202f}234,50");
        assert_eq!(amount(1_000_000, Currency::Xof, Lang::En), "1,000,000");
        assert_eq!(amount(7, Currency::Xof, Lang::En), "7");
        assert_eq!(count(999, Lang::Fr), "999");
    }

    proptest! {
        #[test]
        fn times_are_read_back(seconds in -62_000_000_000_i64..250_000_000_000) {
            let at = UnixTime::from_secs(seconds);
            let text = time(at);
            prop_assert_eq!(UnixTime::parse_utc(text.trim_end_matches(" UTC")), Some(at), "{}", text);
        }
    }
}
