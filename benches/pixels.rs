//! From the event to the pixel: from a report's being produced to its row being painted in Chromium, at 100 alerts a second,
//! on a real Kafka, with ingest, two watches and a dashboard as processes of their own. `tests/page/pixels.mjs` looks at the
//! screen; this feeds it, and needs Node and Chromium.
//!
//! The broker is the tests' own. `--test` runs some seconds.
#![allow(clippy::disallowed_methods, reason = "a bench reads its environment")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

#[path = "../tests/suite/broker.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod broker;
#[path = "../tests/suite/cluster.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod cluster;
#[path = "../tests/suite/desks.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod desks;
#[path = "../tests/suite/process.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod process;
#[path = "../tests/suite/reports.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod reports;

use cluster::Corner;
use desks::Desks;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Runs a future of a client to its end.
fn block_on<F: std::future::Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let seconds = if quick { 3 } else { 60 };
    let rate: u32 = std::env::var("VIGIL_BENCH_RATE").map_or(100, |rate| rate.parse().unwrap());
    let Some(broker) = broker::broker() else { return };
    let corner = Corner::of(broker, "bench-pixels");
    let desks = Desks::start(&corner, 1, |_| {});
    println!("broker: {}; {rate} alerts a second for {seconds} s", broker.origin);
    let done = AtomicBool::new(false);
    let looked = std::thread::scope(|scope| {
        scope.spawn(|| {
            let (gap, began) = (Duration::from_secs(1) / rate, Instant::now());
            for n in 0.. {
                std::thread::sleep((began + gap * n).saturating_duration_since(Instant::now()));
                if done.load(Ordering::Relaxed) {
                    break;
                }
                desks.send(&reports::vod(&format!("PIXEL-{n}"), 1));
            }
            desks.flush();
        });
        let looked = Command::new("node")
            .args(["pixels.mjs", &seconds.to_string()])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page"))
            .env("VIGIL_TEST_PAGE_URL", format!("http://{}", desks.address(0)))
            .status();
        done.store(true, Ordering::Relaxed);
        looked
    });
    match looked {
        Ok(status) if status.success() => println!("p95 within 500 ms: met"),
        Ok(status) => println!("NOT MET, or not measured ({status})"),
        Err(error) => println!("NOT MEASURED: node cannot be run ({error})"),
    }
}
