//! The tests that need the binary or a broker, as one binary so that they share one Kafka.
#![allow(clippy::disallowed_methods, reason = "tests read the environment: broker, data, CI")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

mod broker;
mod hand_check;
