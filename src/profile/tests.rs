//! The compiled-in profile held against its sources, and broken profiles against their faults.
use super::*;

#[test]
fn builtin_loads() {
    if let Err(faults) = Profile::parse(BUILTIN_TOML) {
        panic!("{faults}");
    }
}
