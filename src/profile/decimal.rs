//! Exact decimal numbers: what a laboratory printed, without the rounding of binary floating point (ruling 6).

use std::fmt;

/// A decimal number with ten places after the point, exact in comparisons, sums and multiples.
///
/// Ten places hold a weight in pounds of two decimals as kilograms, and every printed laboratory value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

impl Decimal {
    /// Units in 1.
    pub const ONE: i128 = 10_000_000_000;

    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The decimal number that was printed where a record holds this `f64`; `None` if it is no number or too large
    /// (above 9·10⁸).
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        Self::from_units(scaled(value)?)
    }

    /// A number of so many units of 10⁻¹⁰.
    #[must_use]
    pub fn from_units(units: i128) -> Option<Self> {
        i64::try_from(units).ok().map(Self)
    }

    /// A whole number; `None` above 9·10⁸.
    #[must_use]
    pub fn from_whole(whole: i64) -> Option<Self> {
        Self::from_units(i128::from(whole) * Self::ONE)
    }

    /// Units of 10⁻¹⁰.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0 as i128
    }

    /// The whole part, towards zero.
    #[must_use]
    pub const fn whole(self) -> i64 {
        self.0 / Self::ONE as i64
    }

    /// The nearest binary number, for display and metrics only.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::ONE as f64
    }

    /// So many hours, in milliseconds.
    #[must_use]
    pub const fn hours_ms(self) -> i64 {
        self.times(3_600_000, (9, 25_000))
    }

    /// So many minutes, in milliseconds.
    #[must_use]
    pub const fn minutes_ms(self) -> i64 {
        self.times(60_000, (3, 500_000))
    }

    /// So many days of 24 hours, in milliseconds.
    #[must_use]
    pub const fn days_ms(self) -> i64 {
        self.times(86_400_000, (27, 3_125))
    }

    /// So many times `factor`, towards zero. `over` is `factor` over [`Self::ONE`] in lowest terms: a division of 128 bits
    /// takes ten times as long as the rest of a comparison.
    const fn times(self, factor: i128, over: (i64, i64)) -> i64 {
        match self.0.checked_mul(over.0) {
            Some(product) => product / over.1,
            None => (self.0 as i128 * factor / Self::ONE) as i64,
        }
    }
}

/// Units of 10⁻¹⁰ of the decimal number nearest to `value`; `None` if it is no number, or above 9·10¹⁵.
///
/// A double holds 15 significant decimal digits, so the steps below find the printed number again wherever it had no
/// more: ten places below 200,000, three places below 10¹², none above.
#[must_use]
pub(super) fn scaled(value: f64) -> Option<i128> {
    let size = value.abs();
    if size < 2e5 {
        Some((value * 1e10).round() as i128)
    } else if size < 1e12 {
        Some((value * 1e3).round() as i128 * 10_000_000)
    } else if size < 9e15 {
        Some(value.round() as i128 * Decimal::ONE)
    } else {
        None
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.0.unsigned_abs();
        let one = Self::ONE as u64;
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", units / one)?;
        let fraction = format!("{:010}", units % one);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { Ok(()) } else { write!(f, ".{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(73.5, "73.5")]
    #[case(0.1, "0.1")]
    #[case(34.208, "34.208")]
    #[case(0.45359237, "0.45359237")]
    #[case(-17.2222222222, "-17.2222222222")]
    #[case(199_999.99, "199999.99")]
    #[case(210_000.0, "210000")]
    #[case(0.0, "0")]
    #[case(0.1 + 0.2, "0.3")]
    fn a_double_becomes_the_number_that_was_printed(#[case] value: f64, #[case] printed: &str) {
        assert_eq!(Decimal::from_f64(value).unwrap().to_string(), printed);
    }

    #[test]
    fn what_is_no_number_or_too_large_is_none() {
        for value in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e9, 1e300] {
            assert_eq!(Decimal::from_f64(value), None, "{value}");
        }
    }

    #[rstest]
    #[case(48.0)]
    #[case(0.5)]
    #[case(0.0000000001)]
    #[case(-6.25)]
    #[case(56.3333333333)]
    #[case(900_000_000.0)]
    fn spans_of_time_are_exact(#[case] number: f64) {
        let number = Decimal::from_f64(number).unwrap();
        let exact = |factor: i128| i64::try_from(number.units() * factor / Decimal::ONE).unwrap();
        assert_eq!(number.hours_ms(), exact(3_600_000));
        assert_eq!(number.minutes_ms(), exact(60_000));
        assert_eq!(number.days_ms(), exact(86_400_000));
    }

    #[test]
    fn five_percent_is_five_percent() {
        let (weight, baseline) = (Decimal::from_f64(73.5).unwrap(), Decimal::from_f64(70.0).unwrap());
        assert_eq!(100 * (weight.units() - baseline.units()), 5 * baseline.units());
        let (weight, baseline) = (std::hint::black_box(73.5_f64), std::hint::black_box(70.0_f64));
        assert!((weight / baseline - 1.0) * 100.0 > 5.0, "binary floating point has it above");
    }

    #[test]
    fn durations() {
        assert_eq!(Decimal::from_f64(1.5).unwrap().hours_ms(), 5_400_000);
        assert_eq!(Decimal::from_f64(45.0).unwrap().minutes_ms(), 2_700_000);
        assert_eq!(Decimal::from_f64(7.0).unwrap().days_ms(), 604_800_000);
    }
}
