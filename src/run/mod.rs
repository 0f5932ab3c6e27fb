//! What waits: Kafka in and out, the clock, HTTP, the terminal.

pub mod files;
pub mod http;
pub mod metrics;
pub mod telemetry;
