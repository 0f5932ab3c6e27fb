//! Time as data. When it happened and when we learned of it are different fields; a clock is never read here.

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// First and last year that a date of a record may name. Outside lie typing slips and placeholders (0000, 9999).
pub const YEARS: std::ops::RangeInclusive<i32> = 1870..=2199;

/// The first millisecond of [`YEARS`], and the first one after them.
const YEARS_BEGIN: i64 = -36_524 * 86_400_000;
const YEARS_END: i64 = 84_006 * 86_400_000;

/// Text of the serde error for a date or time outside [`YEARS`]; the decoders name the reject after it.
pub const OUT_OF_RANGE: &str = "date out of range";

/// A point in time, milliseconds since 1970-01-01T00:00:00Z. In JSON an RFC 3339 string (a number of milliseconds is
/// read too), in Avro `timestamp-millis`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

impl Millis {
    /// True within [`YEARS`].
    #[must_use]
    pub const fn in_range(self) -> bool {
        YEARS_BEGIN <= self.0 && self.0 < YEARS_END
    }

    /// The UTC calendar date; `None` outside [`YEARS`].
    #[must_use]
    pub fn date(self) -> Option<PartialDate> {
        let date = jiff::Timestamp::from_millisecond(self.0).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
        PartialDate::new(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MillisVisitor;
        impl Visitor<'_> for MillisVisitor {
            type Value = Millis;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time or milliseconds since 1970")
            }
            fn visit_i64<E: Error>(self, ms: i64) -> Result<Millis, E> {
                let time = Millis(ms);
                if time.in_range() { Ok(time) } else { Err(E::custom(OUT_OF_RANGE)) }
            }
            fn visit_u64<E: Error>(self, ms: u64) -> Result<Millis, E> {
                self.visit_i64(i64::try_from(ms).unwrap_or(i64::MAX))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Millis, E> {
                match jiff::Timestamp::from_str(text) {
                    Ok(time) => self.visit_i64(time.as_millisecond()),
                    // A well-formed time whose year is absurd is out of range, not malformed.
                    Err(_) if text.get(..4).is_some_and(|y| y.parse().is_ok_and(|y| !YEARS.contains(&y))) => {
                        Err(E::custom(OUT_OF_RANGE))
                    }
                    Err(_) => Err(E::invalid_value(Unexpected::Other("another string"), &self)),
                }
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(MillisVisitor)
        } else {
            deserializer.deserialize_i64(MillisVisitor)
        }
    }
}

/// A calendar date of the precision known: year, year and month, or the day. ISO 8601 text in JSON and in Avro.
///
/// Ordered by (year, month, day) with unknown parts first, so `2014 < 2014-12 < 2014-12-26`.
/// Never 0: a date that may be unknown takes four bytes in the memory of each case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate(NonZeroU32);

impl PartialDate {
    /// 1970-01-01.
    pub const EPOCH: Self = Self(NonZeroU32::MIN.saturating_add(19_700_100));

    /// A date from its parts, 0 for an unknown month or day; `None` if no such date exists or the year is outside [`YEARS`].
    #[must_use]
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        if !YEARS.contains(&year) || month > 12 || (month == 0 && day > 0) {
            return None;
        }
        if day > 0 {
            jiff::civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
                .ok()?;
        }
        NonZeroU32::new(u32::try_from(year).ok()? * 10_000 + u32::from(month) * 100 + u32::from(day)).map(Self)
    }

