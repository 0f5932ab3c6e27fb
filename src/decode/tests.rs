//! What the decoders' tests share: collecting what comes out, and finding the public sample data.

use super::{Format, Limits, decode, faers};
use crate::record::{Body, Record, Reject, RejectReason, Report};
use std::path::{Path, PathBuf};

/// Limits that no sample reaches.
pub const WIDE: Limits = Limits { message_bytes: 64 << 20, container_records: 1_000_000, list_items: 10_000 };

/// What a decoder gave, in order. Records are kept as their canonical JSON, since they borrow from the message.
#[derive(Debug, Default)]
pub struct Given {
    pub all: Vec<(i32, Result<String, Reject>)>,
}

impl Given {
    pub fn of(format: Option<Format>, message: &[u8], limits: &Limits) -> Self {
        let mut given = Self::default();
        decode(format, message, limits, &mut |index, fate| given.push(index, fate));
        given
    }

    pub fn of_faers(sources: &[(&str, &[u8])], limits: &Limits) -> Self {
        let mut given = Self::default();
        faers::decode(sources, limits, &mut |index, fate| given.push(index, fate));
        given
    }

    fn push(&mut self, index: i32, fate: Result<Record<'_>, Reject>) {
        self.all.push((index, fate.map(|record| serde_json::to_string(&record).unwrap())));
    }

    pub fn records(&self) -> Vec<Record<'_>> {
        self.all
            .iter()
            .filter_map(|(_, fate)| fate.as_ref().ok())
            .map(|json| serde_json::from_str(json).unwrap())
            .collect()
    }

    pub fn reports(&self) -> Vec<Report<'_>> {
        self.records()
            .into_iter()
            .map(|record| {
                let Body::Report(report) = record.body else { panic!("a report, not {}", record.body.kind()) };
                report
            })
            .collect()
    }

    pub fn rejects(&self) -> Vec<&Reject> {
        self.all.iter().filter_map(|(_, fate)| fate.as_ref().err()).collect()
    }

    /// The reason of the only reject.
    pub fn reason(&self) -> RejectReason {
        let rejects = self.rejects();
        assert_eq!(rejects.len(), 1, "{rejects:?}");
        rejects[0].reason
    }
}

/// The folder of public sample data, or `None` with a message.
pub fn public_data(folder: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("VIGIL_TEST_DATA") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
    };
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no public sample data in {folder} (set VIGIL_TEST_DATA)");
    None
}

/// The files of a folder, by name.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}
