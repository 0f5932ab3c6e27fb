//! Bad conditions of the cluster: each a clear word on what is wrong and what to do, nothing lost, no busy loop.

use crate::acls;
use crate::broker::broker;
use crate::cluster::{Corner, Seen, wait_until};
use crate::feed::{Feeder, Recipe};
use crate::oracle::{Topics, verdict};
use crate::own_broker::{OwnBroker, Plan};
use crate::process::{Running, Site};
use crate::settle::{positions, settle};
use besponsa_vigil::pipeline::PROGRESS_KEY;
use std::process::Command;
use std::time::Duration;

const PARTITIONS: i32 = 2;
const ALL: [&str; 3] = ["watch", "--partitions", "0,1"];
const DONE_MAX: Duration = Duration::from_secs(90);
const STOP_MAX: Duration = Duration::from_secs(20);

/// Records a second.
const RATE: u64 = 200;

/// How long a process that cannot go on is looked at, and what it may use and say meanwhile.
const LOOK: Duration = Duration::from_secs(4);
const CPU_MAX: Duration = Duration::from_millis(1200);
const LINES_MAX: usize = 60;

/// A watch in a corner of a broker.
struct Setting {
    corner: Corner,
    site: Site,
}

impl Setting {
    fn at(bootstrap: &str, name: &str) -> Self {
        let corner = Corner::at(bootstrap, name);
        let mut site = Site::new(&corner, PARTITIONS);
        site.set("WATCH_TICK_SECONDS", "1");
        Self { corner, site }
    }

    fn watch(&self) -> Running {
        self.site.start(&ALL)
    }

    fn ready(&self) -> Running {
        let watch = self.watch();
        becomes_ready(&watch);
        watch
    }

    fn feed(&self, seed: u64) -> Feeder {
        let recipe = Recipe::new(seed, 1_750_000_000_000);
        Feeder::start(&self.corner.bootstrap, &self.corner.name("records"), PARTITIONS, recipe, RATE)
    }

    /// A watch that has judged some records and was stopped; and how many.
    fn worked(bootstrap: &str, name: &str) -> (Self, u64) {
        let setting = Self::at(bootstrap, name);
        let watch = setting.ready();
        let feeder = setting.feed(1);
        wait_until("records are fed", DONE_MAX, || feeder.fed() > 100);
        let fed = feeder.finish();
        assert!(settle(&setting.corner, PARTITIONS, DONE_MAX), "{}", watch.said());
        assert_eq!(watch.stop(STOP_MAX), Some(0), "{}", setting.site.logs());
        (setting, fed)
    }

    /// The last record of the changelog under a key that `is` right.
    fn state_of(&self, is: impl Fn(&[u8]) -> bool) -> Seen {
        let state = self.corner.read(&self.corner.name("state"));
        state.into_iter().rfind(|seen| !seen.value.is_empty() && is(seen.key.as_deref().unwrap_or_default())).unwrap()
    }

    fn put_state(&self, seen: &Seen, value: &[u8]) {
        let sender = self.corner.sender();
        sender.send(&self.corner.name("state"), seen.partition, seen.key.as_deref(), value);
        sender.flush();
    }
}

fn becomes_ready(watch: &Running) {
    wait_until("ready", DONE_MAX, || watch.ready());
}

/// It is held, alive, says so with these words in probe and log, and costs next to nothing.
fn is_held(watch: &Running, words: &str) {
    wait_until(words, DONE_MAX, || watch.says("/readyz", words));
    assert!(watch.get("/readyz").0.contains(" 503 "));
    assert!(watch.said().contains("\"WARN\"") || watch.said().contains("\"ERROR\""), "the log says it too");
    assert_eq!(watch.metric("vigil_ready"), 0.0);
    let (cpu, lines) = (watch.cpu_time(), watch.said().lines().count());
    std::thread::sleep(LOOK);
    let (cpu, lines) = (watch.cpu_time() - cpu, watch.said().lines().count() - lines);
    assert!(cpu < CPU_MAX, "{cpu:?} of processor time in {LOOK:?}");
    assert!(lines < LINES_MAX, "{lines} lines in {LOOK:?}");
    assert!(watch.get("/livez").0.contains(" 200 "), "a restart would not help");
}

