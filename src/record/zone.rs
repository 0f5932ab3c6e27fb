//! The calendar of a site: which date it was there, since rulings count in site-local calendar dates.
//!
//! The rules of the zones are compiled in, never the machine's: two machines answer the same.

use super::{Millis, PartialDate};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::fmt::Write as _;

const DAY: i64 = 86_400_000;

/// Years whose changes of the clock [`Zone::rules`] spells out.
const SPELT: [&str; 2] = ["1990-01-01T00:00:00Z", "2100-01-01T00:00:00Z"];

/// A time zone; UTC where a site names none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone(Option<TimeZone>);

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(None);

    /// The zone of this name in the IANA database, such as `Europe/London`; `None` where there is no such zone.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TimeZoneDatabase::bundled().get(name).ok().map(|zone| Self(Some(zone)))
    }

    /// The calendar date of a time there, in days since 1970-01-01.
    #[must_use]
    pub fn day(&self, at: Millis) -> i64 {
        at.0.saturating_add(self.offset_ms(at)).div_euclid(DAY)
    }

    /// The year of a time there; `None` outside [`super::YEARS`].
    #[must_use]
    pub fn year(&self, at: Millis) -> Option<u32> {
        Some(Millis(at.0.saturating_add(self.offset_ms(at))).date()?.year())
    }

    /// The first moment there of a date that is known to the day.
    #[must_use]
    pub fn start_of_day(&self, date: PartialDate) -> Option<Millis> {
        let Some(zone) = &self.0 else { return date.days().map(|days| Millis(days.saturating_mul(DAY))) };
        let part = |part: Option<u32>| i8::try_from(part?).ok();
        let date = jiff::civil::date(i16::try_from(date.year()).ok()?, part(date.month())?, part(date.day())?);
        let start = zone.to_zoned(date.to_datetime(jiff::civil::Time::midnight())).ok()?.start_of_day().ok()?;
        Some(Millis(start.timestamp().as_millisecond()))
    }

    /// The offsets of the zone and when they change, a line each: what the zone is, whatever its name.
    #[must_use]
    pub fn rules(&self) -> String {
        let mut text = String::new();
        let ends = SPELT.map(str::parse::<Timestamp>);
        let (Some(zone), [Ok(from), Ok(until)]) = (&self.0, ends) else { return text };
        let _ = writeln!(text, "{}", zone.to_offset(from).seconds());
        for change in zone.following(from).take_while(|change| change.timestamp() < until) {
            let _ = writeln!(text, "{} {}", change.timestamp().as_second(), change.offset().seconds());
        }
        text
    }

    fn offset_ms(&self, at: Millis) -> i64 {
        let Some(zone) = &self.0 else { return 0 };
        Timestamp::from_millisecond(at.0).map_or(0, |at| i64::from(zone.to_offset(at).seconds()) * 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(text: &str) -> Millis {
        Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn day(text: &str) -> i64 {
        text.parse::<PartialDate>().unwrap().days().unwrap()
    }

    #[rstest]
    #[case::before_midnight_in_winter("Europe/Berlin", "2025-03-01T22:59:59.999Z", "2025-03-01")]
    #[case::midnight_in_winter("Europe/Berlin", "2025-03-01T23:00:00Z", "2025-03-02")]
    #[case::before_midnight_in_summer("Europe/Berlin", "2025-06-01T21:59:59.999Z", "2025-06-01")]
    #[case::midnight_in_summer("Europe/Berlin", "2025-06-01T22:00:00Z", "2025-06-02")]
    #[case::the_night_of_the_change("Europe/Berlin", "2025-03-29T23:00:00Z", "2025-03-30")]
    #[case::the_night_after_it("Europe/Berlin", "2025-03-30T22:00:00Z", "2025-03-31")]
    #[case::west("America/New_York", "2025-03-02T04:59:59.999Z", "2025-03-01")]
    #[case::half_an_hour("Asia/Kolkata", "2025-03-01T18:30:00Z", "2025-03-02")]
    #[case::before_1970("Europe/London", "1969-12-31T22:59:59.999Z", "1969-12-31")]
    fn a_date_is_that_of_the_site(#[case] zone: &str, #[case] time: &str, #[case] date: &str) {
        assert_eq!(Zone::named(zone).unwrap().day(at(time)), day(date));
    }

    #[rstest]
    #[case::winter("Europe/Berlin", "2025-03-01", "2025-02-28T23:00:00Z")]
    #[case::summer("Europe/Berlin", "2025-06-01", "2025-05-31T22:00:00Z")]
    #[case::west("America/New_York", "2025-06-01", "2025-06-01T04:00:00Z")]
    #[case::a_day_without_midnight("America/Santiago", "2024-09-08", "2024-09-08T04:00:00Z")]
    fn a_day_begins_when_the_site_says(#[case] zone: &str, #[case] date: &str, #[case] start: &str) {
        let zone = Zone::named(zone).unwrap();
        assert_eq!(zone.start_of_day(date.parse().unwrap()), Some(at(start)));
        assert_eq!((zone.day(at(start)), zone.day(Millis(at(start).0 - 1))), (day(date), day(date) - 1));
    }

    #[test]
    fn utc_is_the_zone_of_a_site_that_names_none() {
        assert_eq!(Zone::default(), Zone::UTC);
        assert_eq!(Zone::UTC.day(at("2025-03-01T23:59:59.999Z")), day("2025-03-01"));
        assert_eq!(Zone::UTC.start_of_day("2025-03-01".parse().unwrap()), Some(at("2025-03-01T00:00:00Z")));
        assert_eq!(Zone::UTC.start_of_day("2025-03".parse().unwrap()), None);
        assert_eq!(Zone::named("Europe/Berlin").unwrap().start_of_day("2025-03".parse().unwrap()), None);
    }

    #[test]
    fn a_year_is_the_sites_too() {
        let eve = at("2025-12-31T23:30:00Z");
        assert_eq!((Zone::UTC.year(eve), Zone::named("Europe/Berlin").unwrap().year(eve)), (Some(2025), Some(2026)));
    }

    #[test]
    fn a_name_that_is_no_zone_is_none() {
        assert_eq!((Zone::named("Europe/Atlantis"), Zone::named("")), (None, None));
    }

    #[test]
    fn the_rules_of_a_zone_are_what_it_says_of_every_day() {
        let rules = Zone::named("Europe/Berlin").unwrap().rules();
        assert_eq!(rules.lines().next(), Some("3600"));
        let change = format!("{} 7200", at("2025-03-30T01:00:00Z").0 / 1000);
        assert!(rules.lines().any(|line| line == change) && rules.lines().count() > 200, "{rules}");
        assert_eq!(Zone::named("Europe/Berlin").unwrap().rules(), Zone::named("Europe/Paris").unwrap().rules());
        assert_eq!(Zone::UTC.rules(), "");
    }
}
