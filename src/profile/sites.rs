//! What a hospital says of its own sites: their calendar, and the limits of normal that their messages leave out.
//!
//! It is a file of its own beside the profile, since a hospital knows it and the profile's authors do not. It joins the
//! profile's hash, the rules of its zones included: what decides is stamped on every decision.

use super::row::{Located, Reader, Row};
use super::{Analyte, Decimal, Faults, Profile, unit_spelling};
use crate::record::Zone;

/// No limit of normal is smaller or larger in any unit.
const LIMITS: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

/// One site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRow {
    /// Its name, as the heads of its records say it.
    pub site: String,
    /// Its calendar.
    pub zone: Zone,
    /// Upper limits of normal for messages without one.
    pub upper_limits: Vec<UpperLimit>,
}

/// A site's upper limit of normal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpperLimit {
    /// Of what.
    pub analyte: Analyte,
    /// In the analyte's canonical unit.
    pub value: Decimal,
    /// Where the site says so.
    pub source: String,
}

impl SiteRow {
    /// The site's upper limit of normal, canonical unit.
    #[must_use]
    pub fn upper_limit(&self, analyte: Analyte) -> Option<Decimal> {
        self.upper_limits.iter().find(|limit| limit.analyte == analyte).map(|limit| limit.value)
    }
}

/// The sites of a text, by name.
///
/// # Errors
/// Every fault of syntax, key, type, range, zone, analyte and unit; a site or a limit that is there twice.
pub(super) fn parse(profile: &Profile, text: &str) -> Result<Vec<SiteRow>, Faults> {
    let mut reader = Reader::new(text);
    let mut document = reader.document();
    let rows = document.rows(&mut reader, "sites");
    let mut sites: Vec<Located<SiteRow>> =
        super::load::located(rows, &mut reader, |row, reader| site(profile, row, reader));
    document.finish(&mut reader);
    sites.sort_by(|a, b| (&a.row.site, a.line).cmp(&(&b.row.site, b.line)));
    for pair in sites.windows(2) {
        if let [first, second] = pair
            && first.row.site == second.row.site
        {
            let what = format!("\"{}\" is there already, on line {}", second.row.site, first.line);
            reader.fault(second.line, format!("{}.site", second.key), what);
        }
    }
    match reader.into_faults() {
        Some(faults) => Err(faults),
        None => Ok(sites.into_iter().map(|site| site.row).collect()),
    }
}