    /// Reads the compact form of E2B, FAERS and openFDA: `YYYY`, `YYYYMM` or `YYYYMMDD`; `00` parts are unknown.
    ///
    /// # Errors
    /// [`DateFault`] when the text is no such date, or one outside [`YEARS`].
    pub fn from_compact(text: &str) -> Result<Self, DateFault> {
        if !matches!(text.len(), 4 | 6 | 8) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DateFault::Malformed);
        }
        let part = |from: usize, to: usize| text.get(from..to).map_or(Ok(0), str::parse::<u8>).unwrap_or(u8::MAX);
        let year: i32 = text.get(..4).and_then(|y| y.parse().ok()).ok_or(DateFault::Malformed)?;
        Self::checked(year, part(4, 6), part(6, 8))
    }

    fn checked(year: i32, month: u8, day: u8) -> Result<Self, DateFault> {
        if YEARS.contains(&year) {
            Self::new(year, month, day).ok_or(DateFault::Malformed)
        } else {
            Err(DateFault::OutOfRange)
        }
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u32 {
        self.packed() / 10_000
    }

    /// The month, where known.
    #[must_use]
    pub const fn month(self) -> Option<u32> {
        match self.packed() / 100 % 100 {
            0 => None,
            month => Some(month),
        }
    }

    /// The day of the month, where known.
    #[must_use]
    pub const fn day(self) -> Option<u32> {
        match self.packed() % 100 {
            0 => None,
            day => Some(day),
        }
    }

    /// Days since 1970-01-01, where the day is known.
    #[must_use]
    pub fn days(self) -> Option<i64> {
        let date = jiff::civil::Date::new(
            i16::try_from(self.year()).ok()?,
            i8::try_from(self.month()?).ok()?,
            i8::try_from(self.day()?).ok()?,
        )
        .ok()?;
        Some(i64::from((date - jiff::civil::date(1970, 1, 1)).get_days()))
    }

    /// First and last day that the date may mean, in days since 1970-01-01.
    #[must_use]
    pub fn span(self) -> Option<(i64, i64)> {
        let months = match self.month() {
            Some(month) => (month, month),
            None => (1, 12),
        };
        let date = |month: u32, day: i8| {
            jiff::civil::Date::new(i16::try_from(self.year()).ok()?, i8::try_from(month).ok()?, day).ok()
        };
        let since_epoch = |date: jiff::civil::Date| i64::from((date - jiff::civil::date(1970, 1, 1)).get_days());
        match self.days() {
            Some(day) => Some((day, day)),
            None => Some((since_epoch(date(months.0, 1)?), since_epoch(date(months.1, 1)?.last_of_month()))),
        }
    }

    /// The date of a day, counted from 1970-01-01; `None` outside [`YEARS`].
    #[must_use]
    pub fn from_days(days: i64) -> Option<Self> {
        Millis(days.checked_mul(86_400_000)?).date()
    }

    /// The same day of the month so many months later, or that month's last day; `None` where the day is not known.
    #[must_use]
    pub fn months_later(self, months: i64) -> Option<Self> {
        let from = jiff::civil::Date::new(
            i16::try_from(self.year()).ok()?,
            i8::try_from(self.month()?).ok()?,
            i8::try_from(self.day()?).ok()?,
        )
        .ok()?;
        let to = from.checked_add(jiff::Span::new().try_months(months).ok()?).ok()?;
        Self::new(i32::from(to.year()), to.month().unsigned_abs(), to.day().unsigned_abs())
    }

    /// The packed form, `yyyymmdd` as a number with zeros for unknown parts.
    #[must_use]
    pub const fn packed(self) -> u32 {
        self.0.get()
    }

    /// The date of a [packed](Self::packed) number; `None` if it is none.
    #[must_use]
    pub fn from_packed(packed: u32) -> Option<Self> {
        let part = |number: u32| u8::try_from(number % 100).ok();
        Self::new(i32::try_from(packed / 10_000).ok()?, part(packed / 100)?, part(packed)?)
    }
}

/// Why a date could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateFault {
    /// No calendar date.
    #[error("not a date of the form YYYY, YYYY-MM or YYYY-MM-DD")]
    Malformed,
    /// A date, but of a year that no record of a living patient has.
    #[error("{OUT_OF_RANGE}")]
    OutOfRange,
}

