//! A user's licensed MedDRA: its `$`-separated tables read whole, every fault at once. No term of it is ever shipped.
//!
//! `llt.asc` and `pt.asc` are needed; `mdhier.asc`, `hlt.asc`, `hlgt.asc`, `soc.asc`, `smq_list.asc` and
//! `smq_content.asc` add the hierarchy and the standardised queries where they are there.

mod table;
#[cfg(test)]
pub(crate) mod tests;

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};
use std::fmt;
use table::{Faults, Table};

/// Most faults that one reading reports.
const FAULTS_MAX: usize = 200;

/// How deep standardised queries lie within one another (MedDRA has five levels).
const SMQ_DEPTH_MAX: usize = 5;

/// The tables, by their names in lower case.
pub const TABLES: [&str; 9] = [
    "llt.asc",
    "pt.asc",
    "mdhier.asc",
    "hlt.asc",
    "hlgt.asc",
    "soc.asc",
    "smq_list.asc",
    "smq_content.asc",
    "meddra_release.asc",
];

/// A fault of a dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeddraFault {
    /// Name of the table.
    pub file: &'static str,
    /// Line, from 1; 0 for the whole table.
    pub line: usize,
    /// What is wrong. Holds codes, never a term.
    pub what: String,
}

impl fmt::Display for MeddraFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{} line {line}: {}", self.file, self.what),
        }
    }
}

/// A lowest level term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowestTerm {
    /// Its code.
    pub code: u32,
    /// Its name.
    pub name: String,
    /// Code of its preferred term.
    pub preferred: u32,
}

/// A preferred term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreferredTerm {
    /// Its code.
    pub code: u32,
    /// Its name.
    pub name: String,
    /// Code of its primary system organ class.
    pub organ_class: u32,
}

/// How firmly a term belongs to a standardised query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SmqScope {
    /// Broad: looked for where nothing may be missed.
    Broad,
    /// Narrow: very likely the condition.
    Narrow,
}

#[derive(Clone, Debug)]
struct Smq {
    name: String,
    terms: Vec<(u32, SmqScope)>,
    children: Vec<u32>,
}

/// A dictionary that was read without a fault.
#[derive(Clone, Debug)]
pub struct Dictionary {
    version: String,
    lowest: Vec<LowestTerm>,
    preferred: FxHashMap<u32, PreferredTerm>,
    organ_classes: FxHashMap<u32, String>,
    queries: FxHashMap<u32, Smq>,
}

impl Dictionary {
    /// Reads the tables: pairs of a table's name and its bytes. Names are compared without case; others are passed over.
    ///
    /// # Errors
    /// Every fault, at most [`FAULTS_MAX`].
    pub fn parse(files: &[(String, Vec<u8>)]) -> Result<Self, Vec<MeddraFault>> {
        let mut faults = Faults::new(FAULTS_MAX);
        let bytes = |name: &str| {
            files.iter().find(|(file, _)| file.eq_ignore_ascii_case(name)).map(|(_, bytes)| bytes.as_slice())
        };
        let table = |name: &'static str| Table { name, bytes: bytes(name) };
        let preferred = read_preferred(&table("pt.asc"), &mut faults);
        let lowest = read_lowest(&table("llt.asc"), &preferred, &mut faults);
        let organ_classes = read_names(&table("soc.asc"), &mut faults);
        read_hierarchy(&table, &preferred, &organ_classes, &mut faults);
        let known = |code: u32| preferred.contains_key(&code);
        let lowest_codes: rustc_hash::FxHashSet<u32> = lowest.iter().map(|term| term.code).collect();
        let (queries, listed_version) =
            read_queries(&table, &|code| known(code) || lowest_codes.contains(&code), &mut faults);
        let released = bytes("meddra_release.asc")
            .map(|bytes| String::from_utf8_lossy(bytes).split('$').next().unwrap_or_default().trim().to_owned());
        let mut hash = Sha256::new();
        for name in TABLES {
            hash.update(name.as_bytes());
            hash.update(bytes(name).unwrap_or_default());
        }
        let digits: String = hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let number =
            released.filter(|version| !version.is_empty()).or(listed_version).unwrap_or_else(|| "unnamed".to_owned());
        let version = format!("{number}+{digits}");
        faults.into_result(Self { version, lowest, preferred, organ_classes, queries })
    }

