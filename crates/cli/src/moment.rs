//! Points in time, for people and from their words.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nzimbu::UnixTime;

/// The time of day.
pub(crate) fn now() -> UnixTime {
    UnixTime::default().plus(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// As `2026-11-24 22:02:20 UTC`: whoever compares it with a gateway's back-office reads the same.
pub(crate) fn utc(time: UnixTime) -> String {
    format!("{} UTC", plain(time))
}

/// As `2026-11-24 22:02:20`, where UTC stands above.
pub(crate) fn plain(time: UnixTime) -> String {
    let seconds = time.millis.div_euclid(1_000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years that begin in March, so that leap days come last.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let of_era_year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = of_era_year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// A span such as `90s`, `15m`, `24h` or `30d`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    const FORM: &str = "write a number and s, m, h or d, as in 24h or 30d";
    let unit = text.chars().last().ok_or(FORM)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(FORM.to_owned()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| FORM)?;
    number
        .checked_mul(seconds)
        .filter(|all| *all <= MOST)
        .map(Duration::from_secs)
        .ok_or_else(|| FORM.to_owned())
}

/// A span back from now, or the beginning of a day such as `2026-11-24`, in UTC.
pub(crate) fn since(text: &str) -> Result<UnixTime, String> {
    if let Some(day) = UnixTime::parse_utc(&format!("{text} 00:00:00")) {
        return Ok(day);
    }
    let back = span(text).map_err(|told| format!("{told}, or a day as 2026-11-24"))?;
    let back = i64::try_from(back.as_millis()).unwrap_or(i64::MAX);
    Ok(UnixTime { millis: now().millis.saturating_sub(back) })
}

/// A hundred years.
const MOST: u64 = 100 * 366 * 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_it_is_read() {
        for text in
            ["1970-01-01 00:00:00", "2024-02-29 23:59:59", "2026-11-24 22:02:20", "2100-03-01 00:00:00"]
        {
            let time = UnixTime::parse_utc(text);
            assert_eq!(time.map(plain).as_deref(), Some(text));
        }
        assert_eq!(utc(UnixTime { millis: -1 }), "1969-12-31 23:59:59 UTC");
    }

    #[test]
    fn spans_have_a_number_and_a_unit() {
        assert_eq!(span("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(span("30d"), Ok(Duration::from_secs(30 * 86_400)));
        for wrong in ["", "d", "5", "-1d", "1y", "1.5h", "99999999999999999999d", "é"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
        assert_eq!(since("2026-11-24"), Ok(UnixTime::from_secs(1_795_478_400)));
        assert!(since("1h").is_ok_and(|time| time < now()));
    }
}