/// The same for a fault in what is kept of these shards: they do not move.
fn is_held_and_nothing_moves(setting: &Setting, shards: &[i32], words: &str) {
    let stand = || {
        let mut positions = positions(&setting.corner, PARTITIONS);
        positions.retain(|partition, _| shards.contains(partition));
        // A shard writes its alerts into its own partition; the others go on.
        let alerts = setting.corner.read(&setting.corner.name("alerts"));
        (alerts.iter().filter(|seen| shards.contains(&seen.partition)).count(), positions)
    };
    let before = stand();
    let watch = setting.watch();
    is_held(&watch, words);
    assert!(watch.said().contains(words), "the log says it too: {words}");
    assert_eq!(stand(), before);
    assert_eq!(watch.stop(STOP_MAX), Some(0), "{}", setting.site.logs());
}

#[test]
fn another_number_of_partitions_is_refused_even_where_every_topic_has_it() {
    let Some(broker) = broker() else { return };
    let (mut setting, _) = Setting::worked(&broker.bootstrap, "partitions");
    setting.site.set("TOPICS_PARTITIONS", "3");
    let mut watch = setting.watch();
    assert_eq!(watch.ended(DONE_MAX), Some(78), "{}", watch.said());
    assert!(watch.said().contains("number of partitions is 2, must be 3"), "{}", watch.said());
    for topic in ["records", "alerts", "state", "rejects", "audit"] {
        setting.corner.grow(&setting.corner.name(topic), 3);
    }
    is_held_and_nothing_moves(&setting, &[0, 1], "the state was made for 2 partitions");
}

#[test]
fn a_changelog_that_is_gone_is_no_new_beginning_unless_it_is_asked_for() {
    let Some(broker) = broker() else { return };
    let (mut setting, _) = Setting::worked(&broker.bootstrap, "changelog");
    let alerts = setting.corner.read(&setting.corner.name("alerts"));
    setting.corner.delete(&setting.corner.name("state"));
    let watch = setting.watch();
    is_held(&watch, "vigil.state was emptied or made anew");
    assert_eq!(watch.stop(STOP_MAX), Some(0));
    assert_eq!(setting.corner.read(&setting.corner.name("alerts")).len(), alerts.len());
    // Asked for, everything is judged and said again, in the same bytes.
    setting.site.set("WATCH_REBUILD", "true");
    let watch = setting.ready();
    assert!(settle(&setting.corner, PARTITIONS, DONE_MAX));
    assert_eq!(watch.stop(STOP_MAX), Some(0));
    let again = setting.corner.read(&setting.corner.name("alerts"));
    let of = |all: &[Seen], partition| -> Vec<Vec<u8>> {
        all.iter().filter(|seen| seen.partition == partition).map(|seen| seen.value.clone()).collect()
    };
    for partition in 0..PARTITIONS {
        assert!(of(&again, partition) == [of(&alerts, partition), of(&alerts, partition)].concat());
    }
}

#[test]
fn a_process_killed_in_its_first_transaction_leaves_a_beginning() {
    let Some(broker) = broker() else { return };
    let mut setting = Setting::at(&broker.bootstrap, "first");
    // Without ticks, which would make a first transaction of their own.
    setting.site.set("WATCH_TICK_SECONDS", "60");
    let mut doomed = setting.site.start_with(&ALL, &[("VIGIL_TEST_CRASH_AT", "after_acks:1")]);
    let records = setting.corner.name("records");
    wait_until("the topics are there", DONE_MAX, || setting.corner.exists(&records));
    let feeder = setting.feed(1);
    assert_eq!(doomed.end(DONE_MAX).map(|end| end.success()), Some(false), "it killed itself");
    let fed = feeder.finish();
    let watch = setting.ready();
    assert!(settle(&setting.corner, PARTITIONS, DONE_MAX), "{}", watch.said());
    assert_eq!(watch.stop(STOP_MAX), Some(0));
    let verdict = verdict(&Topics::read(&setting.corner), PARTITIONS, fed);
    assert!(verdict.is_good(), "{verdict:?}");
}

#[test]
fn a_damaged_state_is_not_guessed_at() {
    let Some(broker) = broker() else { return };
    let (setting, _) = Setting::worked(&broker.bootstrap, "damaged");
    let case = setting.state_of(|key| key.contains(&b':') && !key.starts_with(b"schema"));
    let mut value = case.value.clone();
    let last = value.len() - 5;
    value[last] ^= 1;
    setting.put_state(&case, &value);
    is_held_and_nothing_moves(&setting, &[case.partition], "a record of the changelog is damaged");
}