    /// Version as the tables name it, and the first digits of their hash: two releases never share it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Lowest level terms, preferred terms, standardised queries.
    #[must_use]
    pub fn sizes(&self) -> (usize, usize, usize) {
        (self.lowest.len(), self.preferred.len(), self.queries.len())
    }

    /// All lowest level terms, in the order of their table.
    #[must_use]
    pub fn lowest(&self) -> &[LowestTerm] {
        &self.lowest
    }

    /// The preferred term of this code.
    #[must_use]
    pub fn preferred(&self, code: u32) -> Option<&PreferredTerm> {
        self.preferred.get(&code)
    }

    /// All preferred terms, in the order of their codes.
    #[must_use]
    pub fn all_preferred(&self) -> Vec<&PreferredTerm> {
        let mut all: Vec<&PreferredTerm> = self.preferred.values().collect();
        all.sort_by_key(|term| term.code);
        all
    }

    /// Name of the primary system organ class of a preferred term.
    #[must_use]
    pub fn organ_class(&self, preferred: u32) -> Option<&str> {
        self.organ_classes.get(&self.preferred.get(&preferred)?.organ_class).map(String::as_str)
    }

    /// Terms of the standardised queries of these names, with the firmest scope of each, by code. Queries within them
    /// are followed, but for those that `without` names. `None` where the dictionary has none of these names.
    #[must_use]
    pub fn query(&self, names: &[String], without: &[String]) -> Option<Vec<(u32, SmqScope)>> {
        let named = |smq: &Smq, names: &[String]| names.iter().any(|name| plain(name) == plain(&smq.name));
        let mut roots: Vec<u32> =
            self.queries.iter().filter(|(_, smq)| named(smq, names)).map(|(code, _)| *code).collect();
        if roots.is_empty() {
            return None;
        }
        roots.sort_unstable();
        let mut terms: FxHashMap<u32, SmqScope> = FxHashMap::default();
        let mut open: Vec<(u32, usize)> = roots.into_iter().map(|code| (code, 0)).collect();
        while let Some((code, depth)) = open.pop() {
            let Some(smq) = self.queries.get(&code).filter(|smq| !named(smq, without)) else { continue };
            for (term, scope) in &smq.terms {
                let known = terms.entry(*term).or_insert(*scope);
                *known = (*known).max(*scope);
            }
            if depth < SMQ_DEPTH_MAX {
                open.extend(smq.children.iter().map(|child| (*child, depth + 1)));
            }
        }
        let mut terms: Vec<(u32, SmqScope)> = terms.into_iter().collect();
        terms.sort_unstable();
        Some(terms)
    }
}

/// A query's name without its mark and without case.
fn plain(name: &str) -> String {
    name.trim().trim_end_matches("(SMQ)").trim().to_lowercase()
}

fn read_preferred(table: &Table<'_>, faults: &mut Faults) -> FxHashMap<u32, PreferredTerm> {
    let mut found = FxHashMap::default();
    table.rows(4, true, faults, |row, faults| {
        let (Some(code), Some(name), Some(organ_class)) =
            (row.code(0, faults), row.text(1, faults), row.code(3, faults))
        else {
            return;
        };
        if found.insert(code, PreferredTerm { code, name, organ_class }).is_some() {
            row.fault(faults, format!("code {code} is there already"));
        }
    });
    found
}

fn read_lowest(table: &Table<'_>, preferred: &FxHashMap<u32, PreferredTerm>, faults: &mut Faults) -> Vec<LowestTerm> {
    let mut found = Vec::new();
    let mut codes = rustc_hash::FxHashSet::default();
    table.rows(3, true, faults, |row, faults| {
        let (Some(code), Some(name), Some(of)) = (row.code(0, faults), row.text(1, faults), row.code(2, faults)) else {
            return;
        };
        if !codes.insert(code) {
            row.fault(faults, format!("code {code} is there already"));
        }
        if !preferred.contains_key(&of) {
            row.fault(faults, format!("preferred term {of} is not in pt.asc"));
        }
        found.push(LowestTerm { code, name, preferred: of });
    });
    found
}

