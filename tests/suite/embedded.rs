//! The broker inside the process, as the demo uses it.

use crate::cluster::{Corner, wait_until};
use crate::process::KEY;
use crate::reports;
use besponsa_vigil::config::Settings;
use besponsa_vigil::normalise::Pseudonymiser;
use besponsa_vigil::pipeline::Judge;
use besponsa_vigil::profile::Profile;
use besponsa_vigil::record::Millis;
use besponsa_vigil::run::embedded::Embedded;
use besponsa_vigil::run::health::{Health, Phase, Role};
use besponsa_vigil::run::metrics::Metrics;
use besponsa_vigil::run::roles::{Plan, run_roles};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Reports sent.
const REPORTS: usize = 200;

/// The demo promises its first alert within 10 s of the process's start, its feed included.
const FIRST_ALERT_MAX: Duration = Duration::from_secs(5);

#[test]
fn the_embedded_broker_gives_alerts_within_seconds_and_stops_in_order() {
    let began = Instant::now();
    let settings = Arc::new(Settings::default());
    let embedded = Embedded::start(&settings).unwrap();
    let health = Arc::new(Health::default());
    let plan = Plan {
        settings: Arc::clone(&settings),
        cluster: embedded.cluster().clone(),
        ingest: Some(Pseudonymiser::new(KEY.as_bytes()).unwrap()),
        watch: Some(Arc::new(Judge::new(Profile::builtin()).unwrap())),
        by_hand: true,
        metrics: Arc::new(Metrics::new(Profile::builtin(), "", Millis(0)).unwrap()),
        health: Arc::clone(&health),
    };
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let roles = std::thread::spawn(move || crate::block_on(run_roles(plan, stop)));
    let corner = Corner { bootstrap: embedded.cluster().bootstrap().to_owned(), prefix: String::new() };
    let sender = corner.sender();
    for number in 0..REPORTS {
        let partition = i32::try_from(number % 3).unwrap();
        sender.send("adverse-events", partition, None, &reports::vod(&format!("XX-{number}"), 1));
    }
    sender.flush();
    wait_until("the first alert", FIRST_ALERT_MAX, || corner.count("vigil.alerts") > 0);
    let first = began.elapsed();
    wait_until("all alerts", Duration::from_secs(20), || corner.count("vigil.alerts") == REPORTS as i64);
    eprintln!("first alert after {first:?}, {REPORTS} after {:?}", began.elapsed());
    wait_until("ready", Duration::from_secs(20), || health.ready().is_ok());
    assert!(health.as_of().is_some());
    shutdown.cancel();
    roles.join().unwrap().unwrap();
    assert_eq!(health.phase(Role::Watch), Some(Phase::Stopped));
    assert_eq!(corner.count("vigil.rejects"), 0);
}
