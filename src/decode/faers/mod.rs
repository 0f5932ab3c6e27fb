//! FAERS quarterly files in ASCII, of every era since 2004, from any subset of a quarter's tables.
//!
//! Rows that share a key are one report. What the tables at hand do not say is named in the report's `missing_parts`:
//! unknown, not empty. A row that cannot be read is a reject of its own; its report comes through without it and names
//! the table. FDA's lists of deleted cases become nullifications.
//!
//! A DEMO row that stands twice gives its report twice, under one identity, so that every row has a fate and nothing is
//! counted double: the second is a repeat, or a correction where it differs.

mod codes;
mod deleted;
mod join;
mod report;
mod table;

use super::{Limits, Sink, WHOLE_MESSAGE, within_list_limit};
use crate::record::{
    Body, Codec, Drug, Head, Origin, Reaction, Record, Reject, RejectReason, Report, Seriousness, SourceFormat, Text,
};
use join::{Join, RowAt};
use report::NumberedDrug;
use table::{Column, Kind, Row, Table};

/// True where a message begins with the header of a report table. (A list of deleted cases is only known by its file's
/// name.)
#[must_use]
pub fn is_table(message: &[u8]) -> bool {
    let start = message.strip_prefix(b"\xef\xbb\xbf").unwrap_or(message).trim_ascii_start();
    [&b"primaryid"[..], b"isr"].iter().any(|key| {
        let (first, rest) = start.split_at(key.len().min(start.len()));
        first.eq_ignore_ascii_case(key) && rest.trim_ascii_start().starts_with(b"$")
    })
}

/// Where something stands in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'p> {
    /// Name of the file.
    pub file: &'p str,
    /// Line number, the header's being 1; 0 for the whole file.
    pub line: u32,
}

/// Decodes tables that belong together, each a file's name and its bytes, in any order.
///
/// The reports come in the order of DEMO, then those that only other tables know, then the deleted cases; faults of
/// whole rows come first. The index counts what `sink` is given. A record's origin names the file and line of its DEMO
/// row (else of its first row); a reject's detail does. All tables are held at once: the caller bounds them, and
/// [`Limits::message_bytes`] is the bound of each.
pub fn decode(sources: &[(&str, &[u8])], limits: &Limits, sink: &mut Sink<'_>) {
    // A single message is no file: what is wrong with it as a whole is wrong with the whole message.
    let single = matches!(sources, [("", _)]);
    let mut index = 0;
    decode_placed(sources, limits, &mut |place, fate| {
        if single && place.line == 0 {
            return sink(WHOLE_MESSAGE, fate);
        }
        let fate = fate
            .map(|mut record| {
                record.head.origin.index = index;
                record
            })
            .map_err(|reject| reject.reason.at(format!("{} line {}: {}", place.file, place.line, reject.detail)));
        sink(index, fate);
        index = index.saturating_add(1);
    });
}

/// Gives each report and each deleted case of the tables as a message of its own in canonical Avro, so that files take
/// the way of every other message; and each fault. The place is the message's origin.
pub fn messages(sources: &[(&str, &[u8])], limits: &Limits, each: &mut EachMessage<'_>) {
    let mut message = Vec::new();
    decode_placed(sources, limits, &mut |place, fate| {
        let encoded = fate.and_then(|record| {
            message.clear();
            Codec::record()
                .encode(&record, &mut message)
                .map_err(|_| RejectReason::InvalidValue.at("the record does not fit the schema"))
        });
        each(place, encoded.map(|()| message.as_slice()));
    });
}

/// What [`messages`] calls for each message or fault.
pub type EachMessage<'e> = dyn FnMut(Place<'_>, Result<&[u8], Reject>) + 'e;

type PlacedSink<'s> = dyn FnMut(Place<'_>, Result<Record<'_>, Reject>) + 's;

fn decode_placed(sources: &[(&str, &[u8])], limits: &Limits, sink: &mut PlacedSink<'_>) {
    let mut fates = Fates { sink };
    let mut tables = Vec::with_capacity(sources.len());
    for (name, bytes) in sources {
        match open(name, bytes, limits) {
            Ok(table) => tables.push(table),
            Err(reject) => fates.reject_table(name, reject),
        }
    }
    let present = |kind: Kind| tables.iter().any(|table| table.kind == kind);
    match Join::of(&tables, limits.container_records, &mut |table, line, reject| fates.reject_row(table, line, reject))
    {
        Ok(mut join) => {
            for number in 0..join.reports.len() {
                Builder { tables: &tables, limits, present: &present, fates: &mut fates }.report(&mut join, number);
            }
        }
        Err(reject) => fates.reject_table("", reject),
    }
    for table in tables.iter().filter(|table| table.kind == Kind::Deleted) {
        for entry in deleted::entries(table) {
            match entry {
                Ok(deletion) => fates.record(table, deletion.line, Text::from(deletion.source_id), deletion.body),
                Err((line, reject)) => fates.reject_row(table, line, reject),
            }
        }
    }
}

