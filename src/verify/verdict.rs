//! What the witness found: counts, findings that name positions and never a key or content, and one word.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Findings that are shown; all are counted.
const FINDINGS_SHOWN: usize = 100;

macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),* $(,)?) => {
        /// What can be found wrong. A closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Check { $($(#[$doc])* #[serde(rename = $name)] $variant),* }

        impl Check {
            /// All of them, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name, lower case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

checks! {
    /// A topic that should be there is not.
    TopicMissing = "topic_missing",
    /// A topic of ours has another number of partitions than configured.
    PartitionCount = "partition_count",
    /// A record of a source message is in neither log nor rejects.
    SourceLost = "source_lost",
    /// The log or the rejects name a source position where no message is.
    SourceInvented = "source_invented",
    /// A record that a shard sent to another key stands twice.
    ForwardRepeated = "forward_repeated",
    /// A message of the alerts that is no alert.
    AlertUnreadable = "alert_unreadable",
    /// A revision of an alert that read-committed shows twice.
    AlertRepeated = "alert_repeated",
    /// A revision of an alert that was said in two ways.
    AlertOtherBytes = "alert_other_bytes",
    /// An alert outside the partition of its shard.
    AlertOfOtherShard = "alert_of_other_shard",
    /// Revisions of an alert that do not count from 1 by 1.
    RevisionOrder = "revision_order",
    /// A number of a shard is left out.
    SeqGap = "seq_gap",
    /// A number of a shard comes after a higher one.
    SeqOrder = "seq_order",
    /// An alert that only read-uncommitted shows.
    AlertNeverCommitted = "alert_never_committed",
    /// Evidence that names a position outside its topic.
    EvidenceNowhere = "evidence_nowhere",
    /// A value of the changelog that is damaged.
    StateDamaged = "state_damaged",
    /// A shard with state or input, and no progress record.
    ProgressMissing = "progress_missing",
    /// The progress record of another shard, or of another number of partitions.
    ProgressOfOther = "progress_of_other",
    /// Progress that goes back.
    ProgressBack = "progress_back",
    /// Progress beyond the end of the log.
    ProgressAhead = "progress_ahead",
    /// Progress before the last record of a settled cluster.
    ProgressBehind = "progress_behind",
    /// Records read are not the sum of the fates.
    LedgerSum = "ledger_sum",
    /// Records read are not those of the log.
    LedgerRead = "ledger_read",
    /// Records rejected are not those of watch in the rejects.
    LedgerRejected = "ledger_rejected",
    /// The progress record's seq is not that of the shard's last alert.
    SeqOfProgress = "seq_of_progress",
    /// A message of the rejects that is no reject.
    RejectUnreadable = "reject_unreadable",
    /// A record of the log that watch rejected twice.
    RejectRepeated = "reject_repeated",
    /// Watch rejected a position of the log where no record is.
    RejectNowhere = "reject_nowhere",
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub check: Check,
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Offset, where it is of one message.
    pub offset: Option<i64>,
    /// Numbers and positions.
    pub detail: String,
}

/// Findings, counted and in part kept.
#[derive(Debug, Default)]
pub(super) struct Findings {
    counts: BTreeMap<Check, u64>,
    kept: Vec<Finding>,
}

impl Findings {
    pub(super) fn note(&mut self, check: Check, topic: &str, partition: i32, offset: Option<i64>, detail: String) {
        *self.counts.entry(check).or_default() += 1;
        if self.kept.len() < FINDINGS_SHOWN {
            self.kept.push(Finding { check, topic: topic.to_owned(), partition, offset, detail });
        }
    }
}

/// Source topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceCounts {
    /// Messages read.
    pub messages: u64,
    /// Records and rejects that they make.
    pub records: u64,
    /// Of these, in log or rejects.
    pub found: u64,
    /// Further times that one is there: ingest is at least once.
    pub repeated: u64,
    /// In neither.
    pub lost: u64,
    /// Not yet due: beyond what ingest has committed.
    pub not_due: u64,
    /// In log or rejects, of messages that retention took from the source.
    pub of_gone_messages: u64,
}

/// The log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LogCounts {
    /// Records, read-committed.
    pub committed: u64,
    /// Records, read-uncommitted.
    pub uncommitted: u64,
    /// Ticks among the committed.
    pub ticks: u64,
    /// Records sent from one key to another.
    pub forwards: u64,
    /// Acknowledgements and changes of profile.
    pub own: u64,
    /// No records.
    pub unreadable: u64,
}

/// Alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AlertCounts {
    /// Revisions, read-committed.
    pub committed: u64,
    /// Revisions, read-uncommitted.
    pub uncommitted: u64,
    /// Alerts, whatever their revisions.
    pub alerts: u64,
    /// Revisions said again, read-committed.
    pub repeated: u64,
    /// Revisions said again, read-uncommitted.
    pub repeated_uncommitted: u64,
    /// Revisions that only read-uncommitted shows.
    pub never_committed: u64,
    /// Evidence named.
    pub evidence: u64,
    /// Partitions of which the oldest evidence is older than what its topic keeps.
    pub evidence_gone: u64,
}

/// The changelog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StateCounts {
    /// Messages, read-committed.
    pub committed: u64,
    /// Messages, read-uncommitted.
    pub uncommitted: u64,
    /// Values whose checksum fits.
    pub sound: u64,
    /// Tombstones.
    pub tombstones: u64,
    /// Sound values of another schema than this release's.
    pub other_schema: u64,
    /// Shards with a progress record.
    pub progress: u64,
}

/// Rejects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RejectCounts {
    /// Messages, read-committed.
    pub committed: u64,
    /// Messages, read-uncommitted.
    pub uncommitted: u64,
    /// Of ingest.
    pub ingest: u64,
    /// Of watch.
    pub watch: u64,
    /// Notes that one was put back.
    pub redriven: u64,
}

/// Everything counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Source topics.
    pub sources: SourceCounts,
    /// The log.
    pub log: LogCounts,
    /// Alerts.
    pub alerts: AlertCounts,
    /// The changelog.
    pub state: StateCounts,
    /// Rejects.
    pub rejects: RejectCounts,
    /// Checks that could not be made, since retention took what they need.
    pub not_judged: u64,
}

/// The verdict on a cluster.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// `ok` or `failed`.
    pub verdict: &'static str,
    /// Was all input to be consumed?
    pub settled: bool,
    /// Partitions of each topic of ours, as configured.
    pub partitions: i32,
    /// What was counted.
    #[serde(flatten)]
    pub counts: Counts,
    /// Findings by check.
    pub found: BTreeMap<Check, u64>,
    /// The first of them.
    pub findings: Vec<Finding>,
}

impl Verdict {
    pub(super) fn new(settled: bool, partitions: i32, counts: Counts, findings: Findings) -> Self {
        let verdict = if findings.counts.is_empty() { "ok" } else { "failed" };
        Self { verdict, settled, partitions, counts, found: findings.counts, findings: findings.kept }
    }

    /// Was nothing found?
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.found.is_empty()
    }

    /// Findings of a check.
    #[must_use]
    pub fn count(&self, check: Check) -> u64 {
        self.found.get(&check).copied().unwrap_or(0)
    }

    /// For a person.
    #[must_use]
    pub fn table(&self) -> String {
        let Counts { sources, log, alerts, state, rejects, not_judged } = &self.counts;
        let mut text = String::new();
        let _ = writeln!(text, "{:<36} {:>12} {:>12}", "messages", "committed", "uncommitted");
        for (name, committed, uncommitted) in [
            ("log", log.committed, log.uncommitted),
            ("alerts", alerts.committed, alerts.uncommitted),
            ("state", state.committed, state.uncommitted),
            ("rejects", rejects.committed, rejects.uncommitted),
            ("alerts said again", alerts.repeated, alerts.repeated_uncommitted),
        ] {
            let _ = writeln!(text, "  {name:<34} {committed:>12} {uncommitted:>12}");
        }
        let _ = writeln!(text, "\nsources");
        for (name, count) in [
            ("messages", sources.messages),
            ("records and rejects they make", sources.records),
            ("found", sources.found),
            ("found again (at least once)", sources.repeated),
            ("lost", sources.lost),
            ("not yet due", sources.not_due),
        ] {
            let _ = writeln!(text, "  {name:<34} {count:>12}");
        }
        let _ = writeln!(text, "\nchecked");
        for (name, count) in [
            ("alerts, each by its revisions", alerts.alerts),
            ("positions named as evidence", alerts.evidence),
            ("aborted and never said", alerts.never_committed),
            ("sound values of state", state.sound),
            ("shards with progress", state.progress),
            ("rejects of ingest", rejects.ingest),
            ("rejects of watch", rejects.watch),
            ("checks not made (retention)", *not_judged),
        ] {
            let _ = writeln!(text, "  {name:<34} {count:>12}");
        }
        if !self.found.is_empty() {
            let _ = writeln!(text, "\nfound");
            for (check, count) in &self.found {
                let _ = writeln!(text, "  {:<34} {count:>12}", check.name());
            }
            for finding in &self.findings {
                let Finding { check, topic, partition, offset, detail } = finding;
                let offset = offset.map_or_else(|| "-".to_owned(), |offset| offset.to_string());
                let _ = writeln!(text, "  {} {topic}/{partition}/{offset} {detail}", check.name());
            }
        }
        text
    }
}
