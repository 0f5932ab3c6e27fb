//! Measurements: `vigil bench detect` on simulated wards, in memory; `vigil bench latency`, which needs a broker, and the
//! bare loops that vigil is held against. A bare loop does
//! with the same client library what must be done at the least — read, write, commit — and judges nothing.

pub mod bare;
pub mod detect;
pub mod latency;
