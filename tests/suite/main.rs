//! The tests that need the binary or a broker, as one binary so that they share one Kafka.
#![allow(clippy::disallowed_methods, reason = "tests read the environment: broker, data, CI")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

mod acls;
mod broker;
mod canary;
mod clinical_labs;
mod cluster;
mod conditions;
mod dashboard;
mod desks;
mod embedded;
mod faults;
mod feed;
mod flow;
mod hand_check;
mod held;
mod kills;
mod oidc;
mod openapi;
#[allow(dead_code, reason = "shared with the campaign of faults")]
mod oracle;
mod oracle_tests;
#[allow(dead_code, reason = "shared with the campaign of faults")]
mod own_broker;
mod own_broker_tests;
mod page;
mod process;
mod proxy;
mod redrive;
mod reports;
mod settle;
mod streams;
mod streams_tests;
mod verify;
mod why;
mod witness;

/// Runs a future of a client to its end.
fn block_on<F: std::future::Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
