//! Files as sources: what `replay` and `produce` read. A folder is one FAERS quarter; so is a single table of one.
//! Every other file is JSON (one value, or a value a line) or one Avro datum.

use crate::decode::{self, Limits, faers};
use crate::record::Reject;
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};

/// How deep a folder is searched for tables: FDA's archives hold `ascii/` and `deleted/`.
const FOLDER_DEPTH_MAX: usize = 2;

/// One file, or one folder of tables, in memory.
#[derive(Debug)]
pub enum FileSource {
    /// A file of messages.
    Messages {
        /// The file's name.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// FAERS tables that belong together: names and bytes, by name.
    Faers(Vec<(String, Vec<u8>)>),
}

/// One message of a file, or why there is none.
#[derive(Debug)]
pub struct FileMessage<'f> {
    /// Name of the file: the origin's topic.
    pub file: &'f str,
    /// Byte position of a JSON message, line number of a FAERS report: the origin's offset.
    pub offset: i64,
    /// The message.
    pub payload: Result<&'f [u8], Reject>,
}

/// Reads a file or a folder of FAERS tables.
///
/// # Errors
/// When it cannot be read, is larger than `bytes_max`, or is a folder without a table.
pub fn read_sources(path: &Path, bytes_max: u64) -> anyhow::Result<FileSource> {
    if !path.is_dir() {
        let name = name_of(path);
        let bytes = read(path, &mut { bytes_max })?;
        let is_table = faers::is_table(&bytes) || name.to_ascii_lowercase().contains("delete");
        return Ok(if is_table {
            FileSource::Faers(vec![(name, bytes)])
        } else {
            FileSource::Messages { name, bytes }
        });
    }
    let mut paths = Vec::new();
    find_tables(path, FOLDER_DEPTH_MAX, &mut paths)?;
    if paths.is_empty() {
        bail!("{} holds no .txt file: a folder is read as the tables of a FAERS quarter", path.display());
    }
    paths.sort();
    let mut left = bytes_max;
    let tables = paths.iter().map(|path| Ok((name_of(path), read(path, &mut left)?)));
    Ok(FileSource::Faers(tables.collect::<anyhow::Result<_>>()?))
}

impl FileSource {
    /// Gives the messages in order.
    pub fn messages(&self, limits: &Limits, each: &mut dyn FnMut(FileMessage<'_>)) {
        match self {
            Self::Messages { name, bytes } => {
                for message in decode::messages(bytes) {
                    let offset = i64::try_from(message.offset).unwrap_or(i64::MAX);
                    each(FileMessage { file: name, offset, payload: Ok(message.payload) });
                }
            }
            Self::Faers(tables) => {
                let tables: Vec<(&str, &[u8])> =
                    tables.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
                faers::messages(&tables, limits, &mut |place, payload| {
                    each(FileMessage { file: place.file, offset: i64::from(place.line), payload });
                });
            }
        }
    }
}

fn find_tables(folder: &Path, depth: usize, into: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            if depth > 1 {
                find_tables(&path, depth - 1, into)?;
            }
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("txt")) {
            into.push(path);
        }
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Reads a file that takes no more than what is `left`.
fn read(path: &Path, left: &mut u64) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    let Some(rest) = left.checked_sub(size) else {
        bail!("{} has {size} bytes, more than the limit leaves ({left})", path.display());
    };
    *left = rest;
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { message_bytes: 1 << 20, container_records: 1_000, list_items: 1_000 };
    const BYTES_MAX: u64 = 1 << 20;

    fn read_back(path: &Path) -> Vec<(String, i64, bool)> {
        let mut messages = Vec::new();
        read_sources(path, BYTES_MAX).unwrap().messages(&LIMITS, &mut |message| {
            messages.push((message.file.to_owned(), message.offset, message.payload.is_ok()));
        });
        messages
    }

    #[test]
    fn a_folder_is_one_quarter_and_a_file_its_messages() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        write("q/ascii/REAC15Q1.TXT", "primaryid$caseid$pt\n11$1$Rash\n");
        write("q/ascii/DRUG15Q1.txt", "primaryid$caseid$drug_seq$role_cod$drugname\n11$1$1$PS$BESPONSA\n11$1\n");
        write("q/deleted/DELETE15Q1.txt", " \n77\n");
        write("q/readme.pdf", "not a table");
        let drug = "DRUG15Q1.txt".to_owned();
        assert_eq!(
            read_back(&folder.path().join("q")),
            [(drug.clone(), 3, false), (drug, 2, true), ("DELETE15Q1.txt".to_owned(), 2, true)],
            "one report of two tables"
        );
        let lines = write("two.ndjson", "{\"a\":1}\n{\"a\":2}\n");
        assert_eq!(read_back(&lines), [("two.ndjson".to_owned(), 0, true), ("two.ndjson".to_owned(), 8, true)]);
        let table = write("DELETE26Q2.txt", "5\n6\n");
        assert_eq!(read_back(&table).len(), 2);
        assert!(read_sources(&lines, 5).is_err(), "too large");
        assert!(read_sources(&folder.path().join("none"), BYTES_MAX).is_err());
    }
}