#[test]
fn a_state_of_a_newer_release_is_left_alone() {
    let Some(broker) = broker() else { return };
    let (setting, _) = Setting::worked(&broker.bootstrap, "newer");
    let case = setting.state_of(|key| key.contains(&b':') && !key.starts_with(b"schema"));
    let mut value = case.value.clone();
    // The fingerprint of the schema it was written with stands behind the two bytes of the marker; the checksum is last.
    value[5] ^= 1;
    let end = value.len() - 8;
    let checksum = xxhash_rust::xxh3::xxh3_64(&value[..end]);
    value[end..].copy_from_slice(&checksum.to_le_bytes());
    setting.put_state(&case, &value);
    is_held_and_nothing_moves(&setting, &[case.partition], "the changelog was written by a newer release");
}

#[test]
fn state_without_progress_is_not_taken_for_whole() {
    let Some(broker) = broker() else { return };
    let (setting, _) = Setting::worked(&broker.bootstrap, "no-progress");
    let progress = setting.state_of(|key| key == PROGRESS_KEY.as_bytes());
    let sender = setting.corner.sender();
    sender.tombstone(&setting.corner.name("state"), progress.partition, PROGRESS_KEY.as_bytes());
    let watch = setting.watch();
    is_held(&watch, "the changelog holds state and no progress record");
    assert_eq!(watch.stop(STOP_MAX), Some(0));
}

#[test]
fn records_that_retention_took_before_they_were_judged_are_missed_aloud() {
    let Some(broker) = broker() else { return };
    let (setting, _) = Setting::worked(&broker.bootstrap, "gone");
    let feeder = setting.feed(2);
    wait_until("records are fed", DONE_MAX, || feeder.fed() > 50);
    feeder.finish();
    let records = setting.corner.name("records");
    for partition in 0..PARTITIONS {
        let (_, end) = setting.corner.ends(&records, partition);
        setting.corner.delete_below(&records, partition, end - 1);
    }
    is_held_and_nothing_moves(&setting, &[0, 1], "records were deleted before they were judged");
}

#[test]
fn a_log_that_was_made_anew_is_not_the_one_that_was_judged() {
    let Some(broker) = broker() else { return };
    let (setting, _) = Setting::worked(&broker.bootstrap, "anew");
    setting.corner.delete(&setting.corner.name("records"));
    is_held_and_nothing_moves(&setting, &[0, 1], "vigil.records was made anew");
}

#[test]
fn of_two_deployments_with_one_id_one_works_and_the_other_says_so() {
    let Some(broker) = broker() else { return };
    let setting = Setting::at(&broker.bootstrap, "two");
    let first = setting.ready();
    let feeder = setting.feed(1);
    let second = setting.ready();
    is_held(&first, "another process works on this shard");
    // A quarrel would count here: each shard is lost once, and not again.
    let lost = first.metric("vigil_shard_failures_total");
    assert!((1.0..=4.0).contains(&lost), "{lost}");
    std::thread::sleep(Duration::from_secs(6));
    assert!(first.metric("vigil_shard_failures_total") <= lost + 1.0 && second.ready());
    // When the other one is gone, it takes over by itself.
    second.kill();
    becomes_ready(&first);
    let fed = feeder.finish();
    assert!(settle(&setting.corner, PARTITIONS, DONE_MAX));
    assert_eq!(first.stop(STOP_MAX), Some(0));
    let verdict = verdict(&Topics::read(&setting.corner), PARTITIONS, fed);
    assert!(verdict.is_good(), "{verdict:?}");
}

