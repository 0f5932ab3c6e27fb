//! `vigil bench latency` on the tests' own broker: from a report's being produced to its alert being readable, beside a
//! bare loop of the same two hops. `VIGIL_TEST_BOOTSTRAP`, a container, or the jars; `--test` runs a second at one rate.
#![allow(clippy::disallowed_methods, reason = "a bench reads its environment")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

#[path = "../tests/suite/broker.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod broker;

use besponsa_vigil::config::{Layers, Settings};
use besponsa_vigil::run::bench::latency::{LatencyPlan, measure, table};
use besponsa_vigil::run::kafka::Cluster;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let plan = if quick {
        LatencyPlan { rates: vec![50], seconds: 1 }
    } else {
        LatencyPlan { rates: vec![300, 1000], seconds: 30 }
    };
    let Some(broker) = broker::broker() else { return };
    let file = format!("[kafka]\nbootstrap = \"{}\"\n", broker.bootstrap);
    let layers = Layers { file: Some(("bench", &file)), ..Layers::default() };
    let settings = Settings::load(&layers).expect("the bench's settings");
    let cluster = Cluster::of(&settings.kafka).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("broker: {}", broker.origin);
    print!("{}", table(&runtime.block_on(measure(&cluster, &settings, &plan)).unwrap()));
}
