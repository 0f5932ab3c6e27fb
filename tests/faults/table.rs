//! The committed table of what the campaign did and found: a line a piece, and what the lines come to.

use crate::oracle::Verdict;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// A line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub commit: String,
    pub piece: String,
    pub seed: u64,
    pub inputs: u64,
    pub faults: u64,
    pub lost: u64,
    pub duplicates_committed: u64,
    pub duplicates_uncommitted: u64,
    pub state_equal: bool,
    /// Sentences on anything else that was wrong: not in the table, which such a line does not enter as good.
    pub good: bool,
}

const HEAD: &str = "\
# What the campaign of faults found

`make faults` adds a line a piece; `+` behind a commit says that the tree had changes beside. Lost, duplicates and state are \
against a run without faults, computed from the log. Duplicates that only a read-uncommitted reader sees show that the \
faults hit transactions.

| commit | piece | seed | inputs | faults | lost | duplicates, committed | duplicates, uncommitted | state equal | verdict |
|---|---|---:|---:|---:|---:|---:|---:|---|---|
";

/// What the lines must come to: piece, faults, inputs.
const GOALS: [(&str, u64, u64); 6] = [
    ("kills", 1000, 1_000_000),
    ("points", 500, 0),
    ("zombies", 100, 0),
    ("brokers", 50, 0),
    ("rebalances", 100, 0),
    ("group-kills", 30, 0),
];

impl Row {
    pub fn of(piece: &str, seed: u64, faults: u64, verdict: &Verdict) -> Self {
        Self {
            commit: commit(),
            piece: piece.to_owned(),
            seed,
            inputs: verdict.inputs,
            faults,
            lost: verdict.lost,
            duplicates_committed: verdict.duplicates_committed,
            duplicates_uncommitted: verdict.duplicates_uncommitted,
            state_equal: verdict.state_equal,
            good: verdict.is_good(),
        }
    }

    pub fn line(&self) -> String {
        let Self { commit, piece, seed, inputs, faults, lost, .. } = self;
        let (committed, uncommitted) = (self.duplicates_committed, self.duplicates_uncommitted);
        let (equal, verdict) = (yes(self.state_equal), if self.good { "good" } else { "BAD" });
        format!(
            "| {commit} | {piece} | {seed} | {inputs} | {faults} | {lost} | {committed} | {uncommitted} | {equal} | {verdict} |"
        )
    }

    fn parse(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [commit, piece, seed, inputs, faults, lost, committed, uncommitted, equal, verdict] = cells[..] else {
            return None;
        };
        Some(Self {
            commit: commit.to_owned(),
            piece: piece.to_owned(),
            seed: seed.parse().ok()?,
            inputs: inputs.parse().ok()?,
            faults: faults.parse().ok()?,
            lost: lost.parse().ok()?,
            duplicates_committed: committed.parse().ok()?,
            duplicates_uncommitted: uncommitted.parse().ok()?,
            state_equal: equal == "yes",
            good: verdict == "good",
        })
    }
}

const fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "NO" }
}

fn place() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/faults/RESULTS.md")
}

/// The commit that is run, with `+` where the tree has changes beside the table itself.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(head) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".to_owned() };
    let changed = git(&["status", "--porcelain", "--", ".", ":!tests/faults/RESULTS.md"]);
    if changed.is_none_or(|changed| changed.is_empty()) { head } else { format!("{head}+") }
}

/// Adds a line to the table. True if it is a good one.
pub fn append(row: &Row) -> bool {
    let mut new = String::new();
    if !place().exists() {
        new.push_str(HEAD);
    }
    writeln!(new, "{}", row.line()).unwrap();
    let mut file = std::fs::File::options().create(true).append(true).open(place()).unwrap();
    file.write_all(new.as_bytes()).unwrap();
    println!("{}", row.line());
    row.good
}

/// Prints what the lines of the table come to. True if they are good and reach the goals.
pub fn print_sums() -> bool {
    let text = std::fs::read_to_string(place()).unwrap_or_default();
    let (sums, good) = sums(&text);
    print!("{sums}");
    good
}

fn sums(text: &str) -> (String, bool) {
    let rows: Vec<Row> = text.lines().filter_map(Row::parse).collect();
    let mut names: Vec<&str> = rows.iter().map(|row| row.piece.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let (mut out, mut reached) = (String::new(), true);
    let sum = |of: &[&Row], what: fn(&Row) -> u64| -> u64 { of.iter().map(|row| what(row)).sum() };
    let mut line = |name: &str, of: &[&Row], goal: Option<(u64, u64)>| {
        let (faults, inputs) = (sum(of, |row| row.faults), sum(of, |row| row.inputs));
        let bad = of.iter().filter(|row| !row.good).count();
        let short = goal.is_some_and(|(faults_min, inputs_min)| faults < faults_min || inputs < inputs_min);
        reached &= !short;
        let goal = goal.map_or_else(String::new, |(faults_min, inputs_min)| match inputs_min {
            0 => format!(" (goal {faults_min} faults{})", if short { ", NOT REACHED" } else { "" }),
            _ => format!(" (goal {faults_min} over {inputs_min}{})", if short { ", NOT REACHED" } else { "" }),
        });
        let (lost, committed) = (sum(of, |row| row.lost), sum(of, |row| row.duplicates_committed));
        let uncommitted = sum(of, |row| row.duplicates_uncommitted);
        writeln!(
            out,
            "{name}: {} lines, {bad} bad; {faults} faults over {inputs} inputs{goal}; lost {lost}, duplicates {committed} \
             committed, {uncommitted} uncommitted; state equal in {}",
            of.len(),
            of.iter().filter(|row| row.state_equal).count()
        )
        .unwrap();
    };
    for (goal, faults, inputs) in GOALS {
        let of: Vec<&Row> = rows.iter().filter(|row| row.piece == goal).collect();
        line(goal, &of, Some((faults, inputs)));
    }
    for name in names.iter().filter(|name| GOALS.iter().all(|(goal, ..)| goal != *name)) {
        let of: Vec<&Row> = rows.iter().filter(|row| row.piece == *name).collect();
        line(name, &of, None);
    }
    let proper: Vec<&Row> = rows.iter().filter(|row| row.piece != "plants").collect();
    line("all but plants", &proper, None);
    let blind = sum(&proper, |row| row.duplicates_uncommitted) == 0;
    if blind {
        writeln!(out, "BLIND: no fault hit a transaction").unwrap();
    }
    (out, reached && !blind && rows.iter().all(|row| row.good))
}
