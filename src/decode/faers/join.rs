//! Which rows of which tables are one report.
//!
//! Memory: the tables stay where they are; the join holds 16 bytes a row and about 60 bytes a report (a quarter of 2024
//! has 400,000 reports and 5 million rows: some 100 MB beside its 700 MB of text).

use super::table::{Column, Kind, Table, is_digits};
use crate::record::{Reject, RejectReason};
use std::collections::HashMap;

/// A row of a report.
#[derive(Clone, Copy)]
pub struct RowAt {
    report: u32,
    /// Number of the table.
    pub table: u32,
    /// Line number in it.
    pub line: u32,
    /// Where the line starts, bytes.
    pub start: u32,
}

/// What a report is known by.
pub struct ReportKey<'t> {
    /// `primaryid`, or the ISR number.
    pub id: &'t str,
    /// Case number as the first row that has one says.
    pub case: Option<&'t str>,
    /// Tables of which a row of this report was rejected, a bit each.
    broken: u8,
}

/// All reports with their rows.
pub struct Join<'t> {
    /// The reports in order: those of DEMO first, then those that only other tables know.
    pub reports: Vec<ReportKey<'t>>,
    rows: [Vec<RowAt>; Kind::OF_REPORTS.len()],
}

impl<'t> Join<'t> {
    /// Reads the keys of all rows; rows that do not fit their header go to `reject` with table and line.
    ///
    /// # Errors
    /// When there are more reports than `max`.
    pub fn of(
        tables: &'t [Table<'_>],
        max: usize,
        reject: &mut dyn FnMut(&Table<'_>, u32, Reject),
    ) -> Result<Self, Reject> {
        let mut join = Self { reports: Vec::new(), rows: Default::default() };
        let mut numbers: HashMap<&'t str, u32, foldhash::fast::RandomState> = HashMap::default();
        let mut broken = Vec::new();
        for (rows, kind) in join.rows.iter_mut().zip(Kind::OF_REPORTS) {
            for (number, table) in (0u32..).zip(tables).filter(|(_, table)| table.kind == kind) {
                for line in table.lines() {
                    let row = match key_of(table, line.text) {
                        Ok(row) => row,
                        Err((key, fault)) => {
                            broken.extend(key.map(|key| (key, kind)));
                            reject(table, line.number, fault);
                            continue;
                        }
                    };
                    let next = u32::try_from(join.reports.len()).unwrap_or(u32::MAX);
                    let report = *numbers.entry(row.id).or_insert(next);
                    if report == next {
                        if join.reports.len() >= max {
                            return Err(crate::decode::too_many_records(max));
                        }
                        join.reports.push(ReportKey { id: row.id, case: None, broken: 0 });
                    }
                    if let Some(known) = join.reports.get_mut(report as usize) {
                        known.case = known.case.or(row.case);
                    }
                    let start = u32::try_from(line.start).unwrap_or(u32::MAX);
                    rows.push(RowAt { report, table: number, line: line.number, start });
                }
            }
            // Stable, so that rows keep the order of their table.
            rows.sort_by_key(|row| row.report);
        }
        for (key, kind) in broken {
            if let Some(report) = numbers.get(key).and_then(|number| join.reports.get_mut(*number as usize)) {
                report.mark_broken(kind);
            }
        }
        Ok(join)
    }

    /// The rows of report `number` in one table.
    pub fn rows(&self, number: usize, kind: Kind) -> &[RowAt] {
        let all = self.rows.get(kind as usize).map_or(&[][..], Vec::as_slice);
        let from = all.partition_point(|row| (row.report as usize) < number);
        let rest = all.get(from..).unwrap_or_default();
        let to = rest.iter().take_while(|row| row.report as usize == number).count();
        rest.get(..to).unwrap_or_default()
    }

    /// True when any table but DEMO knows the report.
    pub fn known_beside_demo(&self, number: usize) -> bool {
        Kind::OF_REPORTS.iter().skip(1).any(|kind| !self.rows(number, *kind).is_empty())
    }
}

impl ReportKey<'_> {
    /// Notes that a row of the report was rejected, so that its part is not complete.
    pub fn mark_broken(&mut self, kind: Kind) {
        self.broken |= 1 << kind as u8;
    }

    /// True when a row of the report was rejected.
    pub const fn is_broken(&self, kind: Kind) -> bool {
        self.broken & (1 << kind as u8) != 0
    }
}

struct Key<'t> {
    id: &'t str,
    case: Option<&'t str>,
}

fn key_of<'t>(table: &'t Table<'_>, line: &'t str) -> Result<Key<'t>, (Option<&'t str>, Reject)> {
    // The key is the first column in every era, so a row of the wrong length still tells whose it is.
    let row = table.row(line).map_err(|fault| {
        let first = super::table::number(line.split('$').next().unwrap_or_default());
        (is_digits(first).then_some(first), fault)
    })?;
    let id = row.number_text(Column::PrimaryId);
    if !is_digits(id) {
        return Err((None, RejectReason::MalformedTable.at("a row whose key is no number")));
    }
    let case = row.number_text(Column::CaseId);
    Ok(Key { id, case: (!case.is_empty()).then_some(case) })
}
