//! A point in time as the gateways write it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Microseconds since 1970 in UTC. All three gateways write UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Moment(u64);

impl Moment {
    pub(crate) fn from_unix_micros(micros: u64) -> Moment {
        Moment(micros)
    }

    #[cfg(feature = "store")]
    pub(crate) fn unix_micros(self) -> u64 {
        self.0
    }

    pub(crate) fn plus(self, span: Duration) -> Moment {
        Moment(self.0.saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)))
    }

    /// So many microseconds later, or earlier.
    pub(crate) fn shifted(self, micros: i64) -> Moment {
        Moment(self.0.saturating_add_signed(micros))
    }

    /// How many microseconds `other` is later than this.
    pub(crate) fn distance(self, other: Moment) -> i64 {
        let span = i64::try_from(self.0.abs_diff(other.0)).unwrap_or(i64::MAX);
        if other.0 < self.0 { -span } else { span }
    }

    /// The time from here to `later`; nothing when it has passed.
    pub(crate) fn until(self, later: Moment) -> Duration {
        Duration::from_micros(later.0.saturating_sub(self.0))
    }

    pub(crate) fn unix_seconds(self) -> u64 {
        self.0 / MICROS
    }

    /// `1632143554.8513`, the form of CinetPay's `api_response_id`.
    pub(crate) fn seconds_and_fraction(self) -> String {
        format!("{}.{:04}", self.unix_seconds(), self.0 % MICROS / 100)
    }

    /// `2021-10-05 06:58:02`.
    pub(crate) fn date_time(self) -> String {
        let civil = self.civil();
        format!("{} {:02}:{:02}:{:02}", civil.date(), civil.hour, civil.minute, civil.second)
    }

    /// `2021-10-05 06:58:02.123456`.
    pub(crate) fn date_time_micros(self) -> String {
        format!("{}.{:06}", self.date_time(), self.0 % MICROS)
    }

    /// `2021-10-05`.
    pub(crate) fn date(self) -> String {
        self.civil().date()
    }

    /// `2021-10-05T06:58:02Z`.
    pub(crate) fn rfc3339(self) -> String {
        let civil = self.civil();
        format!("{}T{:02}:{:02}:{:02}Z", civil.date(), civil.hour, civil.minute, civil.second)
    }

    /// `211005.065802`, the time stamp inside CinetPay's transfer ids.
    pub(crate) fn compact(self) -> String {
        let Civil { year, month, day, hour, minute, second } = self.civil();
        format!("{:02}{month:02}{day:02}.{hour:02}{minute:02}{second:02}", year % 100)
    }

    /// Days to a civil date by the proleptic Gregorian calendar, counted in eras of 400 years.
    fn civil(self) -> Civil {
        let seconds = self.unix_seconds();
        let shifted = seconds / 86_400 + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        Civil {
            year: year_of_era + era * 400 + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * march_month + 2) / 5 + 1,
            hour: seconds / 3_600 % 24,
            minute: seconds / 60 % 60,
            second: seconds % 60,
        }
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Moment {
        Moment(0).plus(time.duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

struct Civil {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Civil {
    fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

const MICROS: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// The pairs of lot number and transaction id that CinetPay's own samples show.
    #[test]
    fn agrees_with_the_ids_of_the_documents() {
        let at = |seconds: u64| Moment(seconds * MICROS);
        assert_eq!(at(1_633_417_082).compact(), "211005.065802");
        assert_eq!(at(1_530_102_473).compact(), "180627.122753");
        assert_eq!(at(1_530_102_473).date_time(), "2018-06-27 12:27:53");
    }

    #[test]
    fn knows_leap_years_and_the_turn_of_the_year() {
        let at = |seconds: u64| Moment(seconds * MICROS).rfc3339();
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_709_164_800), "2024-02-29T00:00:00Z");
        assert_eq!(at(1_735_689_599), "2024-12-31T23:59:59Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn writes_the_fraction_of_a_second() {
        assert_eq!(Moment(1_632_143_554_851_399).seconds_and_fraction(), "1632143554.8513");
        assert_eq!(Moment(1_606_298_912_832_969).date_time_micros(), "2020-11-25 10:08:32.832969");
    }
}
