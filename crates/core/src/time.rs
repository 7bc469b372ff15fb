//! A point in time, without a clock: whoever has one hands it in.

use core::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub struct UnixTime {
    /// Milliseconds; negative before 1970.
    pub millis: i64,
}

impl UnixTime {
    /// A time from whole seconds since 1970.
    ///
    /// ```
    /// use nzimbu_core::UnixTime;
    /// assert_eq!(UnixTime::from_secs(2).millis, 2_000);
    /// ```
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self { millis: secs.saturating_mul(1_000) }
    }

    /// This time moved forward; it stops at the end of the range.
    #[must_use]
    pub fn plus(self, delay: Duration) -> Self {
        let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        Self { millis: self.millis.saturating_add(millis) }
    }

    /// How long it has been since `earlier`; zero if that lies in the future, as after a clock was set back.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.millis.saturating_sub(earlier.millis)).unwrap_or(0))
    }

    /// Reads `YYYY-MM-DD HH:MM:SS`, optionally with a fraction of a second, as UTC.
    ///
    /// Returns nothing for blanks, impossible dates and every other form.
    /// CinetPay's server clock reads as UTC (the last ten digits of a `lot` equal the time in its
    /// `transaction_id`); Bitlipa names no zone, and this reading is an assumption there.
    #[must_use]
    pub fn parse_utc(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let clock = rest.strip_prefix([' ', 'T'])?;
        let clock = clock.strip_suffix('Z').unwrap_or(clock);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        let [year, month, day] = numbers(date, b'-', [4, 2, 2])?;
        let [hour, minute, second] = numbers(clock, b':', [2, 2, 2])?;
        let real = (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 61;
        if !real || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let millis = fraction.bytes().chain(core::iter::repeat(b'0')).take(3);
        let millis = millis.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
        Some(Self { millis: seconds * 1_000 + millis })
    }
}

fn numbers(text: &str, separator: u8, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut rest = text.as_bytes();
    let mut read = [0; 3];
    for (at, (slot, width)) in read.iter_mut().zip(widths).enumerate() {
        if at > 0 {
            rest = rest.strip_prefix(&[separator])?;
        }
        let (digits, after) = rest.split_at_checked(width)?;
        for digit in digits {
            let value = i64::from(digit.wrapping_sub(b'0'));
            if value > 9 {
                return None;
            }
            *slot = *slot * 10 + value;
        }
        rest = after;
    }
    rest.is_empty().then_some(read)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts days of the Gregorian calendar with years that begin in March, so that leap days come last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::UnixTime;

    #[test]
    fn documented_times_are_read_as_utc() {
        // CinetPay's samples: the date of a transfer and the Unix time at the end of its lot.
        let told = |text| UnixTime::parse_utc(text).map(|time| time.millis);
        assert_eq!(told("2018-06-27 12:27:53"), Some(1_530_102_473_000));
        assert_eq!(told("2021-10-05 06:58:02"), Some(1_633_417_082_000));
        assert_eq!(told("2020-11-25 10:08:32.832969"), Some(1_606_298_912_832));
        assert_eq!(told("2023-11-07T05:31:56Z"), Some(1_699_335_116_000));
        for wrong in [
            "",
            " ",
            "2024-02-30 00:00:00",
            "2024-13-01 00:00:00",
            "2024-1-01 00:00:00",
            "2024-01-01",
            "024-03-09 08:15:451",
        ] {
            assert_eq!(told(wrong), None, "{wrong:?}");
        }
        assert_eq!(told("2024-02-29 23:59:59"), Some(1_709_251_199_000));
    }
}