fn open<'s>(name: &'s str, bytes: &'s [u8], limits: &Limits) -> Result<Table<'s>, Reject> {
    // Positions in a table are kept in 32 bits.
    let max = limits.message_bytes.min(u32::MAX as usize);
    if bytes.len() > max {
        return Err(RejectReason::TooLarge.at(format!("{} bytes, limit {max}", bytes.len())));
    }
    let table = Table::open(name, bytes)?;
    if table.lines().next().is_none() {
        return Err(RejectReason::NoRecords.at("a header and no row"));
    }
    Ok(table)
}

/// Where records and rejects go, with their place.
struct Fates<'f, 's> {
    sink: &'f mut PlacedSink<'s>,
}

impl Fates<'_, '_> {
    fn record(&mut self, table: &Table<'_>, line: u32, source_id: Text<'_>, body: Body<'_>) {
        let origin = Origin { topic: Text::borrowed(table.name), partition: 0, offset: i64::from(line), index: 0 };
        let head = Head { source_format: SourceFormat::FaersAscii, source_id, origin, ..Head::default() };
        (self.sink)(Place { file: table.name, line }, Ok(Record { head, body }));
    }

    fn reject_row(&mut self, table: &Table<'_>, line: u32, reject: Reject) {
        let detail = format!("{}: {}", table.kind.name(), reject.detail);
        (self.sink)(Place { file: table.name, line }, Err(reject.reason.at(detail)));
    }

    fn reject_table(&mut self, name: &str, reject: Reject) {
        (self.sink)(Place { file: name, line: 0 }, Err(reject));
    }
}

/// Makes the records of one report.
struct Builder<'b, 't, 'f, 's> {
    tables: &'t [Table<'t>],
    limits: &'b Limits,
    present: &'b dyn Fn(Kind) -> bool,
    fates: &'b mut Fates<'f, 's>,
}

/// The parts of a report beside DEMO.
#[derive(Clone, Default)]
struct Parts<'t> {
    drugs: Vec<Drug<'t>>,
    reactions: Vec<Reaction<'t>>,
    seriousness: Seriousness,
}

