//! FDA's lists of deleted cases: each line is the number of a case that was withdrawn in that quarter.

use super::table::{Table, is_digits, number};
use crate::decode::icsr_codes::FDA;
use crate::record::{Body, PartialDate, Reject, RejectReason, Report, ReportStatus, Text};

/// The reason that a nullification from a list gives.
const LISTED: &str = "on FDA's list of deleted cases";

/// A nullification, its source identity, and the line it stands on.
pub struct Deletion<'t> {
    /// Line number.
    pub line: u32,
    /// Identity of the entry: quarter and case, since a case number alone could be a report's key too.
    pub source_id: String,
    /// The nullification.
    pub body: Body<'t>,
}

/// The entries of a list.
pub fn entries<'t>(table: &'t Table<'_>) -> impl Iterator<Item = Result<Deletion<'t>, (u32, Reject)>> {
    let quarter = quarter(table.name);
    let last_day = quarter.and_then(|(year, quarter)| last_day(year, quarter));
    table.lines().map(move |line| {
        let case = number(line.text.trim_end_matches('$'));
        if !is_digits(case) {
            return Err((line.number, RejectReason::MalformedTable.at("an entry that is no case number")));
        }
        let listed_in = quarter.map(|(year, quarter)| format!("{year}Q{quarter}")).unwrap_or_default();
        let report = Report {
            sender: Text::borrowed(FDA),
            sender_case_id: Some(Text::borrowed(case)),
            status: ReportStatus::Nullification,
            status_reason: Some(Text::borrowed(LISTED)),
            most_recent: last_day,
            ..Report::default()
        };
        Ok(Deletion { line: line.number, source_id: format!("delete/{listed_in}/{case}"), body: Body::Report(report) })
    })
}

/// Year and quarter of a file's name: `26Q2`, `2019q1`.
fn quarter(name: &str) -> Option<(i32, u8)> {
    let bytes = name.as_bytes();
    bytes.iter().enumerate().find_map(|(at, byte)| {
        if !byte.eq_ignore_ascii_case(&b'q') {
            return None;
        }
        let quarter = bytes.get(at + 1).filter(|digit| matches!(digit, b'1'..=b'4'))? - b'0';
        let digits = name.get(..at)?.bytes().rev().take_while(u8::is_ascii_digit).count();
        let year: i32 = name.get(at.checked_sub(digits)?..at)?.parse().ok()?;
        match digits {
            // FAERS and its forerunner's files begin with 2004.
            2 => Some((2000 + year, quarter)),
            4 => Some((year, quarter)),
            _ => None,
        }
    })
}

fn last_day(year: i32, quarter: u8) -> Option<PartialDate> {
    let (month, day) = match quarter {
        1 => (3, 31),
        2 => (6, 30),
        3 => (9, 30),
        4 => (12, 31),
        _ => return None,
    };
    PartialDate::new(year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quarter_is_in_the_name() {
        for (name, expected) in [
            ("DELETE26Q2.txt", Some((2026, 2))),
            ("ADR19q4DeletedCases.txt", Some((2019, 4))),
            ("delete_2021Q1.txt", Some((2021, 1))),
            ("DELETE.txt", None),
            ("Q2delete.txt", None),
            ("delete26Q5.txt", None),
        ] {
            assert_eq!(quarter(name), expected, "{name}");
        }
        assert_eq!(last_day(2026, 2).unwrap().to_string(), "2026-06-30");
    }
}
