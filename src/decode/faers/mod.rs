//! FAERS quarterly files.
use super::{Limits, Sink};
/// Stub.
pub fn decode(_sources: &[(&str, &[u8])], _limits: &Limits, _sink: &mut Sink<'_>) {}
/// Stub.
pub fn is_table(_m: &[u8]) -> bool {
    false
}