impl<'t> Builder<'_, 't, '_, '_> {
    fn report(&mut self, join: &mut Join<'t>, number: usize) {
        let parts = Parts {
            drugs: self.drugs(join, number),
            reactions: self.collect(join, number, Kind::Reac, |row| Ok(report::reaction(row))),
            seriousness: self.seriousness(join, number),
        };
        let mut demo_rows = 0;
        for at in join.rows(number, Kind::Demo).to_vec() {
            let mut record = self.base(join, number, parts.clone(), at);
            let demo = self.with_row(at, |table, row| report::add_demo(&mut record, row, table.isr_era));
            match demo {
                Ok(()) => {
                    demo_rows += 1;
                    self.finish(join, number, record, at);
                }
                Err(reject) => self.reject(at, reject),
            }
        }
        if demo_rows > 0 || !join.known_beside_demo(number) {
            return;
        }
        let first = Kind::OF_REPORTS.iter().skip(1).find_map(|kind| join.rows(number, *kind).first().copied());
        if let Some(at) = first {
            let mut record = self.base(join, number, parts, at);
            record.missing_parts.push(Text::borrowed(Kind::Demo.name()));
            self.finish(join, number, record, at);
        }
    }

    fn base(&self, join: &Join<'t>, number: usize, parts: Parts<'t>, at: RowAt) -> Report<'t> {
        let isr_era = self.tables.get(at.table as usize).is_some_and(|table| table.isr_era);
        let mut record = match join.reports.get(number) {
            Some(key) => report::without_demo(key.id, key.case, isr_era),
            None => Report::default(),
        };
        (record.drugs, record.reactions, record.seriousness) = (parts.drugs, parts.reactions, parts.seriousness);
        for at in join.rows(number, Kind::Rpsr) {
            let _ = self.with_row(*at, |_, row| {
                report::add_source(&mut record, row);
                Ok(())
            });
        }
        record
    }

    /// Names what is missing, and gives the record away.
    fn finish(&mut self, join: &Join<'t>, number: usize, mut record: Report<'t>, at: RowAt) {
        let Some(key) = join.reports.get(number) else { return };
        for kind in Kind::OF_REPORTS.into_iter().skip(1) {
            let missing = match kind {
                // Every report has a drug and a reaction; none here means that the tables do not join.
                Kind::Drug | Kind::Reac => join.rows(number, kind).is_empty(),
                Kind::Demo | Kind::Outc | Kind::Ther | Kind::Indi | Kind::Rpsr | Kind::Deleted => !(self.present)(kind),
            };
            if missing || key.is_broken(kind) {
                record.missing_parts.push(Text::borrowed(kind.name()));
            }
        }
        let source_id = Text::borrowed(key.id);
        let Some(table) = self.tables.get(at.table as usize) else { return };
        let record = Record { head: Head::default(), body: Body::Report(record) };
        match within_list_limit(&record, self.limits) {
            Ok(()) => self.fates.record(table, at.line, source_id, record.body),
            Err(reject) => self.fates.reject_row(table, at.line, reject),
        }
    }

    fn drugs(&mut self, join: &mut Join<'t>, number: usize) -> Vec<Drug<'t>> {
        let mut drugs: Vec<NumberedDrug<'t>> = self.collect(join, number, Kind::Drug, |row| Ok(report::drug(row)));
        let mut courses = vec![0usize; drugs.len()];
        // A course or an indication of a drug that is not there says that the drugs are not complete.
        let mut unmatched = false;
        self.for_rows(join, number, Kind::Ther, |row| {
            let course = report::Course::of(row)?;
            let sequence = row.number_text(Column::DrugSeq);
            let mut matched = false;
            for (numbered, courses) in drugs.iter_mut().zip(&mut courses).filter(|(d, _)| d.sequence == sequence) {
                course.add_to(&mut numbered.drug, *courses);
                *courses += 1;
                matched = true;
            }
            unmatched |= !matched;
            Ok(())
        });
        self.for_rows(join, number, Kind::Indi, |row| {
            let sequence = row.number_text(Column::DrugSeq);
            let mut matched = false;
            for numbered in drugs.iter_mut().filter(|numbered| numbered.sequence == sequence) {
                numbered.drug.indications.extend(row.text(Column::IndiPt));
                matched = true;
            }
            unmatched |= !matched;
            Ok(())
        });
        if let (true, Some(key)) = (unmatched, join.reports.get_mut(number)) {
            key.mark_broken(Kind::Drug);
        }
        drugs.into_iter().map(|numbered| numbered.drug).collect()
    }

    fn seriousness(&mut self, join: &mut Join<'t>, number: usize) -> Seriousness {
        let mut seriousness = Seriousness::default();
        self.for_rows(join, number, Kind::Outc, |row| {
            codes::add_outcome(&mut seriousness, row.get(Column::OutcCod));
            Ok(())
        });
        seriousness
    }

    fn collect<T>(
        &mut self,
        join: &mut Join<'t>,
        number: usize,
        kind: Kind,
        make: impl Fn(&Row<'t>) -> Result<T, Reject>,
    ) -> Vec<T> {
        let mut made = Vec::with_capacity(join.rows(number, kind).len());
        self.for_rows(join, number, kind, |row| {
            made.push(make(row)?);
            Ok(())
        });
        made
    }

    /// Every row of one table of the report; a faulty one is rejected and noted.
    fn for_rows(
        &mut self,
        join: &mut Join<'t>,
        number: usize,
        kind: Kind,
        mut each: impl FnMut(&Row<'t>) -> Result<(), Reject>,
    ) {
        let mut rejected = Vec::new();
        for at in join.rows(number, kind) {
            if let Err(reject) = self.with_row(*at, |_, row| each(row)) {
                rejected.push((*at, reject));
            }
        }
        for (at, reject) in rejected {
            self.reject(at, reject);
            if let Some(key) = join.reports.get_mut(number) {
                key.mark_broken(kind);
            }
        }
    }

    fn with_row<T>(
        &self,
        at: RowAt,
        read: impl FnOnce(&Table<'t>, &Row<'t>) -> Result<T, Reject>,
    ) -> Result<T, Reject> {
        let lost = || RejectReason::MalformedTable.at("the row cannot be found again");
        let table = self.tables.get(at.table as usize).ok_or_else(lost)?;
        let row = table.row(table.line_at(at.start as usize))?;
        read(table, &row)
    }

    fn reject(&mut self, at: RowAt, reject: Reject) {
        if let Some(table) = self.tables.get(at.table as usize) {
            self.fates.reject_row(table, at.line, reject);
        }
    }
}

#[cfg(test)]
mod tests;
