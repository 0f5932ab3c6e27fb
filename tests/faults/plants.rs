//! Ten mistakes that watch can be told to make: for each the fault that brings it to light, and the verdict that must say
//! so. A suite that misses one is not to be trusted.

use crate::cluster::wait_until;
use crate::ground::{Ground, PARTITIONS, Place, becomes_ready, wait_ready};
use crate::oracle::{Topics, Verdict, verdict};
use crate::process::Running;
use crate::proxy::Mode;
use crate::table::{Row, append};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// All shards, in one process.
const ALL: &str = "0,1,2,3,4,5";

/// Records a second.
const RATE: u64 = 400;

/// Runs at a time: most of a run is waiting.
const AT_A_TIME: usize = 3;

/// How long a run may take to settle after its faults: what a run without the mistake needs.
const SETTLE_MAX: Duration = Duration::from_secs(25);

/// Longest wait until a process has come to its point.
const POINT_MAX: Duration = Duration::from_secs(60);

/// A mistake, and how it is brought to light.
struct Plant {
    name: &'static str,
    bring_to_light: fn(&Place, &Run<'_>) -> Verdict,
}

const FORWARD_OUTSIDE: &str = "forward_outside";

const PLANTS: [Plant; 10] = [
    Plant {
        name: "progress_first",
        bring_to_light: |place, run| crashes(place, run, "after_commit", &[9, 14, 23, 32]),
    },
    Plant { name: "wrong_offset", bring_to_light: |place, run| crashes(place, run, "after_poll", &[150, 150]) },
    Plant { name: "no_init", bring_to_light: zombie },
    Plant { name: "restore_at_timeout", bring_to_light: slow_restore },
    Plant { name: "reset_latest", bring_to_light: offsets_gone },
    Plant { name: "random_id", bring_to_light: |place, run| crashes(place, run, "after_poll", &[]) },
    Plant { name: "ignore_delivery", bring_to_light: alerts_refused },
    Plant {
        name: "commit_before_ack",
        bring_to_light: |place, run| crashes(place, run, "after_commit", &[9, 14, 23, 32]),
    },
    Plant { name: "keep_ownership", bring_to_light: rebalance },
    Plant { name: FORWARD_OUTSIDE, bring_to_light: |place, run| crashes(place, run, "after_forwards", &[2, 3, 5, 8]) },
];

/// One run: with the mistake, or without it to see that the fault alone brings nothing to light.
struct Run<'r> {
    name: &'r str,
    planted: bool,
}

impl Run<'_> {
    fn ground(&self, place: &Place, through_proxy: bool) -> Ground {
        let kind = if self.planted { "planted" } else { "control" };
        Ground::new(place, &format!("{kind}-{}", self.name), 11, through_proxy)
    }

    fn start(&self, ground: &Ground, arguments: &[&str], more: &[(&str, &str)]) -> Running {
        let plant = self.planted.then_some(("VIGIL_TEST_PLANT", self.name));
        let switches: Vec<(&str, &str)> = plant.into_iter().chain(more.iter().copied()).collect();
        ground.site.start_with(arguments, &switches)
    }

    fn watch(&self, ground: &Ground) -> Running {
        self.start(ground, &["watch", "--partitions", ALL], &[])
    }

    fn ready(&self, ground: &Ground) -> Running {
        let watch = self.watch(ground);
        wait_ready(&watch);
        watch
    }
}

/// With all ten and their controls; adds its line to the table.
pub fn run() -> bool {
    let Some(mut place) = Place::get() else { return true };
    let (caught, found) = all(&mut place, true);
    let mut row = Row::of("plants", 11, PLANTS.len() as u64, &found);
    row.good = caught;
    append(&row)
}

/// The ten alone.
pub fn caught_in_short_form(place: &mut Place) -> bool {
    let began = Instant::now();
    let (caught, _) = all(place, false);
    println!("planted bugs: {:.0} s", began.elapsed().as_secs_f64());
    caught
}

/// True if all were caught; and what the planted runs came to.
fn all(place: &mut Place, with_controls: bool) -> (bool, Verdict) {
    let runs: Vec<(&Plant, bool)> = PLANTS
        .iter()
        .flat_map(|plant| [(plant, true), (plant, false)])
        .filter(|(_, planted)| *planted || with_controls)
        .collect();
    let next = AtomicUsize::new(0);
    let place = &*place;
    let mut found: Vec<(usize, Verdict)> = std::thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            while let Some((at, (plant, planted))) = {
                let at = next.fetch_add(1, Ordering::Relaxed);
                runs.get(at).map(|run| (at, run))
            } {
                let run = Run { name: plant.name, planted: *planted };
                done.push((at, (plant.bring_to_light)(place, &run)));
            }
            done
        };
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    found.sort_by_key(|(at, _)| *at);
    let (mut caught, mut untested, mut calm, mut sum) = (0, 0, true, Verdict::calm(0));
    for ((plant, planted), (_, verdict)) in runs.iter().zip(found) {
        let why = verdict.faults.first().map_or("nothing wrong", String::as_str);
        if *planted {
            // A log whose records send nothing on has nothing that could be written outside.
            let idle = plant.name == FORWARD_OUTSIDE && verdict.forwards == 0;
            let word = match (verdict.is_good(), idle) {
                (false, _) => "caught",
                (true, false) => "MISSED",
                (true, true) => "NOT TESTED, nothing was forwarded",
            };
            println!("planted {}: {word}: {why}", plant.name);
            caught += usize::from(!verdict.is_good());
            untested += usize::from(verdict.is_good() && idle);
            sum.inputs += verdict.inputs;
            sum.lost += verdict.lost;
            sum.duplicates_committed += verdict.duplicates_committed;
            sum.duplicates_uncommitted += verdict.duplicates_uncommitted;
            sum.state_equal &= verdict.state_equal;
        } else {
            calm &= verdict.is_good();
            println!("the same without {}: {why}", plant.name);
        }
    }
    println!("planted bugs: caught {caught} of {}", PLANTS.len());
    // The long form, whose line is kept, tolerates nothing.
    let tolerated = if with_controls { 0 } else { untested };
    (caught + tolerated == PLANTS.len() && calm, sum)
}

