//! How far watch has come, by what it committed.

use crate::cluster::Corner;
use crate::oracle::{is_tick, progress};
use besponsa_vigil::pipeline::PROGRESS_KEY;
use rdkafka::Offset;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Changelog records that surely hold the last progress of a shard: one transaction's, and some.
const TAIL: i64 = 25_000;

/// Offset up to which each shard has judged, as the changelog says.
pub fn positions(corner: &Corner, partitions: i32) -> BTreeMap<i32, i64> {
    let state = corner.name("state");
    let tails: Vec<_> = (0..partitions)
        .map(|partition| {
            let (low, high) = corner.ends(&state, partition);
            (partition, Offset::Offset(low.max(high - TAIL)))
        })
        .collect();
    let seen = corner.read_from(&state, &tails, "read_committed");
    let own = seen.iter().filter(|seen| seen.key.as_deref() == Some(PROGRESS_KEY.as_bytes()));
    own.filter_map(|seen| Some((seen.partition, progress(&seen.value)?.0))).collect()
}

/// Is everything judged but ticks?
fn is_settled(corner: &Corner, partitions: i32) -> bool {
    let positions = positions(corner, partitions);
    let behind = |partition| positions.get(&partition).map_or(Offset::Beginning, |next| Offset::Offset(*next));
    let behind: Vec<_> = (0..partitions).map(|partition| (partition, behind(partition))).collect();
    corner.read_from(&corner.name("records"), &behind, "read_committed").iter().all(is_tick)
}

/// Waits until everything is judged; false if that does not come.
pub fn settle(corner: &Corner, partitions: i32, within: Duration) -> bool {
    let until = Instant::now() + within;
    loop {
        if is_settled(corner, partitions) {
            return true;
        }
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}
