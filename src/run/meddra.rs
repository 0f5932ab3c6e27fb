//! The files of a user's licensed MedDRA, read from its folder.

use crate::profile::meddra::{Dictionary, TABLES};
use anyhow::{Context as _, anyhow, ensure};
use std::path::Path;

/// Largest table that is read, bytes; the largest of MedDRA has about 12 MiB.
const TABLE_BYTES_MAX: u64 = 128 << 20;

/// Reads the dictionary of a folder.
///
/// # Errors
/// When the folder cannot be read, and every fault of its tables at once.
pub fn read(folder: &Path) -> anyhow::Result<Dictionary> {
    let shown = folder.display();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("meddra.dir: cannot read {shown}"))? {
        let path = entry.with_context(|| format!("meddra.dir: cannot read {shown}"))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if !TABLES.contains(&name.as_str()) {
            continue;
        }
        let cannot = || format!("meddra.dir: cannot read {}", path.display());
        let bytes = std::fs::metadata(&path).with_context(cannot)?.len();
        ensure!(bytes <= TABLE_BYTES_MAX, "meddra.dir: {name} has {bytes} bytes, at most {TABLE_BYTES_MAX} are read");
        files.push((name, std::fs::read(&path).with_context(cannot)?));
    }
    Dictionary::parse(&files).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow!("meddra.dir: {shown}:\n{}", faults.join("\n"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::meddra::tests::files;

    #[test]
    fn a_folder_is_read_whatever_the_case_of_its_names_and_its_faults_are_all_said() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files() {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        std::fs::write(folder.path().join("readme.txt"), "x").unwrap();
        assert_eq!(read(folder.path()).unwrap().sizes(), (3, 3, 3));
        std::fs::remove_file(folder.path().join("PT.asc")).unwrap();
        std::fs::remove_file(folder.path().join("SMQ_List.asc")).unwrap();
        let faults = format!("{:#}", read(folder.path()).unwrap_err());
        assert!(faults.contains("pt.asc: is missing") && faults.contains("smq_list.asc: is missing"), "{faults}");
        assert!(read(&folder.path().join("nowhere")).is_err());
    }
}