fn seconds(count: u64) {
    std::thread::sleep(Duration::from_secs(count));
}

/// Dies at a point at each of these passes, one life after the other.
fn crashes(place: &Place, run: &Run<'_>, point: &str, passes: &[u32]) -> Verdict {
    let ground = run.ground(place, false);
    let first = run.ready(&ground);
    let feeder = ground.feed(RATE);
    seconds(3);
    first.kill();
    for pass in passes {
        let at = format!("{point}:{pass}");
        let mut watch = run.start(&ground, &["watch", "--partitions", ALL], &[("VIGIL_TEST_CRASH_AT", &at)]);
        // A mistake may keep it from ever coming there, which shows in the verdict.
        if watch.end(POINT_MAX).is_none() {
            break;
        }
    }
    let last = run.watch(&ground);
    becomes_ready(&last);
    seconds(1);
    ground.judge_within(feeder, vec![last], SETTLE_MAX)
}

/// Is stopped, is succeeded, and goes on.
fn zombie(place: &Place, run: &Run<'_>) -> Verdict {
    let ground = run.ground(place, false);
    let first = run.ready(&ground);
    let feeder = ground.feed(RATE);
    seconds(2);
    first.signal("STOP");
    let successor = run.ready(&ground);
    first.signal("CONT");
    seconds(3);
    first.kill();
    ground.judge_within(feeder, vec![successor], SETTLE_MAX)
}

/// Is restored over a network that is slow.
fn slow_restore(place: &Place, run: &Run<'_>) -> Verdict {
    // There is one proxy, and the run without the mistake needs it too.
    static PROXY: Mutex<()> = Mutex::new(());
    let _only_one = PROXY.lock().unwrap();
    let ground = run.ground(place, true);
    let first = run.ready(&ground);
    let feeder = ground.feed(RATE);
    seconds(3);
    first.kill();
    place.proxy.set(Mode::Latency(Duration::from_millis(150)));
    let second = run.watch(&ground);
    seconds(6);
    place.proxy.set(Mode::Heal);
    ground.judge_within(feeder, vec![second], SETTLE_MAX)
}

/// While no one watches, retention takes what was not judged yet. A watch must not go on as if nothing had been there.
fn offsets_gone(place: &Place, run: &Run<'_>) -> Verdict {
    let ground = run.ground(place, false);
    let first = run.ready(&ground);
    let feeder = ground.feed(RATE);
    seconds(2);
    first.kill();
    seconds(3);
    let fed = feeder.finish();
    let log = ground.corner.name("records");
    let whole = ground.corner.read(&log);
    let before = ground.positions();
    for partition in 0..PARTITIONS {
        let (_, end) = ground.corner.ends(&log, partition);
        ground.corner.delete_below(&log, partition, end - 1);
    }
    let second = run.watch(&ground);
    if !run.planted {
        wait_until("it says what is gone", POINT_MAX, || second.get("/readyz").1.contains("were deleted"));
        let mut verdict = Verdict::calm(fed);
        if ground.positions() != before {
            verdict.note("it went on over the gap".to_owned());
        }
        return verdict;
    }
    seconds(8);
    second.kill();
    if ground.positions() == before {
        return Verdict::calm(fed);
    }
    let mut topics = Topics::read(&ground.corner);
    let ticks = topics
        .records
        .into_iter()
        .filter(|seen| !whole.iter().any(|old| (old.partition, old.offset) == (seen.partition, seen.offset)));
    let ticks: Vec<_> = ticks.collect();
    topics.records = whole;
    topics.records.extend(ticks);
    topics.records.sort_by_key(|seen| (seen.partition, seen.offset));
    verdict(&topics, PARTITIONS, fed)
}

/// For a while the broker refuses alerts.
fn alerts_refused(place: &Place, run: &Run<'_>) -> Verdict {
    let ground = run.ground(place, false);
    let watch = run.ready(&ground);
    let feeder = ground.feed(RATE);
    seconds(2);
    ground.corner.alter(&ground.corner.name("alerts"), &[("max.message.bytes", "100")]);
    seconds(3);
    ground.corner.alter(&ground.corner.name("alerts"), &[]);
    seconds(1);
    ground.judge_within(feeder, vec![watch], SETTLE_MAX)
}

/// Another process joins the group, and takes shards over.
fn rebalance(place: &Place, run: &Run<'_>) -> Verdict {
    let mut ground = run.ground(place, false);
    ground.in_a_group();
    let first = run.start(&ground, &["watch"], &[]);
    wait_ready(&first);
    let feeder = ground.feed(RATE);
    seconds(2);
    let second = run.start(&ground, &["watch"], &[]);
    seconds(10);
    ground.judge_within(feeder, vec![first, second], SETTLE_MAX)
}
