//! A hundred clients of the live stream, twenty of them stuck: who reads gets everything, who is stuck costs little, is let
//! go, and finds what it missed.

use crate::broker::broker;
use crate::cluster::{Corner, wait_until};
use crate::desks::Desks;
use crate::reports;
use crate::streams::{OF_ONE, Stream, case, tokens};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

const READERS: usize = 80;
const STUCK: usize = 20;

/// More than fits into the buffers on the way to a client that does not read.
const ALERTS: usize = 2_000;

/// Memory that the dashboard may take on for the alerts and a hundred clients, KiB.
const GROWTH_MAX_KIB: u64 = 128 * 1024;

const DONE_MAX: Duration = Duration::from_secs(180);

fn name(n: usize) -> String {
    format!("XX-STREAM-{n}")
}

/// Reads until all cases have come or the stream ends; gives them and the last event's id. None may come twice.
async fn all(mut stream: Stream, mut cases: BTreeSet<String>, last: String) -> (BTreeSet<String>, String) {
    let mut last = last;
    if cases.len() < ALERTS {
        stream
            .read(|id, kind, data| {
                assert_ne!(kind, "reset", "events were let go");
                if kind == "alert" {
                    id.clone_into(&mut last);
                    assert!(cases.insert(case(data).unwrap().to_owned()), "twice: {data}");
                }
                if cases.len() == ALERTS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .await;
    }
    (cases, last)
}

/// What comes of it, in time.
fn in_time<F: Future>(runtime: &Runtime, done: F) -> F::Output {
    runtime.block_on(async { tokio::time::timeout(DONE_MAX, done).await.expect("all in time") })
}

#[test]
fn a_hundred_clients_of_whom_twenty_are_stuck() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "streams");
    let people = (READERS + STUCK) / OF_ONE;
    let tokens = tokens(people + 1);
    let desks = Desks::start(&corner, 1, |site| {
        site.set("DASHBOARD_TOKENS_FILE", &tokens.path().display().to_string());
    });
    let (address, dashboard) = (desks.address(0), desks.dashboard(0));
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let open = |person, stuck, after: Option<&str>| runtime.block_on(Stream::open(address, person, stuck, after));

    let files = dashboard.open_files();
    let readers: Vec<Stream> = (0..READERS).map(|n| open(n / OF_ONE, false, None)).collect();
    let stuck: Vec<Stream> = (READERS..READERS + STUCK).map(|n| open(n / OF_ONE, true, None)).collect();
    assert!(readers.iter().chain(&stuck).all(|stream| stream.status == 200));
    assert_eq!(open(people, false, None).status, 429, "all seats are taken");

    let before = dashboard.resident_kib();
    let reading: Vec<_> =
        readers.into_iter().map(|stream| runtime.spawn(all(stream, BTreeSet::new(), String::new()))).collect();
    (0..ALERTS).for_each(|n| desks.send(&reports::vod(&name(n), 1)));
    desks.flush();
    let wanted: BTreeSet<String> = (0..ALERTS).map(name).collect();
    for reader in reading {
        let (cases, _) = in_time(&runtime, reader).unwrap();
        assert_eq!(cases, wanted);
    }
    let growth = dashboard.resident_kib().saturating_sub(before);
    eprintln!("{ALERTS} alerts to {READERS} readers: {growth} KiB more");
    assert!(growth < GROWTH_MAX_KIB, "{growth} KiB");

    // The readers have gone by themselves; the stuck ones have not, and are let go all the same, connection and seat.
    wait_until("the stuck ones are let go", DONE_MAX, || dashboard.open_files() < files + STUCK / 2);
    for (n, mut stream) in (READERS..).zip(stuck) {
        let (mut cases, mut last) = (BTreeSet::new(), String::new());
        let ended = runtime.block_on(stream.read(|id, kind, data| {
            if kind == "alert" {
                id.clone_into(&mut last);
                assert!(cases.insert(case(data).unwrap().to_owned()));
            }
            ControlFlow::Continue(())
        }));
        assert!(!ended && cases.len() < ALERTS, "{} of {ALERTS} were kept for one that did not read", cases.len());
        // It comes back, as a browser does, with the last event that it has.
        let again = open(n / OF_ONE, false, Some(&last));
        assert_eq!(again.status, 200);
        assert_eq!(in_time(&runtime, all(again, cases, last)).0, wanted);
    }
}