/// A table of codes and names.
fn read_names(table: &Table<'_>, faults: &mut Faults) -> FxHashMap<u32, String> {
    let mut found = FxHashMap::default();
    table.rows(2, false, faults, |row, faults| {
        if let (Some(code), Some(name)) = (row.code(0, faults), row.text(1, faults)) {
            found.insert(code, name);
        }
    });
    found
}

/// Holds the hierarchy against the other tables: a code that no table has means that releases were mixed.
fn read_hierarchy<'t>(
    table: &dyn Fn(&'static str) -> Table<'t>,
    preferred: &FxHashMap<u32, PreferredTerm>,
    organ_classes: &FxHashMap<u32, String>,
    faults: &mut Faults,
) {
    let levels =
        [("hlt.asc", read_names(&table("hlt.asc"), faults)), ("hlgt.asc", read_names(&table("hlgt.asc"), faults))];
    let mut in_hierarchy = rustc_hash::FxHashSet::default();
    let hierarchy = table("mdhier.asc");
    hierarchy.rows(8, false, faults, |row, faults| {
        let Some(code) = row.code(0, faults) else { return };
        if !preferred.contains_key(&code) {
            row.fault(faults, format!("preferred term {code} is not in pt.asc"));
        }
        in_hierarchy.insert(code);
        for (at, (file, names)) in levels.iter().enumerate() {
            let Some(code) = row.code(at + 1, faults) else { continue };
            if !names.is_empty() && !names.contains_key(&code) {
                row.fault(faults, format!("{code} is not in {file}"));
            }
        }
        let Some(organ_class) = row.code(3, faults) else { return };
        if !organ_classes.is_empty() && !organ_classes.contains_key(&organ_class) {
            row.fault(faults, format!("{organ_class} is not in soc.asc"));
        }
    });
    if hierarchy.bytes.is_some() {
        let missing = preferred.keys().filter(|code| !in_hierarchy.contains(code)).count();
        if missing > 0 {
            faults.add("mdhier.asc", 0, format!("{missing} preferred terms of pt.asc are not in it"));
        }
    }
}

fn read_queries<'t>(
    table: &dyn Fn(&'static str) -> Table<'t>,
    known: &dyn Fn(u32) -> bool,
    faults: &mut Faults,
) -> (FxHashMap<u32, Smq>, Option<String>) {
    let (list, content) = (table("smq_list.asc"), table("smq_content.asc"));
    for (one, other) in [(&list, &content), (&content, &list)] {
        if one.bytes.is_some() && other.bytes.is_none() {
            faults.add(other.name, 0, format!("is missing, and {} is there", one.name));
        }
    }
    let mut queries: FxHashMap<u32, Smq> = FxHashMap::default();
    let mut version: Option<String> = None;
    list.rows(7, false, faults, |row, faults| {
        let (Some(code), Some(name)) = (row.code(0, faults), row.text(1, faults)) else { return };
        queries.insert(code, Smq { name, terms: Vec::new(), children: Vec::new() });
        let of_row = row.field(6).trim();
        match &version {
            None => version = Some(of_row.to_owned()).filter(|version| !version.is_empty()),
            Some(first) if first != of_row => {
                row.fault(faults, format!("version {of_row}, and {first} in the rows before: releases are mixed"));
            }
            Some(_) => {}
        }
    });
    content.rows(7, false, faults, |row, faults| {
        let (Some(query), Some(term)) = (row.code(0, faults), row.code(1, faults)) else { return };
        if row.field(6).trim() != "A" {
            return;
        }
        let is_query = row.field(2).trim() == "0";
        let scope = match row.field(3).trim() {
            "2" => Some(SmqScope::Narrow),
            "1" => Some(SmqScope::Broad),
            "0" if is_query => None,
            other => {
                row.fault(
                    faults,
                    format!("scope \"{}\" is none of 0, 1, 2", other.chars().take(8).collect::<String>()),
                );
                return;
            }
        };
        if is_query && !queries.contains_key(&term) || !is_query && !known(term) {
            row.fault(faults, format!("term {term} is in no table"));
            return;
        }
        let Some(smq) = queries.get_mut(&query) else {
            row.fault(faults, format!("query {query} is not in smq_list.asc"));
            return;
        };
        match scope {
            Some(scope) if !is_query => smq.terms.push((term, scope)),
            _ => smq.children.push(term),
        }
    });
    (queries, version)
}