impl FromStr for PartialDate {
    type Err = DateFault;
    fn from_str(text: &str) -> Result<Self, DateFault> {
        let shape_ok = match text.len() {
            4 => true,
            7 => text.as_bytes().get(4) == Some(&b'-'),
            10 => text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-'),
            _ => false,
        };
        let number = |from: usize, to: usize| -> Result<u32, DateFault> {
            let digits = text.as_bytes().get(from..to).unwrap_or_default();
            digits.iter().try_fold(0, |number, digit| match digit {
                b'0'..=b'9' => Ok(number * 10 + u32::from(digit - b'0')),
                _ => Err(DateFault::Malformed),
            })
        };
        if !shape_ok {
            return Err(DateFault::Malformed);
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let small = |n: u32| u8::try_from(n).map_err(|_| DateFault::Malformed);
        Self::checked(i32::try_from(year).map_err(|_| DateFault::Malformed)?, small(month)?, small(day)?)
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year())?;
        if let Some(month) = self.month() {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day() {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateVisitor;
        impl Visitor<'_> for DateVisitor {
            type Value = PartialDate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date YYYY, YYYY-MM or YYYY-MM-DD")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<PartialDate, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(DateVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_keep_their_precision() {
        for text in ["2014", "2014-12", "2014-12-26", "1900-02-28", "2024-02-29"] {
            assert_eq!(text.parse::<PartialDate>().unwrap().to_string(), text);
        }
        assert_eq!(PartialDate::from_compact("20141226").unwrap().to_string(), "2014-12-26");
        assert_eq!(PartialDate::from_compact("201211").unwrap().to_string(), "2012-11");
        assert_eq!(PartialDate::from_compact("20120000").unwrap().to_string(), "2012");
    }

    #[test]
    fn no_such_date_is_told_from_an_absurd_year() {
        for text in ["2023-02-29", "2014-13", "2014-1-1", "14-01-01", "", "2014-12-32", "+014-01-01", "2014-+1"] {
            assert_eq!(text.parse::<PartialDate>(), Err(DateFault::Malformed), "{text}");
        }
        for text in ["0000-01-01", "9999-12-31", "0000", "2200"] {
            assert_eq!(text.parse::<PartialDate>(), Err(DateFault::OutOfRange), "{text}");
        }
        assert_eq!(PartialDate::from_compact("99991231"), Err(DateFault::OutOfRange));
    }

    #[test]
    fn times_in_json_are_rfc_3339_or_milliseconds() {
        assert_eq!(serde_json::from_str::<Millis>("\"2025-03-01T08:00:00Z\"").unwrap(), Millis(1_740_816_000_000));
        assert_eq!(serde_json::from_str::<Millis>("\"2025-03-01T09:00:00+01:00\"").unwrap(), Millis(1_740_816_000_000));
        assert_eq!(serde_json::from_str::<Millis>("1740816000000").unwrap(), Millis(1_740_816_000_000));
        assert_eq!(serde_json::to_string(&Millis(1_740_816_000_000)).unwrap(), "\"2025-03-01T08:00:00Z\"");
        for absurd in ["\"0000-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59Z\"", "99999999999999999"] {
            assert!(serde_json::from_str::<Millis>(absurd).unwrap_err().to_string().contains(OUT_OF_RANGE), "{absurd}");
        }
    }

    #[test]
    fn the_range_of_times_is_that_of_the_years() {
        let year = |ms| jiff::Timestamp::from_millisecond(ms).unwrap().to_zoned(jiff::tz::TimeZone::UTC).year();
        for (inside, outside) in [(YEARS_BEGIN, YEARS_BEGIN - 1), (YEARS_END - 1, YEARS_END)] {
            assert!(YEARS.contains(&year(inside).into()) && Millis(inside).in_range());
            assert!(!YEARS.contains(&year(outside).into()) && !Millis(outside).in_range());
        }
        assert!(!Millis(i64::MIN).in_range() && !Millis(i64::MAX).in_range() && Millis(0).in_range());
    }

    #[test]
    fn a_partial_date_spans_the_days_that_it_may_mean() {
        let date = |text: &str| text.parse::<PartialDate>().unwrap();
        let span = |text: &str| {
            let (first, last) = date(text).span().unwrap();
            (PartialDate::from_days(first).unwrap(), PartialDate::from_days(last).unwrap())
        };
        assert_eq!(span("2024-02"), (date("2024-02-01"), date("2024-02-29")));
        assert_eq!(span("2025"), (date("2025-01-01"), date("2025-12-31")));
        assert_eq!(span("1969-12-31"), (date("1969-12-31"), date("1969-12-31")));
        assert_eq!(date("2025-01-31").months_later(8), Some(date("2025-09-30")));
        assert_eq!(date("2025-06-15").months_later(8), Some(date("2026-02-15")));
        assert_eq!(date("2025-06").months_later(8), None);
    }

    #[test]
    fn days_count_from_1970() {
        assert_eq!("1970-01-02".parse::<PartialDate>().unwrap().days(), Some(1));
        assert_eq!("1970-01".parse::<PartialDate>().unwrap().days(), None);
        assert_eq!("1970-01-01".parse(), Ok(PartialDate::EPOCH));
        assert_eq!(size_of::<Option<PartialDate>>(), 4);
    }
}