fn site(profile: &Profile, row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<SiteRow> {
    let site = row.text(reader, "site");
    let zone = match row.located::<String>(reader, "zone") {
        None => Zone::UTC,
        Some((line, name)) => Zone::named(&name).unwrap_or_else(|| {
            reader.fault(line, row.path("zone"), format!("\"{name}\" is no time zone of the IANA database"));
            Zone::UTC
        }),
    };
    let mut upper_limits: Vec<UpperLimit> = Vec::new();
    if row.has("upper_limits") {
        let rows = row.rows(reader, "upper_limits");
        for place in super::load::located(rows, reader, |row, reader| upper_limit(profile, row, reader)) {
            if upper_limits.iter().any(|held| held.analyte == place.row.analyte) {
                let what = format!("{} is there already", place.row.analyte);
                reader.fault(place.line, format!("{}.analyte", place.key), what);
            }
            upper_limits.push(place.row);
        }
    }
    Some(SiteRow { site: site?, zone, upper_limits })
}

fn upper_limit(profile: &Profile, row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<UpperLimit> {
    let analyte = row.required::<Analyte>(reader, "analyte");
    row.demand(reader, "value");
    let value = row.number(reader, "value", &LIMITS);
    row.demand(reader, "unit");
    let unit = row.located::<String>(reader, "unit");
    let source = row.text(reader, "source");
    let (analyte, (line, unit)) = (analyte?, unit?);
    let kind = profile.analyte(analyte)?.units.as_str();
    let spelling = unit_spelling(&unit);
    let known = profile.units.iter().filter(|row| row.kind == kind).find(|row| {
        unit_spelling(row.unit.name()) == spelling || row.spellings.iter().any(|text| unit_spelling(text) == spelling)
    });
    let Some(known) = known else {
        reader.fault(line, row.path("unit"), format!("\"{unit}\" is no unit of {analyte}"));
        return None;
    };
    let value = known.canonical(value?).filter(|value| *value > Decimal::ZERO)?;
    Some(UpperLimit { analyte, value, source: source? })
}

#[cfg(test)]
mod tests {
    use crate::profile::{Analyte, BUILTIN_TOML, Profile};
    use crate::record::{Millis, Zone};
    use rstest::rstest;

    const SITES: &str = r#"
[[sites]]
site = "ward"
zone = "Europe/Berlin"
upper_limits = [
  { analyte = "bilirubin", value = 1.2, unit = "mg/dL", source = "the laboratory's handbook" },
  { analyte = "alt", value = 40, unit = "U/L", source = "the laboratory's handbook" },
]

[[sites]]
site = "clinic"
"#;

    fn with(sites: &str) -> Result<Profile, crate::profile::Faults> {
        Profile::parse(BUILTIN_TOML).unwrap().with_sites(sites)
    }

    #[test]
    fn a_site_says_its_zone_and_its_limits() {
        let profile = with(SITES).unwrap();
        let ward = profile.site("ward").unwrap();
        assert_eq!(ward.upper_limit(Analyte::Bilirubin).map(|limit| limit.to_string()).as_deref(), Some("20.5248"));
        assert_eq!(ward.upper_limit(Analyte::Ast), None);
        assert_eq!(profile.zone("ward").day(Millis(23 * 3_600_000)), 1);
        assert_eq!((profile.zone("clinic"), profile.zone("elsewhere")), (&Zone::UTC, &Zone::UTC));
        assert!(profile.site("elsewhere").is_none() && Profile::builtin().sites.is_empty());
    }

    #[test]
    fn what_a_site_says_is_in_the_hash() {
        let hash = |sites: &str| with(sites).unwrap().hash;
        let all = [
            Profile::builtin().hash.clone(),
            hash(SITES),
            hash(&SITES.replace("Europe/Berlin", "Europe/London")),
            hash(&SITES.replace("value = 40", "value = 41")),
        ];
        assert_eq!(std::collections::BTreeSet::from(all.clone()).len(), 4);
        assert_eq!(hash(SITES), all[1]);
        assert_eq!(all[1].len(), 64);
    }

    #[rstest]
    #[case::no_zone("Europe/Berlin", "Europe/Atlantis", 4, "is no time zone")]
    #[case::no_analyte("\"alt\"", "\"altt\"", 7, "unknown variant")]
    #[case::no_unit("unit = \"U/L\"", "unit = \"mmol/L\"", 7, "is no unit of alt")]
    #[case::no_number("value = 40", "value = 0", 7, "is not a number from")]
    #[case::no_source("unit = \"U/L\", source = \"the laboratory's handbook\"", "unit = \"U/L\"", 7, "is missing")]
    #[case::limit_twice("\"alt\"", "\"bilirubin\"", 7, "unit of bilirubin")]
    #[case::unknown_key("zone =", "zones =", 4, "is not a known key")]
    #[case::other_section("[[sites]]\nsite = \"clinic\"", "[[facts]]\nid = \"rule.adult\"", 10, "is not a known key")]
    #[case::site_twice("site = \"clinic\"", "site = \"ward\"", 10, "is there already, on line 2")]
    fn a_fault_is_found_with_its_line(
        #[case] find: &str,
        #[case] replacement: &str,
        #[case] line: usize,
        #[case] what: &str,
    ) {
        assert!(SITES.contains(find));
        let faults = with(&SITES.replace(find, replacement)).unwrap_err();
        let said =
            faults.as_slice().iter().find(|fault| fault.what.contains(what)).unwrap_or_else(|| panic!("{faults}"));
        assert!(said.line.abs_diff(line) <= 1, "{faults}");
    }

    #[test]
    fn a_limit_twice_and_an_empty_file_are_faults() {
        let twice =
            SITES.replace("\"alt\", value = 40, unit = \"U/L\"", "\"bilirubin\", value = 21, unit = \"umol/L\"");
        assert!(with(&twice).unwrap_err().to_string().contains("bilirubin is there already"));
        assert!(with("").unwrap_err().to_string().contains("never \"no match\""));
    }
}