#[test]
fn who_was_stopped_in_a_commit_finds_its_successor_and_leaves_it_alone() {
    let Some(broker) = broker() else { return };
    let setting = Setting::at(&broker.bootstrap, "stopped");
    let zombie = setting.site.start_with(&ALL, &[("VIGIL_TEST_STOP_IN_COMMIT", "20")]);
    becomes_ready(&zombie);
    let feeder = setting.feed(1);
    wait_until("stopped", DONE_MAX, || zombie.is_stopped());
    let successor = setting.ready();
    // By now the commit that was answered has taken long enough to be doubted.
    std::thread::sleep(Duration::from_secs(1));
    zombie.signal("CONT");
    is_held(&zombie, "another process works on this shard");
    // Long enough for a quarrel: the one that stands by looks every 5 s.
    std::thread::sleep(Duration::from_secs(6));
    assert!(successor.ready());
    assert_eq!(successor.metric("vigil_shard_failures_total"), 0.0, "it is fenced by nobody\n{}", zombie.said());
    assert_eq!(zombie.stop(STOP_MAX), Some(0));
    let fed = feeder.finish();
    assert!(settle(&setting.corner, PARTITIONS, DONE_MAX));
    assert_eq!(successor.stop(STOP_MAX), Some(0));
    let verdict = verdict(&Topics::read(&setting.corner), PARTITIONS, fed);
    assert!(verdict.is_good(), "{verdict:?}");
}

/// A broker of the test's own, or `None` after saying loudly what is not tested.
fn own(plan: &Plan<'_>) -> Option<OwnBroker> {
    match OwnBroker::start(plan) {
        Ok(broker) => Some(broker),
        Err(why) => {
            assert!(!matches!(std::env::var("CI").as_deref(), Ok("true" | "1")), "{why}");
            eprintln!("\nNOT TESTED: a Kafka of the test's own could not be had: {why}\n");
            None
        }
    }
}

#[test]
fn what_the_broker_refuses_is_said_and_goes_on_once_it_is_allowed() {
    let settings = [
        ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
        // Whatever has no rules of its own is open to everybody, the broker itself among them.
        ("allow.everyone.if.no.acl.found", "true"),
    ];
    let Some(broker) = own(&Plan { settings: &settings, ..Plan::default() }) else { return };
    let setting = Setting::at(&broker.bootstrap, "refused");
    let watch = setting.ready();
    let alerts = setting.corner.name("alerts");
    acls::refuse_writes(&broker.bootstrap, &alerts);
    let feeder = setting.feed(1);
    is_held(&watch, "Kafka refuses it");
    assert_eq!(setting.corner.read(&alerts).len(), 0);
    acls::allow_all(&broker.bootstrap, &alerts);
    becomes_ready(&watch);
    let fed = feeder.finish();
    assert!(settle(&setting.corner, PARTITIONS, DONE_MAX));
    assert_eq!(watch.stop(STOP_MAX), Some(0));
    let verdict = verdict(&Topics::read(&setting.corner), PARTITIONS, fed);
    assert!(verdict.is_good() && verdict.alerts > 0, "{verdict:?}");
}

/// A file system of some MiB in memory, gone with the test.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(megabytes: u32) -> Result<Self, String> {
        let place = tempfile::tempdir().map_err(|e| e.to_string())?;
        let size = format!("size={megabytes}m");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(place.path()).output();
        let output = output.map_err(|e| e.to_string())?;
        if output.status.success() {
            return Ok(Self(place));
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
fn a_broker_whose_disk_is_full_stops_watch_visibly_and_loses_nothing() {
    let disk = match SmallDisk::mount(300) {
        Ok(disk) => disk,
        // Mounting takes root, which not every machine gives.
        Err(why) => return eprintln!("\nNOT TESTED: a full disk, since a small one cannot be mounted: {why}\n"),
    };
    let data = disk.0.path().join("data");
    let Some(mut broker) = own(&Plan { data: Some(&data), ..Plan::default() }) else { return };
    let setting = Setting::at(&broker.bootstrap, "full");
    let watch = setting.ready();
    let feeder = setting.feed(1);
    wait_until("records are fed", DONE_MAX, || feeder.fed() > 100);
    let ballast = disk.0.path().join("ballast");
    let filled = Command::new("dd").args(["if=/dev/zero", "bs=64k"]).arg(format!("of={}", ballast.display())).output();
    assert!(!filled.unwrap().status.success(), "the disk was filled to its end");
    // Kafka gives its only log directory up, and itself with it.
    is_held(&watch, "shard ");
    std::fs::remove_file(&ballast).unwrap();
    broker.kill();
    broker.up().unwrap();
    becomes_ready(&watch);
    let fed = feeder.finish();
    assert!(settle(&setting.corner, PARTITIONS, DONE_MAX), "{}", watch.said());
    assert_eq!(watch.stop(STOP_MAX), Some(0));
    let verdict = verdict(&Topics::read(&setting.corner), PARTITIONS, fed);
    assert!(verdict.is_good(), "{verdict:?}");
}
