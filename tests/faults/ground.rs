//! What a run stands on: a broker of its own behind a proxy, topics, processes of watch, the feed, and the verdict.

use crate::cluster::Corner;
use crate::feed::{Feeder, Recipe};
use crate::oracle::{Topics, Verdict, verdict};
use crate::own_broker::{OwnBroker, Plan};
use crate::process::{Running, Site};
use crate::proxy::Proxy;
use crate::settle::{positions, settle};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Partitions of our topics.
pub const PARTITIONS: i32 = 6;

/// Shards of each of the three processes that have theirs by the settings.
pub const SHARES: [&str; 3] = ["0,1", "2,3", "4,5"];

/// Longest wait until everything that was fed is judged, after the last fault.
const SETTLE_MAX: Duration = Duration::from_secs(180);

/// Longest wait for a process to be ready.
pub const READY_MAX: Duration = Duration::from_secs(90);

/// Longest orderly stop.
pub const STOP_MAX: Duration = Duration::from_secs(30);

/// A broker and the proxy before it.
pub struct Place {
    pub broker: OwnBroker,
    pub proxy: Proxy,
}

impl Place {
    /// Says loudly what is not tested where none can be had, which fails where CI is set.
    pub fn get() -> Option<Self> {
        let proxy = Proxy::start();
        match OwnBroker::start(&Plan { proxied_as: Some(proxy.port), ..Plan::default() }) {
            Ok(broker) => {
                proxy.lead_to(broker.behind_proxy);
                Some(Self { broker, proxy })
            }
            Err(why) => {
                let message = format!(
                    "NOT TESTED: the campaign of faults needs a Kafka that it may kill, and none could be had.\n{why}\n\
                     It takes Java 17 and Maven Central (mvn or curl)."
                );
                assert!(!matches!(std::env::var("CI").as_deref(), Ok("true" | "1")), "{message}");
                eprintln!("\n{message}\n");
                None
            }
        }
    }
}

/// Topics and settings of one run.
pub struct Ground {
    pub corner: Corner,
    pub site: Site,
    seed: u64,
}

impl Ground {
    /// On this broker; `through` is where watch finds it.
    pub fn new(place: &Place, name: &str, seed: u64, through_proxy: bool) -> Self {
        let corner = Corner::at(&place.broker.bootstrap, name);
        // The log is fed itself; `vigil verify` asks for the source that the settings name.
        corner.create("source", 1, &[]);
        let mut site = Site::new(&corner, PARTITIONS);
        site.set("WATCH_TICK_SECONDS", "1");
        if through_proxy {
            site.set("KAFKA_BOOTSTRAP", &format!("127.0.0.1:{}", place.proxy.port));
        }
        Self { corner, site, seed }
    }

    /// Members of a group are missed soon.
    pub fn in_a_group(&mut self) {
        self.site.set("KAFKA_PROPERTIES", r#"{ "session.timeout.ms" = "3000", "heartbeat.interval.ms" = "500" }"#);
    }

    /// Starts a process with these shards.
    pub fn watch(&self, share: &str) -> Running {
        self.site.start(&["watch", "--partitions", share])
    }

    /// Starts a process with these shards and switches.
    pub fn watch_with(&self, share: &str, switches: &[(&str, &str)]) -> Running {
        self.site.start_with(&["watch", "--partitions", share], switches)
    }

    /// Starts the three processes; the first makes the topics.
    pub fn watches(&self) -> Vec<Running> {
        let first = self.watch(SHARES[0]);
        wait_ready(&first);
        let others = SHARES[1..].iter().map(|share| self.watch(share));
        let all: Vec<Running> = std::iter::once(first).chain(others).collect();
        all.iter().for_each(wait_ready);
        all
    }

    /// Feeds the log, which exists.
    pub fn feed(&self, rate: u64) -> Feeder {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let recipe = Recipe::new(self.seed, i64::try_from(now).unwrap());
        Feeder::start(&self.corner.bootstrap, &self.corner.name("records"), PARTITIONS, recipe, rate)
    }

    /// Offset up to which each shard has judged, as the changelog says.
    pub fn positions(&self) -> BTreeMap<i32, i64> {
        positions(&self.corner, PARTITIONS)
    }

    /// Ends the run in order and judges it; says at length what is wrong.
    pub fn judge(&self, feeder: Feeder, watches: Vec<Running>) -> Verdict {
        let verdict = self.judge_within(feeder, watches, SETTLE_MAX);
        if !verdict.is_good() {
            let logs = self.site.logs();
            let telling: Vec<&str> = logs.lines().filter(|line| !line.contains("\"INFO\"")).collect();
            let last = telling.len().saturating_sub(40);
            eprintln!("{verdict:#?}\nwhat watch said last:\n{}", telling[last..].join("\n"));
        }
        verdict
    }

    /// The same, with so much time to settle.
    pub fn judge_within(&self, feeder: Feeder, watches: Vec<Running>, settle_max: Duration) -> Verdict {
        let fed = feeder.finish();
        settle(&self.corner, PARTITIONS, settle_max);
        let mut ends = Vec::new();
        for watch in watches {
            ends.push(watch.stop(STOP_MAX));
        }
        let mut verdict = verdict(&Topics::read(&self.corner), PARTITIONS, fed);
        if let Some(end) = ends.iter().find(|end| **end != Some(0)) {
            verdict.note(format!("a watch that was asked to end ended with {end:?}, not in order"));
        }
        self.second_opinion(&mut verdict);
        verdict
    }

    /// What `vigil verify` says of the same topics.
    fn second_opinion(&self, verdict: &mut Verdict) {
        let output = self.site.run(&["verify", "--settled"]);
        if output.status.success() != verdict.is_good() {
            let said = String::from_utf8_lossy(&output.stdout);
            verdict.note(format!("vigil verify does not agree: {} {said}", output.status));
        }
    }
}

/// Waits until a process is ready.
pub fn wait_ready(watch: &Running) {
    assert!(becomes_ready(watch), "not ready within {READY_MAX:?}: {:?}\n{}", watch.get("/readyz"), watch.said());
}

/// Does a process become ready in time?
pub fn becomes_ready(watch: &Running) -> bool {
    let until = Instant::now() + READY_MAX;
    while Instant::now() < until {
        if watch.ready() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}
