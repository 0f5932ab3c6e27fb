//! The direction of the layout, checked: a module names only modules above it, and the pure half names nothing that
//! waits.

use std::path::{Path, PathBuf};

/// The modules in the order in which data meets them.
const FLOW: [&str; 16] = [
    "record",
    "profile",
    "decode",
    "normalise",
    "patient",
    "classify",
    "detect",
    "signal",
    "alert",
    "verify",
    "pipeline",
    "ledger",
    "config",
    "dashboard",
    "simulate",
    "run",
];

/// The witness of a cluster, and what it may name: wire types alone, so that it shares no code with what it judges.
const WITNESS: (&str, [&str; 3]) = ("verify", ["record", "alert", "verify"]);

/// The first module below the line.
const FIRST_THAT_WAITS: &str = "dashboard";

/// Crates and calls that wait or ask, which the pure half never names.
const WAITING: [&str; 9] = [
    "tokio::",
    "rdkafka::",
    "axum::",
    "prometheus::",
    "tracing::",
    "SystemTime::now",
    "Instant::now",
    "std::env::var",
    "std::fs::",
];

fn rust_files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Number of the module that a file under `src` belongs to.
fn module_of(file: &Path, src: &Path) -> Option<usize> {
    let first = file.strip_prefix(src).unwrap().components().next().unwrap();
    let name = Path::new(&first).file_stem().unwrap().to_str().unwrap();
    FLOW.iter().position(|module| *module == name)
}

/// Modules named by `crate::name` or in `crate::{name…, name…}`.
fn named(source: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for part in source.split("crate::").skip(1) {
        match part.strip_prefix('{') {
            None => names.push(word(part)),
            Some(group) => {
                let mut depth = 0usize;
                let mut at_start = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => at_start = true,
                        c if c.is_whitespace() => {}
                        _ if at_start && depth == 0 => {
                            names.push(word(&group[at..]));
                            at_start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

/// Source without comments and without the tests at its end.
fn code(source: &str) -> String {
    let body = source.split("\n#[cfg(test)]\nmod ").next().unwrap();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn offences(module: usize, source: &str) -> Vec<String> {
    let code = code(source);
    let mut found: Vec<String> = named(&code)
        .iter()
        .filter_map(|name| FLOW.iter().position(|module| module == name))
        .filter(|other| *other > module)
        .map(|other| format!("{} names {}", FLOW[module], FLOW[other]))
        .collect();
    if FLOW[module] == WITNESS.0 {
        let strangers = named(&code).into_iter().filter(|name| FLOW.contains(&name.as_str()));
        let strangers = strangers.filter(|name| !WITNESS.1.contains(&name.as_str()));
        found.extend(strangers.map(|name| format!("the witness names {name}")));
    }
    let line = FLOW.iter().position(|m| *m == FIRST_THAT_WAITS).unwrap();
    if module < line {
        found.extend(WAITING.iter().filter(|w| code.contains(**w)).map(|w| format!("{} names {w}", FLOW[module])));
    }
    found
}

#[test]
fn a_module_names_only_modules_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > 20, "the source was not found");
    let mut found = Vec::new();
    for file in files {
        let Some(module) = module_of(&file, &src) else { continue };
        // Tests may read files and name what they like.
        let of_tests = |part: &std::ffi::OsStr| {
            Path::new(part).file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"))
        };
        if file.strip_prefix(&src).is_ok_and(|inside| inside.iter().any(of_tests)) {
            continue;
        }
        let source = std::fs::read_to_string(&file).unwrap();
        found.extend(offences(module, &source).into_iter().map(|what| format!("{}: {what}", file.display())));
    }
    assert!(found.is_empty(), "the layout points upward:\n{}", found.join("\n"));
}

#[test]
fn the_check_sees_what_it_should() {
    let normalise = FLOW.iter().position(|m| *m == "normalise").unwrap();
    assert_eq!(
        offences(normalise, "use crate::record::Text;\nuse crate::{profile::Profile, decode};"),
        Vec::<String>::new()
    );
    assert_eq!(offences(normalise, "use crate::{profile::{Profile, Term}, alert::Alert};"), ["normalise names alert"]);
    assert_eq!(offences(normalise, "fn f() { crate::pipeline::step(); }"), ["normalise names pipeline"]);
    assert_eq!(offences(normalise, "let now = Instant::now();"), ["normalise names Instant::now"]);
    assert_eq!(offences(normalise, "// crate::alert is below"), Vec::<String>::new());
    let verify = FLOW.iter().position(|m| *m == "verify").unwrap();
    assert_eq!(offences(verify, "use crate::record::Record;\nuse crate::alert::Alert;"), Vec::<String>::new());
    assert_eq!(offences(verify, "use crate::classify::Assessment;"), ["the witness names classify"]);
}
