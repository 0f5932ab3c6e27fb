//! The short form: every kind of fault a few times, as a test of every day.

use crate::ground::Place;
use crate::pieces::{Piece, one};
use crate::{plants, table::Row};
use std::time::Instant;

/// Records a second, for a binary without optimisation on two processors.
const RATE: u64 = 300;

/// With shards by the settings.
const STATIC: [(Piece, u64); 4] = [(Piece::Kills, 30), (Piece::Points, 2), (Piece::Zombies, 5), (Piece::Brokers, 3)];

/// With shards by the group.
const GROUP: [(Piece, u64); 1] = [(Piece::Rebalances, 5)];

/// True if nothing was found wrong, and the faults hit transactions.
pub fn run() -> bool {
    let Some(mut place) = Place::get() else { return true };
    let began = Instant::now();
    let rows: Vec<Row> =
        [STATIC.as_slice(), GROUP.as_slice()].iter().map(|pieces| one(&mut place, pieces, 1, RATE)).collect();
    rows.iter().for_each(|row| println!("{}", row.line()));
    let hit: u64 = rows.iter().map(|row| row.duplicates_uncommitted).sum();
    if hit == 0 {
        println!("BLIND: no fault hit a transaction");
    }
    println!("faults, short form: {:.0} s", began.elapsed().as_secs_f64());
    rows.iter().all(|row| row.good) && hit > 0 && plants::caught_in_short_form(&mut place)
}
