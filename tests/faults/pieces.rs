//! The pieces of the campaign: each does its fault so many times while the log is fed, and is judged at the end.

use crate::ground::{Ground, PARTITIONS, Place, READY_MAX, SHARES, STOP_MAX, becomes_ready, wait_ready};
use crate::process::Running;
use crate::proxy::Mode;
use crate::table::{Row, append};
use fastrand::Rng;
use std::ops::Range;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

/// Points at which a process can be told to kill itself, and the range of the pass at which it does.
pub const POINTS: [(&str, Range<u32>); 10] = [
    ("after_poll", 1..200),
    ("after_fold", 1..200),
    ("after_begin", 1..12),
    ("mid_produce", 1..12),
    ("after_acks", 1..12),
    ("before_commit", 1..12),
    ("after_commit", 1..12),
    ("in_restore", 1..4),
    ("after_init", 1..3),
    ("in_shutdown", 1..2),
];

/// Longest wait until a process has come to its point.
const POINT_MAX: Duration = Duration::from_secs(90);

/// Longest wait until a zombie has noticed.
const FENCED_MAX: Duration = Duration::from_secs(30);

/// A piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Kills,
    Points,
    Zombies,
    Brokers,
    Rebalances,
    GroupKills,
    Proxy,
}

impl Piece {
    pub const ALL: [Self; 7] =
        [Self::Kills, Self::Points, Self::Zombies, Self::Brokers, Self::Rebalances, Self::GroupKills, Self::Proxy];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Kills => "kills",
            Self::Points => "points",
            Self::Zombies => "zombies",
            Self::Brokers => "brokers",
            Self::Rebalances => "rebalances",
            Self::GroupKills => "group-kills",
            Self::Proxy => "proxy",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|piece| piece.name() == name)
    }

    const fn in_a_group(self) -> bool {
        matches!(self, Self::Rebalances | Self::GroupKills)
    }
}

/// Runs a piece of the long form and adds its line to the table. True if it found nothing wrong.
pub fn run(piece: Piece, seed: u64, count: u64, rate: u64) -> bool {
    let Some(mut place) = Place::get() else { return true };
    let row = one(&mut place, &[(piece, count)], seed, rate);
    append(&row)
}

/// Does some pieces one after the other under one feed, all static or all in a group, and judges the sum.
pub fn one(place: &mut Place, pieces: &[(Piece, u64)], seed: u64, rate: u64) -> Row {
    let mut random = Rng::with_seed(seed);
    let name = pieces.iter().map(|(piece, _)| piece.name()).collect::<Vec<_>>().join("+");
    let through_proxy = pieces.iter().any(|(piece, _)| *piece == Piece::Proxy);
    let mut ground = Ground::new(place, &name.replace('+', "-"), seed, through_proxy);
    let in_a_group = pieces.iter().any(|(piece, _)| piece.in_a_group());
    let mut watches = if in_a_group {
        ground.in_a_group();
        let first = join(&ground);
        wait_ready(&first);
        vec![first, join(&ground)]
    } else {
        ground.watches()
    };
    let feeder = ground.feed(rate);
    let mut faults = 0;
    for (piece, count) in pieces {
        let began = Instant::now();
        faults += match piece {
            Piece::Kills => kills(&ground, &mut watches, &mut random, *count),
            Piece::GroupKills => group_kills(&ground, &mut watches, &mut random, *count),
            Piece::Points => points(&ground, &mut watches, &mut random, *count),
            Piece::Zombies => zombies(&ground, &mut watches, &mut random, *count),
            Piece::Brokers => brokers(place, &mut random, *count),
            Piece::Rebalances => rebalances(&ground, &mut watches, &mut random, *count),
            Piece::Proxy => network(place, &mut random, *count),
        };
        eprintln!("{}: {count} in {:.0} s, {} fed so far", piece.name(), began.elapsed().as_secs_f64(), feeder.fed());
    }
    let began = Instant::now();
    let verdict = ground.judge(feeder, watches);
    eprintln!("settled, stopped and judged in {:.0} s", began.elapsed().as_secs_f64());
    Row::of(&name, seed, faults, &verdict)
}

fn sleep_ms(random: &mut Rng, range: Range<u64>) {
    std::thread::sleep(Duration::from_millis(random.u64(range)));
}

fn join(ground: &Ground) -> Running {
    ground.site.start(&["watch"])
}

/// `kill -9` of any of them at any time, and at once a new one.
fn kills(ground: &Ground, watches: &mut [Running], random: &mut Rng, count: u64) -> u64 {
    for _ in 0..count {
        sleep_ms(random, 30..1300);
        let at = random.usize(0..watches.len());
        watches[at].kill_now();
        watches[at] = ground.watch(SHARES[at]);
    }
    count
}

fn group_kills(ground: &Ground, watches: &mut [Running], random: &mut Rng, count: u64) -> u64 {
    for _ in 0..count {
        sleep_ms(random, 1500..6000);
        let at = random.usize(0..watches.len());
        watches[at].kill_now();
        watches[at] = join(ground);
    }
    count
}

