//! The dashboard: a read model built from the topics, the API over it, the live stream and the page. It is never asked by
//! the hot loop, and what it writes goes to the log.
//!
//! What is read from and written to Kafka stands in `run::dashboard`; here is what is made of it.

pub mod api;
pub mod assets;
pub mod auth;
pub mod log;
pub mod meter;
pub mod patient;
pub mod read_model;
mod schema;
pub mod stream;
