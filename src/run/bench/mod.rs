//! Measurements that need a broker: `vigil bench latency`, and the bare loops that vigil is held against. A bare loop does
//! with the same client library what must be done at the least — read, write, commit — and judges nothing.

pub mod bare;
pub mod latency;