/// Each of the named points `count` times, at some pass; the three processes go through them side by side.
fn points(ground: &Ground, watches: &mut [Running], random: &mut Rng, count: u64) -> u64 {
    let mut left: Vec<(&str, u32)> =
        (0..count).flat_map(|_| POINTS.iter()).map(|(point, passes)| (*point, random.u32(passes.clone()))).collect();
    random.shuffle(&mut left);
    let done = left.len() as u64;
    // A restore passes its point only where each shard has something to be restored.
    let until = Instant::now() + READY_MAX;
    while ground.positions().len() < usize::try_from(PARTITIONS).unwrap() {
        assert!(Instant::now() < until, "not every shard has judged anything");
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::scope(|scope| {
        let share = left.len().div_ceil(watches.len());
        for ((watch, of_one), partitions) in watches.iter_mut().zip(left.chunks(share)).zip(SHARES) {
            scope.spawn(move || {
                watch.kill_now();
                for (point, pass) in of_one {
                    *watch = ground.watch_with(partitions, &[("VIGIL_TEST_CRASH_AT", &format!("{point}:{pass}"))]);
                    if *point == "in_shutdown" {
                        let ready = becomes_ready(watch);
                        assert!(
                            ready,
                            "{point} of {partitions}: not ready: {:?}\n{}",
                            watch.get("/readyz"),
                            last_lines(watch)
                        );
                        watch.signal("TERM");
                    }
                    let end = watch.end(POINT_MAX);
                    let signal = end.and_then(|end| end.signal());
                    assert!(
                        signal.is_some(),
                        "{point}:{pass} of {partitions} was not come to: {end:?}\n{}",
                        last_lines(watch)
                    );
                }
                *watch = ground.watch(partitions);
            });
        }
    });
    done
}

/// What a process said last.
fn last_lines(watch: &Running) -> String {
    let said = watch.said();
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

/// A process is stopped, its successor takes its shards, and it is let go on: it must find itself fenced, and stay so.
fn zombies(ground: &Ground, watches: &mut [Running], random: &mut Rng, count: u64) -> u64 {
    for _ in 0..count {
        sleep_ms(random, 100..900);
        let at = random.usize(0..watches.len());
        // One that has not taken over yet would rightly do so when it goes on.
        wait_ready(&watches[at]);
        watches[at].signal("STOP");
        let successor = ground.watch(SHARES[at]);
        wait_ready(&successor);
        sleep_ms(random, 0..1500);
        let mut zombie = std::mem::replace(&mut watches[at], successor);
        zombie.signal("CONT");
        let until = Instant::now() + FENCED_MAX;
        // One that was stopped for long, in a call, is ended by its own watchdog.
        while zombie.is_running() && !zombie.says("/readyz", "another process works on this shard") {
            assert!(Instant::now() < until, "not fenced within {FENCED_MAX:?}\n{}", last_lines(&zombie));
            std::thread::sleep(Duration::from_millis(50));
        }
        // Whatever it was doing when it was stopped, its successor keeps the shards.
        let lost = watches[at].metric("vigil_shard_failures_total");
        assert_eq!(lost, 0.0, "a zombie fenced its successor\n{}", zombie.said());
        // It may be killed, or asked to leave; either way it leaves nothing.
        if !zombie.is_running() || random.bool() {
            zombie.kill_now();
        } else {
            assert_eq!(zombie.stop(STOP_MAX), Some(0), "a zombie leaves in order");
        }
    }
    count
}

/// The broker is stopped in order or killed, stays away for a while, and comes again with what it had.
fn brokers(place: &mut Place, random: &mut Rng, count: u64) -> u64 {
    for n in 0..count {
        sleep_ms(random, 1000..3000);
        if n % 2 == 0 {
            place.broker.kill();
        } else {
            place.broker.stop();
        }
        sleep_ms(random, 0..2000);
        place.broker.up().unwrap();
        sleep_ms(random, 1000..4000);
    }
    count
}

/// Processes join the group and leave it, between one and three of them.
fn rebalances(ground: &Ground, watches: &mut Vec<Running>, random: &mut Rng, count: u64) -> u64 {
    for _ in 0..count {
        let joins = match watches.len() {
            1 => true,
            3 => false,
            _ => random.bool(),
        };
        if joins {
            watches.push(join(ground));
        } else {
            let leaves = watches.remove(random.usize(0..watches.len()));
            // A process that does not answer yet does not hear the signal either: it would just end.
            leaves.get("/livez");
            assert_eq!(leaves.stop(STOP_MAX), Some(0), "it leaves in order");
        }
        sleep_ms(random, 1000..3500);
    }
    // Whatever was joined last has its part.
    let until = Instant::now() + READY_MAX;
    while !watches.iter().all(Running::ready) {
        assert!(Instant::now() < until, "not all are ready after the last rebalance");
        std::thread::sleep(Duration::from_millis(50));
    }
    count
}

/// The network between watch and the broker turns bad in one way after the other.
fn network(place: &Place, random: &mut Rng, count: u64) -> u64 {
    let ms = Duration::from_millis;
    for _ in 0..count {
        let (mode, longest) = match random.u32(0..8) {
            0 => (Mode::Latency(ms(50)), 6000),
            1 => (Mode::Latency(ms(200)), 6000),
            2 => (Mode::Latency(ms(1000)), 8000),
            3 => (Mode::Rate(32_000), 8000),
            4 => (Mode::Drop, 8000),
            5 => (Mode::Reset, 3000),
            6 => (Mode::HalfOpen, 8000),
            _ => (Mode::Freeze, if random.u32(0..4) == 0 { 25_000 } else { 6000 }),
        };
        place.proxy.set(mode);
        sleep_ms(random, 500..longest);
        place.proxy.set(Mode::Heal);
        sleep_ms(random, 1500..5000);
    }
    count
}
