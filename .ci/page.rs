//! Build script: the files of the built web page, if there are any, become a table that `dashboard::assets` includes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn files(dir: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

fn main() -> io::Result<()> {
    let folder = |name| env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let root = folder("CARGO_MANIFEST_DIR");
    let page = root.join("src/dashboard/page");
    let dist = page.join("dist");
    // A path that is not there would be looked for on every build; the folder above it changes when it is made.
    println!("cargo:rerun-if-changed={}", if dist.is_dir() { &dist } else { &page }.display());
    println!("cargo:rerun-if-changed={}", root.join(".ci/page.rs").display());
    let mut found = Vec::new();
    files(&dist, &mut found);
    found.sort();
    let mut table = String::from("&[\n");
    for path in found {
        let name = path.strip_prefix(&dist).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let _ = writeln!(table, "    ({name:?}, include_bytes!({:?})),", path.display().to_string());
    }
    table.push(']');
    fs::write(folder("OUT_DIR").join("page.rs"), table)
}
