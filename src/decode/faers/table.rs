//! One table of a quarter: which it is, where its columns are, its rows.
//!
//! Columns are separated by `$`; a quotation mark is a character like any other. Names and order of the columns changed
//! over the years (2004 `isr`, 2012 `gndr_cod` and ` rept_dt` with a space, 2014 `sex` and `prod_ai`), so a column is
//! found by its name in the table's own header.

use crate::record::{DateFault, PartialDate, Reject, RejectReason, Text};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Separator of columns.
const SEPARATOR: char = '$';

/// Most columns that a table of any era has, with one to spare; only the room on the stack.
const COLUMNS_TYPICAL: usize = 26;

/// The tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Demo,
    Drug,
    Reac,
    Outc,
    Ther,
    Indi,
    Rpsr,
    Deleted,
}

impl Kind {
    /// Tables whose rows belong to a report, in the order in which reports are numbered.
    pub const OF_REPORTS: [Self; 7] =
        [Self::Demo, Self::Drug, Self::Reac, Self::Outc, Self::Ther, Self::Indi, Self::Rpsr];

    /// FDA's name of the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Demo => "DEMO",
            Self::Drug => "DRUG",
            Self::Reac => "REAC",
            Self::Outc => "OUTC",
            Self::Ther => "THER",
            Self::Indi => "INDI",
            Self::Rpsr => "RPSR",
            Self::Deleted => "DELETE",
        }
    }

    /// What a file's name says.
    fn of_name(file: &str) -> Option<Self> {
        let file = file.to_ascii_uppercase();
        if file.contains(Self::Deleted.name()) {
            return Some(Self::Deleted);
        }
        Self::OF_REPORTS.into_iter().find(|kind| file.starts_with(kind.name()))
    }

    /// What a header says: the first column that only one table has.
    fn of_header(columns: &Columns) -> Option<Self> {
        columns.at(Column::PrimaryId)?;
        let telling = [
            (Column::IndiPt, Self::Indi),
            (Column::DrugName, Self::Drug),
            (Column::Pt, Self::Reac),
            (Column::OutcCod, Self::Outc),
            (Column::RpsrCod, Self::Rpsr),
            (Column::StartDt, Self::Ther),
            (Column::FdaDt, Self::Demo),
        ];
        telling.into_iter().find(|(column, _)| columns.at(*column).is_some()).map(|(_, kind)| kind)
    }
}

macro_rules! columns {
    ($($column:ident = $($name:literal)|+),* $(,)?) => {
        /// The columns that we read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Column { $($column),* }

        impl Column {
            const COUNT: usize = [$(Self::$column),*].len();

            /// Any era's name of a column, lower case.
            fn of_name(name: &str) -> Option<Self> {
                match name {
                    $($($name)|+ => Some(Self::$column),)*
                    _ => None,
                }
            }
        }
    };
}

columns! {
    PrimaryId = "primaryid" | "isr",
    CaseId = "caseid" | "case",
    CaseVersion = "caseversion",
    FollSeq = "foll_seq",
    InitialOrFollowUp = "i_f_code" | "i_f_cod",
    EventDt = "event_dt",
    InitFdaDt = "init_fda_dt",
    FdaDt = "fda_dt",
    ReptDt = "rept_dt",
    ReptCod = "rept_cod",
    AuthNum = "auth_num",
    MfrNum = "mfr_num",
    Age = "age",
    AgeCod = "age_cod",
    AgeGrp = "age_grp",
    Sex = "sex" | "gndr_cod",
    Wt = "wt",
    WtCod = "wt_cod",
    OccpCod = "occp_cod",
    DeathDt = "death_dt",
    ReporterCountry = "reporter_country",
    OccrCountry = "occr_country",
    DrugSeq = "drug_seq" | "dsg_drug_seq" | "indi_drug_seq",
    RoleCod = "role_cod",
    DrugName = "drugname",
    ProdAi = "prod_ai",
    Route = "route",
    DoseVbm = "dose_vbm",
    CumDoseChr = "cum_dose_chr",
    CumDoseUnit = "cum_dose_unit",
    Dechal = "dechal",
    Rechal = "rechal",
    LotNum = "lot_num" | "lot_nbr",
    DoseAmt = "dose_amt",
    DoseUnit = "dose_unit",
    DoseForm = "dose_form",
    Pt = "pt",
    DrugRecAct = "drug_rec_act",
    OutcCod = "outc_cod" | "outc_code",
    RpsrCod = "rpsr_cod",
    StartDt = "start_dt",
    EndDt = "end_dt",
    Dur = "dur",
    DurCod = "dur_cod",
    IndiPt = "indi_pt",
}

/// Where the columns of one table are.
pub struct Columns {
    at: [Option<u8>; Column::COUNT],
    count: usize,
}

impl Columns {
    fn of_header(header: &str) -> Self {
        let mut columns = Self { at: [None; Column::COUNT], count: 0 };
        for name in header.strip_suffix(SEPARATOR).unwrap_or(header).split(SEPARATOR) {
            let column = Column::of_name(name.trim().to_ascii_lowercase().as_str());
            if let Some(at) = column.and_then(|column| columns.at.get_mut(column as usize)) {
                *at = at.or(u8::try_from(columns.count).ok());
            }
            columns.count += 1;
        }
        columns
    }

    fn at(&self, column: Column) -> Option<usize> {
        self.at.get(column as usize).copied().flatten().map(usize::from)
    }
}

/// One table as text.
pub struct Table<'s> {
    /// The file's name.
    pub name: &'s str,
    /// Which table it is.
    pub kind: Kind,
    /// True in the era before 2012 Q4, when a report's key was the ISR number.
    pub isr_era: bool,
    columns: Columns,
    text: Cow<'s, str>,
    body_start: usize,
    body_line: u32,
}

impl<'s> Table<'s> {
    /// Reads the header.
    pub fn open(name: &'s str, bytes: &'s [u8]) -> Result<Self, Reject> {
        if bytes.is_empty() {
            return Err(RejectReason::EmptyPayload.at("no byte"));
        }
        let text = as_text(bytes);
        let (header, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let body_start = text.len() - rest.len();
        let header = header.strip_suffix('\r').unwrap_or(header);
        let columns = Columns::of_header(header);
        let by_header = Kind::of_header(&columns);
        let isr_era = header.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("isr"));
        let kind = match (Kind::of_name(name), by_header) {
            (Some(Kind::Deleted), None) => Kind::Deleted,
            (None, None) if header.trim().eq_ignore_ascii_case("caseid") => Kind::Deleted,
            (Some(named), Some(headed)) if named != headed => {
                return Err(
                    RejectReason::MalformedTable.at("the header is not that of the table the file is named for")
                );
            }
            (_, Some(headed)) => headed,
            (_, None) => return Err(RejectReason::MalformedTable.at("the header is not one of a FAERS table")),
        };
        // A list of deleted cases may come without a header.
        let headless = kind == Kind::Deleted && !number(header).is_empty() && is_digits(number(header));
        let (body_start, body_line) = if headless { (0, 1) } else { (body_start, 2) };
        Ok(Self { name, kind, isr_era, columns, text, body_start, body_line })
    }

    /// The rows, each with its position and line number. Lines of nothing but separators and white space are none.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut start = self.body_start;
        let mut number = self.body_line;
        let body = self.text.get(self.body_start..).unwrap_or_default();
        body.split_inclusive('\n').filter_map(move |raw| {
            let line = Line { start, number, text: raw.trim_end_matches(['\n', '\r']) };
            start += raw.len();
            number = number.saturating_add(1);
            let blank = line.text.chars().all(|c| c == SEPARATOR || c.is_whitespace());
            if blank { None } else { Some(line) }
        })
    }

    /// The line that starts at `start`.
    pub fn line_at(&self, start: usize) -> &str {
        let rest = self.text.get(start..).unwrap_or_default();
        rest.split('\n').next().unwrap_or_default().trim_end_matches('\r')
    }

    /// Splits a line; `Err` when it does not fit the header.
    pub fn row<'t>(&'t self, line: &'t str) -> Result<Row<'t>, Reject> {
        let fields: SmallVec<[&str; COLUMNS_TYPICAL]> = line.split(SEPARATOR).collect();
        let fits = fields.len() == self.columns.count
            || (fields.len() == self.columns.count + 1 && fields.last().is_some_and(|last| last.trim().is_empty()));
        if fits {
            return Ok(Row { fields, columns: &self.columns });
        }
        Err(RejectReason::MalformedTable.at(format!("{} columns, the header has {}", fields.len(), self.columns.count)))
    }
}

/// One line of a table.
#[derive(Clone, Copy)]
pub struct Line<'t> {
    /// Bytes from the start of the text.
    pub start: usize,
    /// Line number, the header's being 1.
    pub number: u32,
    /// The line without its end.
    pub text: &'t str,
}

/// One row.
pub struct Row<'t> {
    fields: SmallVec<[&'t str; COLUMNS_TYPICAL]>,
    columns: &'t Columns,
}

impl<'t> Row<'t> {
    /// The value without the white space around it; empty where there is none or no such column.
    pub fn get(&self, column: Column) -> &'t str {
        self.columns.at(column).and_then(|at| self.fields.get(at)).map_or("", |field| field.trim())
    }

    /// As text of a record.
    pub fn text(&self, column: Column) -> Option<Text<'t>> {
        let text = self.get(column);
        if text.is_empty() { None } else { Some(Text::borrowed(text)) }
    }

    /// A whole number's digits, also where a spreadsheet made `123.0` of it.
    pub fn number_text(&self, column: Column) -> &'t str {
        number(self.get(column))
    }

    /// A date of the precision known.
    pub fn date(&self, column: Column) -> Result<Option<PartialDate>, Reject> {
        let text = self.number_text(column);
        if text.is_empty() {
            return Ok(None);
        }
        PartialDate::from_compact(text).map(Some).map_err(|fault| match fault {
            DateFault::Malformed => RejectReason::InvalidDate.at(format!("column {column:?}")),
            DateFault::OutOfRange => RejectReason::DateOutOfRange.at(format!("column {column:?}")),
        })
    }

    /// A whole number, zero or more.
    pub fn integer(&self, column: Column) -> Result<Option<i32>, Reject> {
        match self.number_text(column) {
            "" => Ok(None),
            text => match text.parse::<i32>() {
                Ok(number) if number >= 0 => Ok(Some(number)),
                Ok(_) | Err(_) => Err(RejectReason::InvalidValue.at(format!("column {column:?}"))),
            },
        }
    }

    /// A number, zero or more.
    pub fn amount(&self, column: Column) -> Result<Option<f64>, Reject> {
        match self.get(column) {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(number) if !number.is_finite() => {
                    Err(RejectReason::NonFiniteNumber.at(format!("column {column:?}")))
                }
                Ok(number) if number >= 0.0 => Ok(Some(number)),
                Ok(_) | Err(_) => Err(RejectReason::InvalidValue.at(format!("column {column:?}"))),
            },
        }
    }
}

/// True for one digit or more and nothing else.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A whole number's text without the white space and the `.0` that spreadsheets and data frames add.
pub fn number(text: &str) -> &str {
    let text = text.trim();
    match text.split_once('.') {
        Some((whole, fraction)) if is_digits(whole) && fraction.bytes().all(|byte| byte == b'0') => whole,
        Some(_) | None => text,
    }
}

/// The table as text without a byte order mark. A line that is not UTF-8 is read as Latin-1, in which every byte is a
/// character: nothing is lost, and no quarter is rejected for one umlaut.
fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => text.extend(line.iter().map(|byte| char::from(*byte))),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_its_name_and_its_header_together() {
        let kind = |name: &str, text: &str| Table::open(name, text.as_bytes()).map(|table| table.kind);
        let reac = "primaryid$caseid$pt\n1$1$Nausea\n";
        assert_eq!(kind("reac12q4.txt", reac).unwrap(), Kind::Reac);
        assert_eq!(kind("export.txt", reac).unwrap(), Kind::Reac);
        assert_eq!(kind("DEMO12Q4.txt", reac).unwrap_err().reason, RejectReason::MalformedTable);
        assert_eq!(kind("README.txt", "Read me").unwrap_err().reason, RejectReason::MalformedTable);
        assert_eq!(kind("DELETE26Q2.txt", " \n1\n").unwrap(), Kind::Deleted);
        assert_eq!(kind("ADR19Q2DeletedCases.txt", "caseid\n1\n").unwrap(), Kind::Deleted);
        assert_eq!(kind("x", "\u{feff}isr$drug_seq$role_cod$drugname$v5$\n").unwrap(), Kind::Drug);
    }

    #[test]
    fn rows_fit_their_header_with_or_without_a_trailing_separator() {
        let table = Table::open("", b"isr$pt$v3$\r\n1$Nausea$$\r\n2$Rash$\r\n$\r\n3$Fall\r\n4$a$b$c$d\r\n").unwrap();
        let rows: Vec<_> = table.lines().map(|line| (line.number, table.row(line.text).is_ok())).collect();
        assert_eq!(rows, [(2, true), (3, true), (5, false), (6, false)]);
    }

    #[test]
    fn latin_1_is_read_line_by_line() {
        assert_eq!(as_text(b"M\xfcller\nM\xc3\xbcller\n"), "M\u{fc}ller\nM\u{fc}ller\n");
    }

    #[test]
    fn numbers_lose_only_an_empty_fraction() {
        assert_eq!(number(" 20141226.0 "), "20141226");
        assert_eq!(number("61.5"), "61.5");
        assert_eq!(number(".0"), ".0");
    }
}
